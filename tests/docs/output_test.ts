// Do the documents show what commands print? Each is run on the sandbox, with the pods that the documents speak of.
import assert from "node:assert/strict";
import { probesPath, readProbeAnswer } from "../../lib/reach/probe_answer.ts";
import { coreEvents, pods } from "../sandbox/api/resources.ts";
import { availablePlanes } from "../sandbox/kubelet/available_planes.ts";
import { findProgram } from "../sandbox/namespaces/programs.ts";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { waitUntilHolds } from "../sandbox/sandbox_invariant.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { root, text, userDocuments } from "./pages.ts";
import { isShown, type ShownCommand, shownCommands } from "./sessions.ts";

/** A cluster on which shown commands are run. */
interface World {
  readonly name: string;
  /** Its commands. */
  readonly has: RegExp;
  readonly needs: readonly string[];
  /** Where the controller serves metrics. */
  readonly http?: string;
  readonly prepare: (sandbox: Sandbox, log: readonly string[]) => Promise<void>;
}

const deno = "npx -y deno@2\\.9\\.6 task";
const logs = "kubectl -n kube-system logs deployment/kube-vxlan-controller";

const worlds: readonly World[] = [
  {
    name: "a cluster without members",
    has: new RegExp(`^${logs}$`),
    needs: [],
    prepare: (_, log) => until(log, "watching:"),
  },
  {
    name: "the first network",
    has: /^kubectl (apply -f examples\/first\.yaml|wait |exec red )/,
    needs: ["kubectl", "busybox"],
    prepare: (_, log) => until(log, "watching:"),
  },
  {
    name: "the routed example and a broken pod",
    has: new RegExp(
      `^(${deno} start (?!lint|inject|convert)|kubectl describe pod broken|scripts/check\\.sh default/broken|${logs} \\| grep)`,
    ),
    needs: ["kubectl", "bash"],
    http: "127.0.0.1:0",
    prepare: routedAndBroken,
  },
];
const demo = new RegExp(`^${deno} demo$`);
/** They speak to no cluster. */
const offline = new RegExp(`^${deno} start ((?:lint|inject|convert) .*)$`);
const shown: readonly ShownCommand[] = (await Promise.all(userDocuments.map(text))).flatMap(shownCommands);

const comparisons: readonly { readonly shown: string; readonly printed: string; readonly same: boolean }[] = [
  { shown: "a\nb", printed: "a\nb\n", same: true },
  { shown: "a", printed: "b", same: false },
  { shown: "a", printed: "a\nb", same: false },
  { shown: "a\nb", printed: "a", same: false },
  { shown: "...\nb", printed: "a\na\nb", same: true },
  { shown: "a\n...", printed: "a\na\nb", same: true },
  { shown: "a\n...\nd", printed: "a\nb\nc", same: false },
  { shown: "2026-11-26T18:35:53.850Z INFO  x", printed: "2027-01-01T00:00:00.001Z INFO  x", same: true },
  { shown: "peers: 10.244.0.4", printed: "peers: 10.244.0.5", same: false },
  { shown: "http://127.0.0.1:1 time=0.1 ms", printed: "http://127.0.0.1:22 time=12 ms", same: true },
];

for (const { shown, printed, same } of comparisons) {
  Deno.test(`${JSON.stringify(printed)} is ${same ? "" : "not "}what ${JSON.stringify(shown)} shows`, () => {
    assert.equal(isShown(shown.split("\n"), printed.split("\n")), same);
  });
}

Deno.test("every output in the documents is one that is made here", () => {
  const stray = shown.filter(({ command }) =>
    !demo.test(command) && !offline.test(command) && !worlds.some(({ has }) => has.test(command))
  );
  assert.deepEqual(stray.map(({ command }) => command), []);
});

for (const { name, has, needs, http = "off", prepare } of worlds) {
  const missing = await missingOf(needs);
  Deno.test({
    name: `the documents show what is printed on ${name}${missing === "" ? "" : ` (needs ${missing})`}`,
    ignore: missing !== "",
    fn: async () => {
      await using sandbox = await startSandbox();
      const log: string[] = [];
      const args = ["run", "--server", sandbox.server.url, "--http-address", http];
      const controller = await startProduct(args, { onLine: (line) => log.push(line) });
      try {
        await prepare(sandbox, log);
        const commands = shown.filter(({ command }) => has.test(command));
        assert.ok(commands.length > 0);
        for (const one of commands) verify(one, await printed(one.command, { sandbox, log }));
      } finally {
        await controller.stop();
      }
    },
  });
}

const missingForDemo = await missingOf(["ping"]);
Deno.test({
  name: `the documents show what the demo prints${missingForDemo === "" ? "" : ` (needs ${missingForDemo})`}`,
  ignore: missingForDemo !== "",
  fn: async () => {
    const commands = shown.filter(({ command }) => demo.test(command));
    assert.ok(commands.length > 0);
    const { lines } = await run([Deno.execPath(), "run", "--quiet", "-A", "tests/sandbox/demo.ts"]);
    for (const one of commands) verify(one, lines);
  },
});

Deno.test("the documents show what is printed of manifests", async () => {
  const commands = shown.filter(({ command }) => offline.test(command));
  assert.ok(commands.length > 1);
  for (const one of commands) {
    const [, args = ""] = offline.exec(one.command) ?? [];
    const { lines } = await run([
      Deno.execPath(),
      "run",
      "--quiet",
      "--allow-read",
      "--allow-env",
      "main.ts",
      ...args.split(" "),
    ]);
    verify(one, lines);
  }
});

function verify({ command, output }: ShownCommand, lines: readonly string[]): void {
  assert.ok(
    isShown(output, lines),
    `$ ${command}\nprints\n${lines.join("\n")}\nand not\n${output.join("\n")}`,
  );
}

/** What a command prints. One that speaks to a cluster speaks to the sandbox. */
async function printed(
  command: string,
  { sandbox, log }: { readonly sandbox: Sandbox; readonly log: readonly string[] },
): Promise<readonly string[]> {
  const [, args] = new RegExp(`^${deno} start (.*)$`).exec(command) ?? [];
  if (args !== undefined) {
    const lines: string[] = [];
    const words = [...args.split(" "), "--server", sandbox.server.url];
    await (await startProduct(words, { onLine: (line) => lines.push(line) })).ended;
    return lines;
  }
  const [, filter] = new RegExp(`^${logs}(?: \\| grep (.*))?$`).exec(command) ?? [];
  if (command.startsWith(logs)) return log.filter((line) => line.includes(filter ?? ""));
  const kubeconfig = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(kubeconfig, sandbox.kubeconfig);
    // The sandbox has no server-side apply, and images are the machine's own programs.
    const words = command.replace("kubectl apply -f", "kubectl create --validate=false -f")
      .replace("-- ping", "-- busybox ping").split(" ");
    return (await run(words, { KUBECONFIG: kubeconfig })).lines;
  } finally {
    await Deno.remove(kubeconfig);
  }
}

const routed = [["a", "west", 101], ["gw", "west", 101], ["gw", "east", 102], ["b", "east", 102]] as const;

/** Members one after the other, so that they get their pod IPs in this order. */
async function routedAndBroken(sandbox: Sandbox, log: readonly string[]): Promise<void> {
  sandbox.apply(await text("deploy/base/networks.yaml"));
  const yaml = await text("examples/routed.yaml");
  for (const part of yaml.split("---\n")) {
    const [, name] = /kind: Pod\nmetadata:\n {2}name: (\w+)/.exec(part) ?? [];
    sandbox.apply(part);
    if (name !== undefined) await sandbox.waitForPhase({ name }, "Running");
  }
  const [, b = ""] = yaml.split("---\n");
  sandbox.apply(b.replace("name: b\n", "name: broken\n").replace(/(networks: ).*/, "$1vxeth9"));
  await waitUntilHolds(sandbox, {
    members: routed.map(([pod, network, vni]) => ({ pod, network, vni })),
  });
  await until(log, "member=default/broken kind=");
  // The controller of this world is no pod; to those who look for one it is.
  sandbox.apply(JSON.stringify(controllerPod));
  await sandbox.waitForPhase(controllerPod.metadata, "Running");
  const served = `http://${log.map((line) => /health and metrics on (\S+)/.exec(line)?.[1]).find(Boolean)}`;
  sandbox.server.proxied.set("kube-system/kube-vxlan-controller:9090", served);
  const { uid = "" } = sandbox.find(pods, { name: "a" })?.metadata ?? {};
  const probed = async (): Promise<boolean> =>
    readProbeAnswer(await (await fetch(`${served}${probesPath}?pod=${uid}`)).json()).probes.length > 0;
  await waitFor(probed, { what: "a is probed" });
  const told = (): boolean => JSON.stringify(sandbox.store.list(coreEvents)).includes("VxlanUnknownNetwork");
  await waitFor(told, { what: "an Event says what is wrong", state: () => log.join("\n") });
}

const controllerPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    namespace: "kube-system",
    name: "kube-vxlan-controller",
    labels: { "app.kubernetes.io/name": "kube-vxlan-controller" },
  },
  spec: { containers: [{ name: "controller", image: "kube-vxlan-controller-agent:0.1.0" }] },
};

async function until(log: readonly string[], words: string): Promise<void> {
  await waitFor(() => log.some((line) => line.includes(words)), { what: words, state: () => log.join("\n") });
}

/** Both outputs, in order. */
async function run(
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly lines: readonly string[] }> {
  const { stdout, stderr } = await new Deno.Command(program, { args: [...args], cwd: root, env }).output();
  const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { lines: [...out.split("\n"), ...err.split("\n")] };
}

async function missingOf(programs: readonly string[]): Promise<string> {
  const found = await Promise.all(programs.map(findProgram));
  const missing = programs.filter((_, at) => found[at] === undefined);
  return [...availablePlanes.includes("namespaces") ? [] : ["network namespaces"], ...missing].join(", ");
}
