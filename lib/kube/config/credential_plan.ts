// Where do the credentials of a kubeconfig's context come from, and can all of its fields be honoured? Pure.
import { ConfigError, type Impersonation } from "./connection.ts";
import { isRecord } from "../../text/json.ts";
import { defined } from "../../text/defined.ts";
import { impersonationOf } from "./impersonation.ts";
import { besides, type KubeconfigEntry, path, type SelectedContext, text } from "./kubeconfig.ts";

/** A text that is known, or that stands in a file and may change there. */
export type TextSource =
  | { readonly kind: "text"; readonly text: string }
  /** `otherwise`: the text that counts while the file cannot be read. */
  | { readonly kind: "file"; readonly path: string; readonly otherwise?: string };

/** A program that prints an ExecCredential. */
export interface PluginPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  /** What the kubeconfig's author says to do when the program is missing. */
  readonly installHint: string;
  /** What the program is told of the cluster when it asks to be; the CA's text comes to it when it is run. */
  readonly clusterInfo?: Readonly<Record<string, unknown>>;
}

/** How to get credentials, again and again. */
export interface CredentialPlan {
  readonly ca?: TextSource;
  readonly cert?: TextSource;
  readonly key?: TextSource;
  readonly token?: TextSource;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly plugin?: PluginPlan;
}

/** Fields of a cluster that are not honoured, each with what to do instead. */
const refusedClusterFields: Readonly<Record<string, string>> = {
  "insecure-skip-tls-verify": "put the CA of the server into certificate-authority-data",
};

const refusedUserFields: Readonly<Record<string, string>> = {
  "auth-provider": "use a credential plugin (exec) or a token",
};

/** What a context says of its server, and how to get credentials for it. */
export interface ServerPlan {
  readonly server: string;
  readonly plan: CredentialPlan;
  readonly tlsServerName?: string;
  /** `where` it stands is for messages. */
  readonly proxyUrl?: { readonly url: string; readonly where: string };
  /** As whom the user is to act. */
  readonly impersonation?: Impersonation;
}

/** The server's address and the plan for credentials. Throws ConfigError that names the field and the remedy. */
export function planCredentials(selected: SelectedContext): ServerPlan {
  const { cluster, user } = selected;
  refuse(cluster, refusedClusterFields);
  const address = text(cluster, "server");
  const where = `cluster "${cluster.name}" of ${cluster.path}`;
  if (address === undefined) throw new ConfigError(`Cannot use ${where}: no server`);
  const server = serverAddress(address, where);
  const ca = pemSource(cluster, "certificate-authority");
  const proxy = text(cluster, "proxy-url");
  const about = {
    server,
    ...defined({ tlsServerName: text(cluster, "tls-server-name") }),
    ...(proxy === undefined ? {} : { proxyUrl: { url: proxy, where: `proxy-url of ${where}` } }),
  };
  const trust = ca === undefined ? {} : { ca };
  if (user === undefined) return { ...about, plan: trust };
  refuse(user, refusedUserFields);
  const plan = { ...trust, ...userPlan(user, { server, cluster }) };
  return { ...about, plan, impersonation: impersonationOf(user) };
}

/** Checks a server's address; the result has no trailing slash. `where` is for the message. */
export function serverAddress(address: string, where: string): string {
  const url = URL.parse(address);
  const fine = url && (url.protocol === "https:" || url.protocol === "http:") && url.search === "";
  if (fine && url.username === "") return url.href.replace(/\/+$/, "");
  throw new ConfigError(
    `Cannot use server "${address}" (${where}): expected https://HOST:PORT, or http:// for a local proxy`,
  );
}

function userPlan(
  user: KubeconfigEntry,
  about: { readonly server: string; readonly cluster: KubeconfigEntry },
): CredentialPlan {
  const cert = pemSource(user, "client-certificate");
  const key = pemSource(user, "client-key");
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? "client-certificate" : "client-key";
    throw new ConfigError(`Cannot use user "${user.name}" of ${user.path}: ${missing} is missing`);
  }
  const token = text(user, "token");
  const tokenFile = path(user, "tokenFile");
  const username = text(user, "username");
  if (username !== undefined && (token ?? tokenFile) !== undefined) {
    throw new ConfigError(`Cannot use user "${user.name}" of ${user.path}: it has a token and a username`);
  }
  const plugin = user.fields.exec;
  return {
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(token === undefined ? {} : { token: { kind: "text", text: token } }),
    ...(tokenFile === undefined
      ? {}
      : { token: { kind: "file", path: tokenFile, ...defined({ otherwise: token }) } }),
    ...(username === undefined ? {} : { basic: { username, password: text(user, "password") ?? "" } }),
    ...(isRecord(plugin) ? { plugin: pluginPlan({ ...user, fields: plugin }, about) } : {}),
  };
}

function pluginPlan(
  entry: KubeconfigEntry,
  about: { readonly server: string; readonly cluster: KubeconfigEntry },
): PluginPlan {
  const where = `Cannot use exec of user "${entry.name}" of ${entry.path}`;
  const command = text(entry, "command");
  if (command === undefined) throw new ConfigError(`${where}: it has no command`);
  const apiVersion = text(entry, "apiVersion") ?? "";
  if (!/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion)) {
    throw new ConfigError(
      `${where}: apiVersion is "${apiVersion}"; expected client.authentication.k8s.io/v1 (or v1beta1)`,
    );
  }
  if (entry.fields.interactiveMode === "Always") {
    throw new ConfigError(`${where}: interactiveMode is Always, and nobody can answer it; use a token`);
  }
  const { args, env } = entry.fields;
  return {
    command: /[\/\\]/.test(command) ? besides(entry, command) : command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: Object.fromEntries((Array.isArray(env) ? env : []).filter(isRecord).map(pair)),
    apiVersion,
    installHint: text(entry, "installHint") ?? "",
    ...(entry.fields.provideClusterInfo === true ? { clusterInfo: clusterInfo(about) } : {}),
  };
}

function pair(entry: Readonly<Record<string, unknown>>): readonly [string, string] {
  return [String(entry.name), String(entry.value ?? "")];
}

/** The extension of a cluster that is meant for credential plugins. */
const pluginExtension = "client.authentication.k8s.io/exec";

/** As in client-go's ExecCredential; without the CA, which may stand in a file. */
function clusterInfo(
  { server, cluster }: { readonly server: string; readonly cluster: KubeconfigEntry },
): Readonly<Record<string, unknown>> {
  const { extensions } = cluster.fields;
  const all = (Array.isArray(extensions) ? extensions : []).filter(isRecord);
  const config = all.find(({ name }) => name === pluginExtension)?.extension;
  const told = {
    "tls-server-name": text(cluster, "tls-server-name"),
    "proxy-url": text(cluster, "proxy-url"),
    config,
  };
  return { server, ...defined(told) };
}

/** `NAME-data` holds base64 and wins over the path in `NAME`, as with kubectl. */
function pemSource(entry: KubeconfigEntry, field: string): TextSource | undefined {
  const data = text(entry, `${field}-data`);
  const file = path(entry, field);
  if (data !== undefined) return { kind: "text", text: fromBase64(data, { entry, field: `${field}-data` }) };
  return file === undefined ? undefined : { kind: "file", path: file };
}

function fromBase64(
  data: string,
  about: { readonly entry: KubeconfigEntry; readonly field: string },
): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(data.replace(/\s/g, "")));
  } catch {
    const { entry, field } = about;
    throw new ConfigError(`Cannot read ${field} of "${entry.name}" in ${entry.path}: it is not base64`);
  }
}

function refuse(entry: KubeconfigEntry, fields: Readonly<Record<string, string>>): void {
  for (const [field, remedy] of Object.entries(fields)) {
    const value = entry.fields[field];
    if (value === undefined || value === null || value === false || value === "") continue;
    throw new ConfigError(
      `Cannot honour ${field} of "${entry.name}" in ${entry.path}: it is not supported here; ${remedy}`,
    );
  }
}
