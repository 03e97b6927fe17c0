// Through which proxy is a server reached? `proxy-url` of the cluster, else the environment, read as Go reads it. Pure.
import { BlockList, isIP } from "node:net";
import { ConfigError } from "./connection.ts";

export interface ProxyQuestion {
  /** Base URL of the API server. */
  readonly server: string;
  /** `proxy-url` of its cluster, with where it stands, for the message. It counts whatever the environment says. */
  readonly named: { readonly url: string; readonly where: string } | undefined;
  readonly env: (name: string) => string | undefined;
}

/** The proxy as `http://HOST:PORT`, undefined for none. Throws ConfigError that names field or variable. */
export function proxyFor({ server, named, env }: ProxyQuestion): string | undefined {
  if (named !== undefined) return checked(named.url, named.where);
  const address = new URL(server);
  const name = address.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const url = variable(name, env);
  if (url === "" || isDirect(address, variable("NO_PROXY", env))) return undefined;
  return checked(url, `the variable ${name}`);
}

function variable(name: string, env: ProxyQuestion["env"]): string {
  return env(name) || env(name.toLowerCase()) || "";
}

function checked(given: string, where: string): string {
  const url = URL.parse(/^[a-z0-9]+:\/\//i.test(given) ? given : `http://${given}`);
  if (url?.protocol === "http:" && url.hostname !== "") return url.href.replace(/\/$/, "");
  const shown = JSON.stringify(url === null ? given.slice(0, 100) : `${url.protocol}//${url.host}`);
  throw new ConfigError(
    `Cannot use ${where}: expected http://HOST:PORT, not ${shown}; no other proxy is supported`,
  );
}

/** True for what Go's httpproxy reaches without the proxy: this machine, and whom NO_PROXY names. */
function isDirect({ hostname, port, protocol }: URL, noProxy: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "").toLowerCase();
  const realPort = port || (protocol === "https:" ? "443" : "80");
  if (host === "localhost" || matchesSubnet(host, "127.0.0.0/8") || host === "::1") return true;
  return noProxy.toLowerCase().split(",").map((entry) => entry.trim()).some((entry) =>
    matches(entry, { host, port: realPort })
  );
}

function matches(entry: string, { host, port }: { readonly host: string; readonly port: string }): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  if (entry.includes("/")) return matchesSubnet(host, entry);
  const bare = entry.replace(/^\[|\]$/g, "");
  if (isIP(bare) !== 0) {
    return isIP(host) !== 0 && matchesSubnet(host, `${bare}/${isIP(bare) === 6 ? 128 : 32}`);
  }
  const [, name = "", onlyPort] = /^\[?([^\]]*?)\]?(?::([0-9]+))?$/.exec(entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const suffix = name.replace(/^\*\./, ".");
  if (isIP(suffix) !== 0) return host === suffix;
  return suffix.startsWith(".") ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function matchesSubnet(host: string, subnet: string): boolean {
  const [network = "", length = ""] = subnet.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^[0-9]{1,3}$/.test(length)) return false;
  const kind = family === 6 ? "ipv6" : "ipv4";
  if (Number(length) > (family === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(length), kind);
  return list.check(host, kind);
}
