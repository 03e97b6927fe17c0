// What many stories begin with and look at: networks, members, a pair that has joined, what the log said.
import { field, textField } from "../sandbox/store/kube_object.ts";
import { pods } from "../sandbox/api/resources.ts";
import type { DeclaredMember } from "../sandbox/sandbox_invariant.ts";
import { podIpOf } from "../sandbox/sandbox_invariant.ts";
import { startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import type { ControllerOverrides, RunningController, Stage } from "./stage.ts";

/** The two networks that stories use, as the ConfigMap has them. */
export const one = { network: "one", vni: 1 };
export const two = { network: "two", vni: 2 };
export const bothNetworks = { one: "id=1", two: "id=2" };

/** Members of one network. Pods are `name` or `namespace/name`. */
export function membersOf(
  network: { readonly network: string; readonly vni: number },
  pods: readonly string[],
): readonly DeclaredMember[] {
  return pods.map((pod) => ({ pod, ...network }));
}

/** A controller, and the pods a and b running in network one. */
export async function startPair(
  stage: Stage,
  overrides: ControllerOverrides = {},
): Promise<RunningController> {
  stage.networks(bothNetworks);
  const controller = await stage.startController(overrides);
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  await running(stage, ["a", "b"]);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  return controller;
}

/** Waits until these pods of the namespace default run. */
export async function running(stage: Stage, names: readonly string[]): Promise<void> {
  for (const name of names) await stage.sandbox.waitForPhase({ name }, "Running");
}

/** Whether a pod is in phase Running now. */
export function isRunning(stage: Stage, name: string): boolean {
  return textField(field(stage.sandbox.find(pods, { name }), "status"), "phase") === "Running";
}

/** Waits for a line of the log, and gives it. */
export async function said(controller: RunningController, text: RegExp): Promise<string> {
  return await waitFor(() => controller.log.find((line) => text.test(line)), {
    what: `a log line like ${text}`,
    state: () => controller.log.slice(-10).join("\n"),
  });
}

/** Pod IP (IPv4) of a pod. */
export function ipOf(stage: Stage, pod: string): string {
  return podIpOf(stage.sandbox, { pod });
}

/** Runs a command in a pod and gives its output; throws when it fails. */
export async function inPod(stage: Stage, pod: string, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await stage.sandbox.exec({ name: pod }, argv);
  if (code !== 0) throw new Error(`Cannot run ${argv.join(" ")} in ${pod}: ${stderr}`);
  return stdout;
}

/** Runs `inspect` on a pod: exit status and what it printed. */
export async function inspect(
  stage: Stage,
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> {
  const lines: string[] = [];
  const args = ["inspect", ...words, "--server", stage.sandbox.server.url];
  const code = await (await startProduct(args, { onLine: (line) => lines.push(line) })).ended;
  return { code, text: lines.join("\n") };
}
