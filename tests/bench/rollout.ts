// How much does a rollout cost: N pods of one network on the sandbox, with the product as a process of its own.
import { label, podSpec } from "../member/member_pod.ts";
import type { ExecRecord } from "../sandbox/faults/counters.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { type Product, startProduct } from "../sandbox/tools/product.ts";
import { pods } from "../sandbox/api/resources.ts";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { sandboxViolations } from "../sandbox/sandbox_invariant.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { type ProcessFigures, readFigures } from "./process_figures.ts";

export interface RolloutOptions {
  readonly members: number;
  readonly form: "classic" | "native";
  readonly plane: "auto" | "toy";
  /** Networks the members are spread over; default 1. */
  readonly networks?: number;
}

/** What was counted and timed. Times in ms from the creation of the first pod. */
export interface RolloutResult {
  readonly plane: string;
  /** All pods released and running. */
  readonly interfaces: number;
  /** Last forwarding entry written. */
  readonly mesh: number;
  readonly execs: number;
  /** Most execs that any one pod saw, before its release and in all. */
  readonly execsBeforeRelease: number;
  readonly execsPerPod: number;
  readonly fdbLines: number;
  readonly wantedEntries: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly controller: ProcessFigures;
  /** Sentences of the invariant checker; empty when all is right. */
  readonly violations: readonly string[];
  /** A second controller on the finished rollout: lines that write, execs, ms until it had looked at all. */
  readonly restart: { readonly writingLines: number; readonly execs: number; readonly ms: number };
}

/** ms without any new line sent to any pod after which the mesh counts as finished. */
const settled = 3_000;
const patience = 600_000;

/** Runs one. Everything is closed afterwards. */
export async function rollout(options: RolloutOptions): Promise<RolloutResult> {
  await using sandbox = await startSandbox({ dataPlane: options.plane });
  const { networks = 1 } = options;
  sandbox.apply(JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "kube-system", name: "kube-vxlan-controller" },
    data: Object.fromEntries(Array.from({ length: networks }, (_, i) => [`net${i}`, `id=${100 + i}`])),
  }));
  const first = await controllerOn(sandbox);
  const start = performance.now();
  const names = Array.from({ length: options.members }, (_, i) => `pod${i}`);
  for (const [i, name] of names.entries()) {
    sandbox.apply(podText(name, { ...options, network: `net${i % networks}` }));
  }
  await waitFor(() => names.every((name) => phaseOf(sandbox, name) === "Running"), {
    what: "all pods run",
    timeout: patience,
  });
  const interfaces = performance.now() - start;
  const mesh = await lastLine(sandbox) - start;
  const controller = await first.figures();
  const counted = countsOf(sandbox, names);
  const violations = await sandboxViolations(sandbox, {
    members: names.map((pod, i) => ({ pod, network: `net${i % networks}`, vni: 100 + i % networks })),
  });
  await first.stop();
  const perNetwork = options.members / networks;
  return {
    plane: sandbox.plane.description,
    interfaces,
    mesh,
    ...counted,
    wantedEntries: options.members * (perNetwork - 1),
    bytes: sandbox.server.wire.bytes,
    controller,
    violations,
    restart: await restartOn(sandbox),
  };
}

interface RunningProduct {
  readonly figures: () => Promise<ProcessFigures>;
  readonly stop: () => Promise<void>;
}

async function controllerOn(sandbox: Sandbox): Promise<RunningProduct> {
  let address = "";
  const product: Product = await startProduct(
    ["run", "--server", sandbox.server.url, "--http-address", "127.0.0.1:0", "--log-format", "json"],
    {
      onLine: (line) => {
        address ||= /serving health and metrics on ([^"\s]+)/.exec(line)?.[1] ?? "";
      },
    },
  );
  await waitFor(async () => address !== "" && await isReady(address), { what: "the controller is ready" });
  return {
    figures: () => readFigures(address),
    stop: async () => {
      await product.stop();
    },
  };
}

async function isReady(address: string): Promise<boolean> {
  const response = await fetch(`http://${address}/readyz`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}

function podText(
  name: string,
  { form, network }: { readonly form: "classic" | "native"; readonly network: string },
): string {
  const annotations = { "vxlan.travelping.com/networks": network };
  const metadata = { name, namespace: "default", labels: { [label]: "true" }, annotations };
  return JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec: podSpec(form) });
}

function phaseOf(sandbox: Sandbox, name: string): string | undefined {
  return textField(field(sandbox.find(pods, { name }), "status"), "phase");
}

/** When (performance.now) the last line was sent to any pod, once no more come. */
async function lastLine(sandbox: Sandbox): Promise<number> {
  let seen = -1;
  let at = performance.now();
  await waitFor(() => {
    const now = sandbox.counters.execs().reduce((sum, exec) => sum + exec.lines.length, 0);
    if (now !== seen) at = performance.now();
    seen = now;
    return performance.now() - at > settled;
  }, { what: "nothing more is written", timeout: patience });
  return at;
}

function countsOf(
  sandbox: Sandbox,
  names: readonly string[],
): Pick<RolloutResult, "execs" | "execsBeforeRelease" | "execsPerPod" | "fdbLines" | "requests"> {
  const { counters } = sandbox;
  const perPod = names.map((pod) => counters.execs({ pod }));
  return {
    execs: counters.execs().length,
    execsBeforeRelease: Math.max(...perPod.map(beforeRelease)),
    execsPerPod: Math.max(...perPod.map((execs) => execs.length)),
    fdbLines: counters.writingLines({ program: "bridge" }).length,
    requests: counters.requests,
  };
}

/** Classic: up to and including the kill. Native: the execs until the marker was set. */
function beforeRelease(execs: readonly ExecRecord[]): number {
  const kill = execs.findIndex(({ command }) => command[0] === "kill");
  if (kill >= 0) return kill + 1;
  const marked = execs.findIndex(({ lines }) =>
    lines.some((line) => line.includes("kube-vxlan-controller:ready"))
  );
  return marked < 0 ? execs.length : Math.max(marked + 1, 2);
}

async function restartOn(sandbox: Sandbox): Promise<RolloutResult["restart"]> {
  sandbox.counters.reset();
  const start = performance.now();
  const second = await controllerOn(sandbox);
  const at = await lastLine(sandbox);
  await second.stop();
  const { counters } = sandbox;
  return { writingLines: counters.writingLines().length, execs: counters.execs().length, ms: at - start };
}
