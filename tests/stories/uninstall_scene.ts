// Members on a sandbox whose controller has gone, and `uninstall` as a user runs it.
import { pods } from "../sandbox/api/resources.ts";
import { type Product, startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { inPod, running } from "./scenes.ts";
import type { Stage } from "./stage.ts";

/** Runs the command: its exit status, and what it said, sorted. */
export async function uninstall(
  stage: Stage,
  ...flags: readonly string[]
): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const args = ["uninstall", ...flags, "--server", stage.sandbox.server.url];
  const code = await (await startProduct(args, { onLine: (line) => lines.push(line) })).ended;
  return { code, lines: lines.sort() };
}

/** Members with all that the controller gives them, and the controller. */
export async function members(stage: Stage, names: readonly string[]): Promise<Product> {
  stage.networks({ one: "id=1", two: "id=2" });
  const url = stage.sandbox.server.url;
  const controller = await startProduct(
    ["run", "--server", url, "--http-address", "off", "--leader-election"],
    { onLine: () => {} },
  );
  for (const [at, name] of names.entries()) stage.pod({ name, networks: `one ip=10.1.0.${at + 1}/24, two` });
  await running(stage, names);
  await waitFor(() => names.every((name) => shows(stage, name)), { what: "all pods show their status" });
  return controller;
}

/** Whether a pod carries our condition and our annotation, or one of them. */
export function shows(stage: Stage, name: string): boolean {
  const text = JSON.stringify(stage.sandbox.find(pods, { name }));
  return text.includes("vxlan.travelping.com/Ready") || text.includes("vxlan.travelping.com/network-status");
}

/** The links of a pod by name, sorted. */
export async function links(stage: Stage, name: string): Promise<readonly string[]> {
  const all: readonly { readonly ifname: string }[] = JSON.parse(
    await inPod(stage, name, ["ip", "-json", "link", "show"]),
  );
  return all.map(({ ifname }) => ifname).sort();
}
