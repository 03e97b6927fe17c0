// The command `uninstall`: what of ours is in the members, and with `--clean`: its removal.
import type { AgentClient } from "../../agents/agent_client.ts";
import { answerCaps } from "../../agents/answer_caps.ts";
import type { PodView } from "../../member/pod.ts";
import { plan, planKernel } from "../../overlay/plan/plan.ts";
import { changeSummary, describe } from "../../overlay/step_text.ts";
import type { WantedState } from "../../overlay/wanted.ts";
import { isFinal, removalPatch, sendStatus } from "../../status/status_patch.ts";
import { printable } from "../../text/printable.ts";
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
import { leadingController } from "./leading_controller.ts";
import { messageOf } from "../../text/defined.ts";

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

interface Cleaning {
  readonly view: ClusterView;
  readonly agents: AgentClient;
  /** False: only say what there is. */
  readonly clean: boolean;
}

async function uninstall(
  view: ClusterView,
  { settings: { clean, leaseName: lease }, host }: {
    readonly settings: SettingsOf<typeof options>;
    readonly host: Host;
  },
): Promise<number> {
  if (clean) await mustBeAlone(view, { lease, host });
  const { connection } = view;
  let failed = 0;
  await withAgents({ connection, clock: host.clock }, {
    sessions: 2 * atOnce,
    ensureMayWrite: () => mustBeCleaning(clean),
    use: (agents) =>
      forEach(view.pods, async (pod) => {
        const found = await cleaned(pod, { view, agents, clean });
        for (const line of found.lines) host.print(printable(`${pod.namespace}/${pod.name}: ${line}`));
        if (found.failed) failed++;
      }),
  });
  const counted = `${view.pods.length} pods looked at`;
  host.print(failed === 0 ? counted : `${counted}, ${failed} could not be cleaned: run it again`);
  return failed === 0 ? exitStatus.ok : exitStatus.failed;
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

interface Found {
  /** What was found, or done. */
  readonly lines: readonly string[];
  readonly failed: boolean;
}

async function cleaned(pod: PodView, cleaning: Cleaning): Promise<Found> {
  try {
    return {
      lines: [...await cleanKernel(pod, cleaning), ...await cleanStatus(pod, cleaning)],
      failed: false,
    };
  } catch (error) {
    return { lines: [messageOf(error)], failed: cleaning.clean };
  }
}

/** Throws when it cannot be looked into, or when something is left. */
async function cleanKernel(pod: PodView, { view, agents, clean }: Cleaning): Promise<readonly string[]> {
  const item = view.store.workItem(pod.uid);
  // Others have no agent to ask, and nobody could make an interface in them.
  if (item?.kind !== "member" && item?.kind !== "former") return [];
  const { member } = item;
  const { phase } = member;
  if (phase.kind === "wait") throw new Error(`Cannot look into the pod: ${phase.reason}`);
  const address = { uid: pod.uid, namespace: pod.namespace, pod: pod.name, ...phase.agent };
  const wanted = nothingWanted(view.settings.membership.annotationKey);
  const cap = answerCaps.ofMany;
  const before = await agents.observe(address, { wanted, cap });
  const { steps } = plan({ wanted, observed: before, ourAddresses: new Map() });
  if (!clean || steps.length === 0) return steps.map((step) => `to do: ${describe(step)}`);
  const { kernel, refusals } = await agents.changeKernel(address, { steps, wanted, cap });
  const [left] = planKernel({ wanted, observed: kernel, ourAddresses: new Map() }).steps;
  if (left === undefined) return [changeSummary(steps)];
  throw new Error(`Cannot ${describe(left)}: ${refusals[0]?.message ?? "the kernel did not do it"}`);
}

/** Throws ApiError. */
async function cleanStatus(pod: PodView, { view, clean }: Cleaning): Promise<readonly string[]> {
  if (pod.shown === undefined) return [];
  if (!clean) return ["to do: remove condition and annotation"];
  const { annotationKey } = view.settings.membership;
  try {
    await sendStatus(view.client, { pod, body: removalPatch({ uid: pod.uid, annotationKey }) });
    return ["condition and annotation removed"];
  } catch (error) {
    // Gone meanwhile, or replaced by another of its name.
    if (isFinal(error)) return [];
    throw error;
  }
}

/** A pod that asks for nothing: all that is ours is to go. */
function nothingWanted(annotationKey: string): WantedState {
  return { interfaces: [], untouchable: [], mayRemove: true, annotationKey, own: new Set() };
}

async function forEach<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
