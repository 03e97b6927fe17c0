// A sandbox with the product as a process of its own: members come and go, and what that cost is counted.
import { label, podSpec } from "../member/member_pod.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { type Product, startProduct } from "../sandbox/tools/product.ts";
import { pods } from "../sandbox/api/resources.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { type ProcessFigures, readFigures } from "./process_figures.ts";

/** ms without any new line sent to any pod after which the mesh counts as finished. */
const settled = 3_000;
const patience = 900_000;

/** Networks net0, net1, … with the VNIs 100, 101, …; `more`: further options of each. */
export function makeNetworks(sandbox: Sandbox, count: number, more = ""): void {
  sandbox.apply(JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "kube-system", name: "kube-vxlan-controller" },
    data: Object.fromEntries(Array.from({ length: count }, (_, i) => [`net${i}`, `id=${100 + i}${more}`])),
  }));
}

/** Creates members of one network. */
export function makeMembers(
  sandbox: Sandbox,
  names: readonly string[],
  { form, image, networkOf }: {
    readonly form: "classic" | "native";
    /** Of the agents; default: the seed's, without our program. */
    readonly image?: string | undefined;
    readonly networkOf: (name: string, at: number) => string;
  },
): void {
  for (const [at, name] of names.entries()) {
    sandbox.apply(podText(name, { form, image, network: networkOf(name, at) }));
  }
}

/** Waits until all of these pods have been let go. */
export async function untilRunning(sandbox: Sandbox, names: readonly string[]): Promise<void> {
  await waitFor(() => names.every((name) => phaseOf(sandbox, name) === "Running"), {
    what: "all pods run",
    timeout: patience,
  });
}

/** The product on a sandbox. */
export interface RunningProduct {
  readonly figures: () => Promise<ProcessFigures>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts it and waits until it is ready. What Deno takes to translate sources that have changed, 20 to 30 MiB that it keeps, is
 * none of its memory: what is shipped is translated when it is compiled. So that was done before, by another process.
 */
export async function controllerOn(sandbox: Sandbox): Promise<RunningProduct> {
  await (await startProduct(["version"], { onLine: () => {} })).ended;
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
  { form, image, network }: {
    readonly form: "classic" | "native";
    readonly image?: string | undefined;
    readonly network: string;
  },
): string {
  const annotations = { "vxlan.travelping.com/networks": network };
  const metadata = { name, namespace: "default", labels: { [label]: "true" }, annotations };
  return JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec: podSpec(form, image) });
}

function phaseOf(sandbox: Sandbox, name: string): string | undefined {
  return textField(field(sandbox.find(pods, { name }), "status"), "phase");
}

/** When (performance.now) the last line was sent to any pod, once no more come. */
export async function lastLine(sandbox: Sandbox): Promise<number> {
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
