// What of ours is in one pod, how it is taken away, and is it still there to be cleaned when that fails?
import type { V1Pod } from "@kubernetes/client-node";
import type { AgentClient } from "../../agents/agent_client.ts";
import { answerCaps } from "../../agents/answer_caps.ts";
import { isUnfit } from "../../agents/ended.ts";
import { statusOf } from "../../kube/api/client.ts";
import { SessionEnded } from "../../kube/exec/session.ts";
import { podPath } from "../../kube/watch/pod_metadata.ts";
import { agentList, agentsOf } from "../../member/agents.ts";
import { type PodView, podView } from "../../member/pod.ts";
import { plan, planKernel } from "../../overlay/plan/plan.ts";
import { changeSummary, describe } from "../../overlay/step_text.ts";
import type { WantedState } from "../../overlay/wanted.ts";
import { isFinal, removalPatch, sendStatus } from "../../status/status_patch.ts";
import { messageOf } from "../../text/defined.ts";
import type { Clock } from "../../time/clock.ts";
import type { ClusterView } from "../show/cluster_view.ts";

/** With what a pod is cleaned. */
export interface Cleaning {
  readonly view: ClusterView;
  readonly agents: AgentClient;
  readonly clock: Clock;
  /** False: only say what there is. */
  readonly clean: boolean;
}

/** What came of a pod. */
export type Cleaned =
  /** What was found, or done; nothing of it is left to be done. */
  | { readonly kind: "done"; readonly lines: readonly string[] }
  /** It was there when pods were listed. What was in it went with it. */
  | { readonly kind: "gone" }
  /** It is being deleted and cannot be looked into (any more): what is in it goes with it. */
  | { readonly kind: "ending"; readonly reason: string }
  /** It lives, and something of ours may be in it. `passing`: another try may succeed. */
  | { readonly kind: "failed"; readonly reason: string; readonly passing: boolean };

/** Cleans a pod, or says what there is. Throws nothing. `again`: it is read anew before, for a while has passed. */
export async function cleanPod(
  listed: PodView,
  cleaning: Cleaning & { readonly again: boolean },
): Promise<Cleaned> {
  const pod = cleaning.again ? await readAnew(listed, cleaning) : listed;
  if (pod === undefined) return { kind: "gone" };
  try {
    return {
      kind: "done",
      lines: [...await cleanKernel(pod, cleaning), ...await cleanStatus(pod, cleaning)],
    };
  } catch (error) {
    const now = await readAnew(pod, cleaning);
    if (now === undefined) return { kind: "gone" };
    // A lost node, a finalizer: what holds it up is the other half of the reason.
    const held = now.delay?.of === "pod" ? `; ${now.delay.text}` : "";
    const reason = messageOf(error) + held;
    return now.deletion === undefined
      ? { kind: "failed", reason, passing: mayPass(error) }
      : { kind: "ending", reason };
  }
}

/** The pod as it is now, in the store too; undefined when it is gone. As it was where it cannot be read. */
async function readAnew(pod: PodView, { view, clock }: Cleaning): Promise<PodView | undefined> {
  const { namespace, name, uid } = pod;
  const path = podPath(namespace, name);
  const { annotationKey } = view.settings.membership;
  try {
    const asked = { method: "GET", path, purpose: `get pod ${namespace}/${name}`, deadline: 10_000 } as const;
    const now = podView(await view.client.json(asked) as V1Pod, { annotationKey });
    if (now.uid !== uid) return undefined;
    view.store.putPod(now, { now: clock.now() });
    return now;
  } catch (error) {
    return statusOf(error) === 404 ? undefined : pod;
  }
}

/** Throws when it cannot be looked into, or when something is left. */
async function cleanKernel(pod: PodView, { view, agents, clean }: Cleaning): Promise<readonly string[]> {
  const item = view.store.workItem(pod.uid);
  // Others have no agent to ask, and nobody could make an interface in them.
  if (item?.kind !== "member" && item?.kind !== "former") return [];
  const { membership } = view.settings;
  const hasRun = agentList(agentsOf(pod, membership)).some(({ containerId }) => containerId !== "");
  if (!hasRun) return [];
  const { phase, podIPs } = item.member;
  if (phase.kind === "wait") throw new Error(`Cannot look into the pod: ${phase.reason}`);
  const address = { uid: pod.uid, podIPs, namespace: pod.namespace, pod: pod.name, ...phase.agent };
  const wanted = nothingWanted(membership.annotationKey);
  const cap = answerCaps.ofMany;
  const before = await agents.observe(address, { wanted, cap });
  // The pod may well ask for the network still.
  const steps = plan({ wanted, observed: before, ourAddresses: new Map() }).steps.map((step) =>
    step.kind === "delete-link" ? { ...step, why: "the controller has made it" } : step
  );
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

/** Not what somebody forbids, and not an agent without the tools: that is so the next time too. */
function mayPass(error: unknown): boolean {
  if (isUnfit(error)) return false;
  const status = error instanceof SessionEnded
    ? error.outcome.kind === "rejected" ? error.outcome.status : undefined
    : statusOf(error);
  return ![400, 401, 403, 413, 422].includes(status ?? 0);
}
