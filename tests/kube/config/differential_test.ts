// Are kubeconfigs read as kubectl reads them? A corpus read by us, by client-node and by a real kubectl, on one server.
import { KubeConfig } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { createServer, request as httpsRequest, type RequestOptions } from "node:https";
import type { TLSSocket } from "node:tls";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import { connectionFrom } from "../../../lib/cli/settings/settings.ts";
import { type CommandSpec, runProgram } from "../../../lib/cli/program.ts";
import { viewOptions } from "../../../lib/cli/show/view_options.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { testHost } from "../../cli/test_host.ts";
import { makeAuthority } from "../api/certificates.ts";
import { builtKubectl } from "../../tools/built_kubectl.ts";
import { type KubeconfigCase, kubeconfigCorpus, kubeconfigDifferences } from "./kubeconfig_corpus.ts";

const kubectl = builtKubectl();

/** A server that notes how it was asked, and the files of a case. */
interface Scene extends AsyncDisposable {
  readonly paths: readonly string[];
  readonly path: string;
  /** What came since the last time: "refused" when nothing did. */
  take(): string;
}

async function scene({ files }: KubeconfigCase): Promise<Scene> {
  const [good, other] = await Promise.all([makeAuthority("good"), makeAuthority("other")]);
  const [api, elsewhere, user, old] = await Promise.all([
    good.issue("api"),
    good.issue("api", "elsewhere"),
    good.issue("user"),
    good.issue("microk8s", "v1"),
  ]);
  const asked: string[] = [];
  const servers = [api, elsewhere].map((tls) =>
    createServer(
      // client-node with another's key neither goes on nor ends: it is waited for, by default for two minutes.
      { ...tls, requestCert: true, rejectUnauthorized: false, ca: good.ca, handshakeTimeout: 10_000 },
      (request, response) => {
        // node's own types say Socket.
        const { subject } = (request.socket as TLSSocket).getPeerCertificate() ?? {};
        const path = request.url?.replace(/\/probe(\?.*)?$/, "") || "/";
        const who = `${request.headers.authorization ?? "nobody"} as ${subject?.CN ?? "nobody"}`;
        asked.push(`${path} ${who}${impersonationIn(request.rawHeaders)}`);
        response.setHeader("content-type", "application/json").end("{}");
      },
    )
  );
  const addresses = await Promise.all(servers.map(async (server) => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }));
  const directory = await Deno.makeTempDir();
  const words: Readonly<Record<string, string>> = {
    OTHER_CA_DATA: btoa(other.ca),
    V1_CERT_DATA: btoa(old.cert),
    V1_KEY_DATA: btoa(old.key),
    CA_DATA: btoa(good.ca),
    CA_LINES: btoa(good.ca).match(/.{1,60}/g)?.join("\n      ") ?? "",
    CERT_DATA: btoa(user.cert),
    KEY_DATA: btoa(user.key),
    SERVER: addresses[0] ?? "",
    ELSEWHERE: addresses[1] ?? "",
    DIR: directory,
  };
  const fill = (text: string): string => text.replace(/\b[A-Z][A-Z0-9_]+\b/g, (word) => words[word] ?? word);
  const paths: string[] = [];
  for (const [index, text] of files.entries()) {
    const path = `${directory}/config-${index}`;
    paths.push(path);
    if (text !== "MISSING") await Deno.writeTextFile(path, fill(text));
  }
  await Deno.writeTextFile(`${directory}/ca.crt`, good.ca);
  await Deno.writeTextFile(`${directory}/user.crt`, user.cert);
  await Deno.writeTextFile(`${directory}/user.key`, user.key);
  await Deno.writeTextFile(`${directory}/token`, "from-file\n");
  const identity = JSON.stringify({ clientCertificateData: user.cert, clientKeyData: user.key });
  await Deno.writeTextFile(`${directory}/plugin`, pluginScript(identity), { mode: 0o755 });
  return {
    paths,
    path: paths.join(":"),
    take: () => asked.splice(0).at(-1) ?? "refused",
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** ` for user=ann group=ops`; one header of several values is not the same as several headers. */
function impersonationIn(headers: readonly string[]): string {
  const found = headers.flatMap((name, at) =>
    at % 2 === 0 && /^impersonate-/i.test(name)
      ? [`${name.slice("impersonate-".length).toLowerCase()}=${headers[at + 1]}`]
      : []
  );
  return found.length === 0 ? "" : ` for ${found.sort().join(" ")}`;
}

/** A credential plugin whose token says what it was told. */
function pluginScript(identity: string): string {
  return `#!/bin/sh
told=plugin
case "$KUBERNETES_EXEC_INFO" in *certificate-authority-data*) told=$told.ca ;; esac
case "$KUBERNETES_EXEC_INFO" in *shootRef*) told=$told.shoot ;; esac
[ -z "$GIVEN" ] || told=$told.$GIVEN
version=v1beta1
case "$KUBERNETES_EXEC_INFO" in *client.authentication.k8s.io/v1\\"*) version=v1 ;; esac
status="{\\"token\\":\\"$told\\"}"
case "$1" in
  fail) echo "log in first" >&2; exit 3 ;;
  v1) version=v1 ;;
  certificate) status='${identity}' ;;
esac
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/%s","status":%s}' "$version" "$status"
`;
}

const variables = { HOME: "/nowhere", PATH: "/usr/bin:/bin" };

/** By a command whose flags are read as those of every command are. */
const probe: CommandSpec<typeof viewOptions> = {
  name: "probe",
  summary: "",
  options: viewOptions,
  action: async ({ settings }, host) => {
    const connection = await connectionFrom(settings, host);
    const client = createApiClient(connection, { clock: systemClock });
    const asked = { method: "GET", path: "/probe", purpose: "probe", deadline: 10_000 } as const;
    await client.json(asked).finally(() => client.close());
    return 0;
  },
};

/** That it fails is said in other tests; here it counts that nothing was sent. */
async function askAsWe(to: Scene, flags: readonly string[]): Promise<string> {
  const env = { ...variables, KUBECONFIG: to.path };
  const readTextFile = (path: string): Promise<string> => Deno.readTextFile(path);
  const { host } = testHost({ args: ["probe", ...flags], env });
  await runProgram([probe], { ...host, readTextFile });
  return to.take();
}

async function askAsKubectl(
  to: Scene,
  { program, flags }: { readonly program: string; readonly flags: readonly string[] },
): Promise<string> {
  await new Deno.Command(program, {
    args: ["get", "--raw", "/probe", "--request-timeout=10s", ...flags],
    env: { ...variables, KUBECONFIG: to.path },
    clearEnv: true,
  }).output();
  return to.take();
}

async function askAsClientNode(to: Scene): Promise<string> {
  const config = new KubeConfig();
  try {
    // Several files are joined by its loadFromDefault alone, which reads the environment.
    const [first = ""] = to.paths;
    config.loadFromFile(first);
    for (const path of to.paths.slice(1)) {
      const more = new KubeConfig();
      more.loadFromFile(path);
      config.mergeConfig(more);
    }
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const url = `${config.getCurrentCluster()?.server}/probe`;
    await new Promise<void>((resolve, reject) => {
      const out = httpsRequest(
        url,
        { ...options, timeout: 10_000 },
        (answer) => answer.resume().on("end", resolve),
      );
      out.on("error", reject);
      out.end();
    });
    options.agent && typeof options.agent === "object" && options.agent.destroy();
  } catch {
    // As above.
  }
  return to.take();
}

for (const each of kubeconfigCorpus) {
  Deno.test({
    name: `kubeconfig: ${each.it}`,
    // client-node leaves its connections and its plugins' pipes to the collector.
    sanitizeResources: false,
    sanitizeOps: false,
    fn: async () => {
      await using to = await scene(each);
      const { flags = [] } = each;
      const found = {
        ours: await askAsWe(to, flags),
        clientNode: await askAsClientNode(to),
        ...(kubectl === undefined ? {} : { kubectl: await askAsKubectl(to, { program: kubectl, flags }) }),
      };
      const differences = kubeconfigDifferences[each.it] ?? {};
      const expected = {
        ours: each.ours,
        clientNode: differences.clientNode?.[0] ?? each.ours,
        ...(kubectl === undefined ? {} : { kubectl: differences.kubectl?.[0] ?? each.ours }),
      };
      assert.deepEqual(found, expected);
    },
  });
}

Deno.test({
  name: "kubeconfig: a real kubectl has read them too (the cluster tests build one)",
  ignore: kubectl === undefined,
  fn: () => {
    const known = new Set(kubeconfigCorpus.map(({ it }) => it));
    assert.deepEqual(Object.keys(kubeconfigDifferences).filter((it) => !known.has(it)), []);
  },
});
