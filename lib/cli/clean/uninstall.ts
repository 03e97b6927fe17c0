// The command `uninstall`: what of ours is in the members, and with `--clean`: its removal.
import type { PodView } from "../../member/pod.ts";
import { printable } from "../../text/printable.ts";
import { sleep } from "../../time/clock.ts";
import { withAgents } from "../agent_access.ts";
import { exitStatus, type Host } from "../host.ts";
import { type CommandSpec, UsageError } from "../program.ts";
import {
  connectionOptions,
  leaseOptions,
  membershipOptions,
  type SettingsOf,
  uninstallOptions,
} from "../settings/options.ts";
import { type ClusterView, everywhere, withClusterView } from "../show/cluster_view.ts";
import { callerOptions } from "../show/view_options.ts";
import { type Cleaned, type Cleaning, cleanPod } from "./clean_pod.ts";
import { leadingController } from "./leading_controller.ts";

const options = {
  ...connectionOptions,
  ...callerOptions,
  ...membershipOptions,
  ...uninstallOptions,
  ...leaseOptions,
};

export const uninstallCommand: CommandSpec<typeof options> = {
  name: "uninstall",
  summary: "say what of the controller is in members: interfaces, condition, annotation; --clean removes it",
  options,
  examples: [
    { does: "what of ours is in the members", line: "kube-vxlan-controller uninstall" },
    { does: "remove it, when no controller runs any more", line: "kube-vxlan-controller uninstall --clean" },
  ],
  action: ({ settings }, host) =>
    withClusterView(everywhere(settings), { host, use: (view) => uninstall(view, { settings, host }) }),
};

/** Pods at a time, and sessions for them. */
const atOnce = 8;
/** Milliseconds before those whose cleaning failed are tried again, each time. */
const pauses = [1_000, 4_000];

async function uninstall(
  view: ClusterView,
  { settings: { clean, leaseName: lease }, host }: {
    readonly settings: SettingsOf<typeof options>;
    readonly host: Host;
  },
): Promise<number> {
  if (clean) await mustBeAlone(view, { lease, host });
  const { connection } = view;
  const { clock } = host;
  return await withAgents({ connection, clock }, {
    sessions: 2 * atOnce,
    ensureMayWrite: () => mustBeCleaning(clean),
    use: async (agents) => {
      const { ending, failed } = await cleanAll({ view, agents, clock, clean }, host);
      const counted = `${view.pods.length} pods looked at` +
        (ending === 0 ? "" : `, ${ending} of them ${ending === 1 ? "is" : "are"} being deleted`);
      const isClean = !clean || failed === 0;
      host.print(isClean ? counted : `${counted}, ${failed} could not be cleaned: run it again`);
      return isClean ? exitStatus.ok : exitStatus.failed;
    },
  });
}

/** How many came to what. Those that failed for a reason that may pass are tried again, after the others. */
async function cleanAll(
  cleaning: Cleaning,
  host: Host,
): Promise<{ readonly ending: number; readonly failed: number }> {
  const counts = { done: 0, gone: 0, ending: 0, failed: 0 };
  let left = cleaning.view.pods;
  for (let round = 0; left.length > 0; round++) {
    const pause = cleaning.clean && !host.stop.aborted ? pauses[round] : undefined;
    const again: PodView[] = [];
    await forEach(left, async (pod) => {
      const cleaned = await cleanPod(pod, { ...cleaning, again: round > 0 });
      if (cleaned.kind === "failed" && cleaned.passing && pause !== undefined) return void again.push(pod);
      counts[cleaned.kind]++;
      for (const line of linesOf(cleaned)) host.print(printable(`${pod.namespace}/${pod.name}: ${line}`));
    });
    left = again;
    if (left.length > 0) await sleep(host.clock, pause ?? 0, host.stop);
  }
  return counts;
}

function linesOf(cleaned: Cleaned): readonly string[] {
  switch (cleaned.kind) {
    case "done":
      return cleaned.lines;
    case "gone":
      return ["it has gone meanwhile"];
    case "ending":
      return [`it is being deleted, and what is left of ours in it goes with it (${cleaned.reason})`];
    case "failed":
      return [cleaned.reason];
    default:
      return cleaned satisfies never;
  }
}

/** A controller that runs would make everything again. One without leader election cannot be seen from here. */
async function mustBeAlone(
  { client, settings }: ClusterView,
  { lease, host }: { readonly lease: string; readonly host: Host },
): Promise<void> {
  const { namespace } = settings.membership.configMap;
  const name = { namespace, name: lease };
  const holder = await leadingController(client, { lease: name, clock: host.clock, signal: host.stop });
  if (holder === undefined) return;
  throw new UsageError(
    `Cannot clean: ${holder} holds Lease ${namespace}/${lease} and would make everything again; ` +
      `stop the controller first (kubectl -n ${namespace} scale deployment kube-vxlan-controller --replicas=0)`,
  );
}

function mustBeCleaning(clean: boolean): void {
  if (!clean) throw new Error("Cannot change anything: --clean was not given");
}

async function forEach<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
