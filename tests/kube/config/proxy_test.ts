// Which proxy is used, row by row: Go's httpproxy is the model, since kubectl reads the same variables.
import assert from "node:assert/strict";
import { ConfigError } from "../../../lib/kube/config/connection.ts";
import { proxyFor } from "../../../lib/kube/config/proxy.ts";

const https = "http://proxy:3128";
const rows: readonly {
  readonly it: string;
  readonly server?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly named?: string;
  readonly proxy: string | undefined;
}[] = [
  { it: "no variable", proxy: undefined },
  { it: "HTTPS_PROXY", env: { HTTPS_PROXY: https }, proxy: https },
  { it: "https_proxy, without a scheme", env: { https_proxy: "proxy:3128" }, proxy: https },
  {
    it: "upper case before lower case",
    env: { HTTPS_PROXY: https, https_proxy: "http://other:1" },
    proxy: https,
  },
  { it: "HTTP_PROXY is not for https", env: { HTTP_PROXY: https }, proxy: undefined },
  { it: "HTTP_PROXY for http", server: "http://api:80", env: { HTTP_PROXY: https }, proxy: https },
  { it: "ALL_PROXY is not read", env: { ALL_PROXY: https }, proxy: undefined },
  { it: "localhost never", server: "https://localhost:6443", env: { HTTPS_PROXY: https }, proxy: undefined },
  { it: "127.0.0.2 never", server: "https://127.0.0.2:6443", env: { HTTPS_PROXY: https }, proxy: undefined },
  { it: "::1 never", server: "https://[::1]:6443", env: { HTTPS_PROXY: https }, proxy: undefined },
  { it: "localhost, when proxy-url says so", server: "https://localhost:6443", named: https, proxy: https },
  {
    it: "proxy-url in spite of NO_PROXY",
    named: "http://joe:x@p:1/",
    env: { NO_PROXY: "*" },
    proxy: "http://joe:x@p:1",
  },
];
for (const { it, server = "https://api.prod.example:6443", env = {}, named, proxy } of rows) {
  Deno.test(`proxy: ${it}`, () => {
    const given = named === undefined ? undefined : { url: named, where: "proxy-url" };
    assert.equal(proxyFor({ server, named: given, env: (name) => env[name] }), proxy);
  });
}

/** NO_PROXY, a server, and whether it is reached without the proxy. */
const exceptions: readonly (readonly [noProxy: string, server: string, isDirect: boolean])[] = [
  ["api.prod.example", "https://api.prod.example:6443", true],
  ["prod.example", "https://api.prod.example:6443", true],
  [".prod.example", "https://api.prod.example:6443", true],
  ["*.prod.example", "https://api.prod.example:6443", true],
  [".prod.example", "https://prod.example", false],
  ["prod.example", "https://notprod.example", false],
  ["PROD.example ", "https://prod.EXAMPLE", true],
  ["prod.example:6443", "https://prod.example:6443", true],
  ["prod.example:6443", "https://prod.example", false],
  ["prod.example:443", "https://prod.example", true],
  ["a,,b, 10.0.0.0/8", "https://10.96.0.1:443", true],
  ["10.0.0.0/8", "https://11.0.0.1", false],
  ["10.0.0.0/8", "https://10.example", false],
  ["10.96.0.1", "https://10.96.0.1:443", true],
  ["10.96.0.1:443", "https://10.96.0.1", true],
  ["10.96.0.1:444", "https://10.96.0.1", false],
  ["10.96.0.1", "https://10.96.0.10", false],
  ["fd00::/8", "https://[fd00::1]:443", true],
  ["fd00::1", "https://[fd00::1]:443", true],
  ["[fd00::1]:443", "https://[fd00::1]:443", true],
  ["10.0.0.0/99, x/y, /, :, ::", "https://10.0.0.1", false],
  ["*", "https://anything", true],
];
for (const [noProxy, server, isDirect] of exceptions) {
  Deno.test(`proxy: NO_PROXY=${noProxy} ${isDirect ? "covers" : "does not cover"} ${server}`, () => {
    const env: Readonly<Record<string, string>> = { HTTPS_PROXY: https, no_proxy: noProxy };
    assert.equal(
      proxyFor({ server, named: undefined, env: (name) => env[name] }),
      isDirect ? undefined : https,
    );
  });
}

const refused: readonly (readonly [url: string, message: string])[] = [
  ["socks5://proxy:1080", `not "socks5://proxy:1080"`],
  ["https://joe:secret@proxy", `not "https://proxy"`],
  ["http://", `not "http://"`],
];
for (const [url, found] of refused) {
  Deno.test(`proxy: ${url} is refused with its place, and no password is shown`, () => {
    for (const where of ['proxy-url of cluster "a" of /a', "the variable HTTPS_PROXY"]) {
      const named = where.startsWith("proxy-url") ? { url, where } : undefined;
      const message = `Cannot use ${where}: expected http://HOST:PORT, ${found}; no other proxy is supported`;
      const env = (name: string): string => name === "HTTPS_PROXY" ? url : "";
      assert.throws(() => proxyFor({ server: "https://api", named, env }), new ConfigError(message));
    }
  });
}
