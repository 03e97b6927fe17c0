// Is the right API server found, and is everything that cannot be honoured named? Files and environment in memory.
import assert from "node:assert/strict";
import {
  ConfigError,
  type ConnectionHost,
  type ConnectionOptions,
} from "../../../lib/kube/config/connection.ts";
import type { HostCommand, HostCommandResult } from "../../../lib/kube/config/connection.ts";
import { loadConnection } from "../../../lib/kube/config/load_connection.ts";
import { type FakeClock, fakeClock } from "../../time/fake_clock.ts";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const keyPem = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
const inPod = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };
const accountFiles = {
  [`${account}/token`]: "pod-token\n",
  [`${account}/ca.crt`]: pem,
  [`${account}/namespace`]: "kube-system",
};

/** A kubeconfig with one of each, all named alike, and these fields. */
function kubeconfig(
  fields: {
    readonly name?: string;
    readonly cluster?: unknown;
    readonly user?: unknown;
    readonly current?: string;
  },
): string {
  const { name = "prod", cluster = {}, user = {}, current = name } = fields;
  return JSON.stringify({
    "current-context": current,
    clusters: [{ name, cluster: { server: `https://${name}:6443`, ...Object(cluster) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: `${name}-ns` } }],
  });
}

interface Machine {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly runCommand?: (command: HostCommand) => Promise<HostCommandResult>;
  readonly clock?: FakeClock;
}

function hostOf(machine: Machine): ConnectionHost {
  return {
    env: (name) => machine.env?.[name],
    readTextFile: (path) => {
      const text = machine.files?.[path];
      return text === undefined ? Promise.reject(new Error("no such file")) : Promise.resolve(text);
    },
    clock: machine.clock ?? fakeClock(),
    ...(machine.runCommand ? { runCommand: machine.runCommand } : {}),
  };
}

const home = { HOME: "/home/x" };
const found: readonly (Machine & {
  readonly it: string;
  readonly options?: ConnectionOptions;
  readonly server: string;
  readonly authorization?: string;
  readonly namespace?: string;
})[] = [
  {
    it: "a pod's service account when nothing is said, before ~/.kube/config",
    env: { ...inPod, ...home },
    files: { ...accountFiles, "/home/x/.kube/config": kubeconfig({}) },
    server: "https://10.96.0.1:443",
    authorization: "Bearer pod-token",
    namespace: "kube-system",
  },
  {
    it: "always TLS in a pod, whatever the port",
    env: { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "8080" },
    files: accountFiles,
    server: "https://[fd00::1]:8080",
    authorization: "Bearer pod-token",
    namespace: "kube-system",
  },
  {
    it: "~/.kube/config where there is no service account",
    env: { ...inPod, ...home },
    files: { "/home/x/.kube/config": kubeconfig({ user: { token: "t" } }) },
    server: "https://prod:6443",
    authorization: "Bearer t",
    namespace: "prod-ns",
  },
  {
    it: "KUBECONFIG before the service account",
    env: { ...inPod, KUBECONFIG: "/a" },
    files: { ...accountFiles, "/a": kubeconfig({ user: { token: "t" } }) },
    server: "https://prod:6443",
    authorization: "Bearer t",
    namespace: "prod-ns",
  },
  {
    it: "--context means a kubeconfig, even in a pod",
    env: { ...inPod, ...home },
    options: { context: "dev" },
    files: { ...accountFiles, "/home/x/.kube/config": kubeconfig({ name: "dev", current: "" }) },
    server: "https://dev:6443",
    namespace: "dev-ns",
  },
  {
    it: "--kubeconfig before KUBECONFIG",
    env: { KUBECONFIG: "/a" },
    options: { kubeconfig: "/b" },
    files: { "/a": kubeconfig({ name: "a" }), "/b": kubeconfig({ name: "b" }) },
    server: "https://b:6443",
    namespace: "b-ns",
  },
  {
    it: "a list of files: missing ones are passed over, the first current context counts",
    env: { KUBECONFIG: "/missing:/a:/b" },
    files: { "/a": kubeconfig({ name: "a" }), "/b": kubeconfig({ name: "b" }) },
    server: "https://a:6443",
    namespace: "a-ns",
  },
  {
    it: "a list of files: of two entries with one name the first counts",
    env: { KUBECONFIG: "/a:/b" },
    files: {
      "/a": kubeconfig({ user: { token: "first" } }),
      "/b": kubeconfig({ user: { token: "second" } }),
    },
    server: "https://prod:6443",
    authorization: "Bearer first",
    namespace: "prod-ns",
  },
  {
    it: "tokenFile relative to its kubeconfig",
    options: { kubeconfig: "/etc/kube/config" },
    files: {
      "/etc/kube/config": kubeconfig({ user: { tokenFile: "secret/t" } }),
      "/etc/kube/secret/t": "ft\n",
    },
    server: "https://prod:6443",
    authorization: "Bearer ft",
    namespace: "prod-ns",
  },
  {
    it: "user name and password",
    options: { kubeconfig: "/a" },
    files: { "/a": kubeconfig({ user: { username: "u", password: "p" } }) },
    server: "https://prod:6443",
    authorization: "Basic dTpw",
    namespace: "prod-ns",
  },
  {
    it: "--server with files",
    env: inPod,
    options: { server: "https://api.example/cluster/", tokenFile: "/t", caCertFile: "/ca" },
    files: { ...accountFiles, "/t": "flag-token", "/ca": pem },
    server: "https://api.example/cluster",
    authorization: "Bearer flag-token",
  },
  {
    it: "--server over plain HTTP, said in so many words",
    options: { server: "http://127.0.0.1:8001" },
    server: "http://127.0.0.1:8001",
  },
  {
    it: "skip-tls-verify that is false is no trouble",
    options: { kubeconfig: "/a" },
    files: { "/a": kubeconfig({ cluster: { "insecure-skip-tls-verify": false, "proxy-url": "" } }) },
    server: "https://prod:6443",
    namespace: "prod-ns",
  },
];

for (const row of found) {
  Deno.test(`connection: ${row.it}`, async () => {
    const connection = await loadConnection(row.options ?? {}, hostOf(row));
    assert.equal(connection.server, row.server);
    assert.equal(connection.namespace, row.namespace);
    assert.equal((await connection.credentials()).authorization, row.authorization);
  });
}

const one = { kubeconfig: "/a" };
const refused: readonly (Machine & {
  readonly it: string;
  readonly options?: ConnectionOptions;
  readonly message: string;
})[] = [
  {
    it: "nothing anywhere: all that was tried",
    env: home,
    message: "Cannot find an API server: --server and --kubeconfig are not set; KUBECONFIG is not set; " +
      "not in a pod: KUBERNETES_SERVICE_HOST is not set; kubeconfig /home/x/.kube/config cannot be read: no such file",
  },
  {
    it: "a named file that is missing",
    options: one,
    message: "Cannot find an API server: kubeconfig /a cannot be read: no such file",
  },
  {
    it: "an unknown context: the known ones",
    options: { ...one, context: "x" },
    files: { "/a": kubeconfig({}) },
    message: `Cannot find context "x" in /a: there are: "prod"`,
  },
  {
    it: "no current context",
    options: one,
    files: { "/a": kubeconfig({ current: "" }) },
    message: `Cannot choose a context of /a: it has no current-context; say --context with one of: "prod"`,
  },
  {
    it: "insecure-skip-tls-verify",
    options: one,
    files: { "/a": kubeconfig({ cluster: { "insecure-skip-tls-verify": true } }) },
    message: `Cannot honour insecure-skip-tls-verify of "prod" in /a: it is not supported here; ` +
      "put the CA of the server into certificate-authority-data",
  },
  {
    it: "auth-provider",
    options: one,
    files: { "/a": kubeconfig({ user: { "auth-provider": { name: "oidc" } } }) },
    message: `Cannot honour auth-provider of "prod" in /a: it is not supported here; ` +
      "use a credential plugin (exec) or a token",
  },
  {
    it: "impersonation",
    options: one,
    files: { "/a": kubeconfig({ user: { "as-groups": ["g"] } }) },
    message: "Cannot act as a group, a uid or with extra fields without a user: say --as, or give the " +
      "kubeconfig's user an as",
  },
  {
    it: "a certificate without its key",
    options: one,
    files: { "/a": kubeconfig({ user: { "client-certificate": "/c" } }) },
    message: `Cannot use user "prod" of /a: client-key is missing`,
  },
  {
    it: "data that is not base64",
    options: one,
    files: { "/a": kubeconfig({ cluster: { "certificate-authority-data": "%%" } }) },
    message: `Cannot read certificate-authority-data of "prod" in /a: it is not base64`,
  },
  {
    it: "a CA file without a certificate",
    options: one,
    files: { "/a": kubeconfig({ cluster: { "certificate-authority": "ca" } }), "/ca": "hello" },
    message: `Cannot use the CA certificate from /ca: it has no "BEGIN CERTIFICATE" block (PEM)`,
  },
  {
    it: "an empty token file",
    options: { server: "https://x", tokenFile: "/t" },
    files: { "/t": "\n" },
    message: "Cannot use the token from /t: it is empty or has characters no token has",
  },
  {
    it: "no YAML",
    options: one,
    files: { "/a": "a: [" },
    message: "Cannot read kubeconfig /a: it is not YAML: " +
      "Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5:",
  },
  {
    it: "a server without a scheme",
    options: { server: "localhost:6443" },
    message:
      `Cannot use server "localhost:6443" (--server): expected https://HOST:PORT, or http:// for a local proxy`,
  },
  {
    it: "a token without a server",
    options: { token: "t" },
    message: "Cannot use --token without --server: it is not known where it belongs",
  },
  {
    it: "two places at once",
    options: { server: "https://x", context: "y" },
    message: "Cannot use --server together with --context: each says where the API server is",
  },
  {
    it: "a plugin of an unknown version",
    options: one,
    files: { "/a": kubeconfig({ user: { exec: { command: "p", apiVersion: "v1alpha1" } } }) },
    message: `Cannot use exec of user "prod" of /a: apiVersion is "v1alpha1"; ` +
      "expected client.authentication.k8s.io/v1 (or v1beta1)",
  },
];

for (const row of refused) {
  Deno.test(`connection refused: ${row.it}`, async () => {
    await assert.rejects(loadConnection(row.options ?? {}, hostOf(row)), new ConfigError(row.message));
  });
}

Deno.test("certificates: data wins over the file, and both halves are given", async () => {
  const user = {
    "client-certificate-data": btoa(pem),
    "client-certificate": "/nowhere",
    "client-key-data": btoa(keyPem),
  };
  const files = { "/a": kubeconfig({ user }) };
  const connection = await loadConnection(one, hostOf({ files }));
  assert.deepEqual(await connection.credentials(), { cert: pem, key: keyPem });
});
