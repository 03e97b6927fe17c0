// The program in one function: look at one pod, make it hold what it should, say where it stands.
import type { Member } from "../member/member.ts";
import { awaitsPools } from "../member/pool_requests.ts";
import { firstOfEachNetwork, type Problem } from "../network/problem.ts";
import { settleSharing, stillClaimed } from "../member/shared_addresses.ts";
import { listed } from "../text/quoted.ts";
import type { Clock } from "../time/clock.ts";
import type { KernelState } from "../overlay/observation.ts";
import type { PeerChanges } from "../overlay/plan/peers.ts";
import { isReady } from "../overlay/step.ts";
import { wantedState } from "../overlay/wanted.ts";
import type { AgentClient } from "../agents/agent_client.ts";
import { converge } from "./agent/converge.ts";
import type { Convergence } from "./agent/convergence.ts";
import type { ReadBudget } from "./agent/read_budget.ts";
import { NotLeader } from "../kube/lease/not_leader.ts";
import { isGone } from "../agents/ended.ts";
import { agentError } from "./agent_errors.ts";
import { evaluate, waitingReport } from "./evaluate.ts";
import type { Outcome } from "../queue/work_queue.ts";
import type { Releaser } from "./agent/release.ts";
import type { Reporter } from "../report/report.ts";
import type { AgentAddress } from "../agents/session_pool.ts";
import type { Store } from "./store/store.ts";
import type { Tracked } from "./store/tracked.ts";
import type { WorkItem } from "./store/work_item.ts";

/** Everything a look at a pod needs. */
export interface ReconcileContext {
  readonly store: Store;
  readonly agents: AgentClient;
  readonly releaser: Releaser;
  readonly reporter: Required<Reporter>;
  readonly clock: Clock;
  readonly annotationKey: string;
  readonly budget: ReadBudget;
  readonly peerChanges: PeerChanges;
  /** Milliseconds until everything in a pod is read again. */
  readonly readEvery: number;
  /** Throws NotLeader when another replica leads: then nobody is looked into either. */
  readonly ensureLeader: () => void;
  /** Aborted when looks under way are broken off because the controller ends. */
  readonly ending: AbortSignal;
  /** What a look has found is held against what is known; true when the pod is to be looked at anew because of it. */
  readonly claim: (uid: string, observed: KernelState) => boolean;
  /** A pod that asks for nothing holds nothing of ours any more. */
  readonly clean: (uid: string) => void;
}

/** One look at one pod. Its record may be dropped meanwhile: what is written into it then is read by nobody. */
interface Look extends ReconcileContext {
  readonly record: Readonly<Tracked>;
}

/** Looks at the pod with this uid. Never throws for what pods, kernels or the API server do. */
export async function reconcile(uid: string, given: ReconcileContext): Promise<Outcome> {
  const record = given.store.begin(uid);
  const item = record?.workItem;
  if (record === undefined || item === undefined) return { kind: "done" };
  const context: Look = { ...given, record };
  switch (item.kind) {
    case "pending":
      return { kind: "wait", reason: "it has no pod IP yet" };
    case "refused": {
      const state = { kind: "failing", problems: item.membership.problems } as const;
      context.reporter.report({ pod: item.pod, state, holds: false, warnings: [], networks: [] });
      return { kind: "wait", reason: "it cannot be a member" };
    }
    case "member":
    case "former":
      return await serve(item, context);
    default:
      return item satisfies never;
  }
}

/** observe → plan → apply → verify, then release the pod if it waits for us. */
async function serve(
  item: WorkItem & { kind: "member" | "former" },
  context: Look,
): Promise<Outcome> {
  const { member } = item;
  const { phase } = member;
  const { releaser, record, record: { cache } } = context;
  if (phase.kind !== "setup") releaser.ended(cache);
  if (phase.kind === "wait") return waitForAgent(member, { reason: phase.reason, context });
  const { uid, podIPs, namespace, name } = member;
  const agent: AgentAddress = { uid, podIPs, namespace, pod: name, urgent: record.isAwaited, ...phase.agent };
  const choosing = { reason: `addresses of ${listed(member.awaited)} are being chosen`, context };
  const release = phase.kind === "setup" ? phase.release : undefined;
  try {
    context.ensureLeader();
    if (releaser.isUnderWay(cache, agent)) return await releaser.follow(cache, agent);
    if (agent.urgent && awaitsPools(member, record.pod.shown)) return waitForAgent(member, choosing);
    const heir = { containerId: agent.containerId, podIPs: podIPs.join() };
    if (phase.kind === "maintain") cache.takeOver(heir, context.clock.now());
    const onlyLook = record.mayHaveMore;
    const result = await convergeMember(member, { agent, release, onlyLook, context });
    cache.failingSince = undefined;
    if (context.claim(member.uid, result.kernel) || onlyLook) return { kind: "done" };
    if (member.awaited.length > 0) return waitForAgent(member, choosing);
    const { report, outcome } = evaluate(item, { ...context, result, ...sharingOf(member, context) });
    if (report.holds && release !== undefined) {
      await releaser.release(agent, { how: release, member, cache, result });
    }
    context.reporter.report(report);
    const isUnderWay = releaser.isUnderWay(cache, agent);
    // No event will say that one without the label has ended.
    const isOver = item.kind === "former" && report.holds && !(isUnderWay && item.selected);
    if (isOver) context.clean(member.uid);
    return isUnderWay && !isOver ? await releaser.follow(cache, agent) : outcome;
  } catch (error) {
    // Broken off by ourselves: nothing is wrong with the pod.
    if (context.ending.aborted) return { kind: "wait", reason: "the controller stops" };
    const now = context.clock.now();
    // A standby has not tried: the time for which it stands by counts for no failure.
    cache.failingSince = error instanceof NotLeader ? undefined : cache.failingSince ?? now;
    const failingFor = now - (cache.failingSince ?? now);
    const failure = agentError(error, { member, agent, failingFor, answerCap: cache.answerCap });
    cache.invalidate();
    context.reporter.report(failure.report);
    // No event says of one without its label that it is gone.
    const isLost = isGone(error) && failure.report.state.kind === "failing";
    if (item.kind === "former" && !item.selected && isLost) context.clean(uid);
    return failure.outcome;
  }
}

/** Addresses that it shares with other members, as far as that has settled. */
function sharingOf(
  member: Member,
  { store, record: { cache }, clock }: Look,
): { readonly conflicts: readonly Problem[]; readonly settlesIn: number } {
  const found = firstOfEachNetwork(store.surroundings.conflictsOf(member));
  const { told, lookIn } = settleSharing(stillClaimed(cache.sharing, member), { found, now: clock.now() });
  cache.sharing = told;
  return { conflicts: told.problems, settlesIn: lookIn };
}

function waitForAgent(
  member: Member,
  { reason, context }: { readonly reason: string; readonly context: Look },
): Outcome {
  // Nobody is to be talked to: what fails later is a trouble of its own.
  context.record.cache.failingSince = undefined;
  context.reporter.report(waitingReport(member, reason));
  return { kind: "wait", reason };
}

async function convergeMember(
  member: Member,
  { agent, release, onlyLook, context }: {
    readonly agent: AgentAddress;
    readonly release: "terminate" | "marker" | undefined;
    readonly onlyLook: boolean;
    readonly context: Look;
  },
): Promise<Convergence> {
  const { annotationKey, record: { pod, cache }, store: { cluster, surroundings: peers } } = context;
  const wanted = wantedState(member, { annotationKey, peers, pod, cluster });
  // Before a pod is released everything has been read back.
  const mayUseCache = release === undefined ||
    (release === "marker" && cache.cached !== undefined && isReady(cache.cached.kernel));
  const isLeaving = member.leaving !== undefined;
  const result = await converge({ ...context, cache, agent, wanted, mayUseCache, isLeaving, onlyLook });
  if (result.applied.length > 0) context.reporter.changed(member, result.applied);
  return result;
}
