// The program in one function: look at one pod, make it hold what it should, say where it stands.
import type { AgentPhase, Member } from "../member/member.ts";
import type { Clock } from "../time/clock.ts";
import { wantedState } from "../overlay/wanted.ts";
import type { Agents } from "./agent/agent_client.ts";
import { converge, type Convergence } from "./agent/converge.ts";
import { brokenConversation } from "./agent_errors.ts";
import { judge, waitingReport } from "./evaluate.ts";
import type { Outcome } from "../queue/work_queue.ts";
import type { Memories } from "./agent/pod_cache.ts";
import type { Releaser } from "./agent/release.ts";
import type { Reporter } from "../report/report.ts";
import type { AgentAddress } from "./agent/session_pool.ts";
import type { Store } from "./store/store.ts";
import type { Subject } from "./store/work_item.ts";

/** Everything a look at a pod needs. */
export interface World {
  readonly store: Store;
  readonly memories: Memories;
  readonly agents: Agents;
  readonly releaser: Releaser;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly annotationKey: string;
  /** Throws NotPermitted when another replica leads: then nobody is looked into either. */
  readonly permit: () => void;
  /** Aborted when looks under way are broken off because the controller ends. */
  readonly ending: AbortSignal;
  /** A pod that no event will speak of any more is clean. */
  readonly forget: (uid: string) => void;
}

/** Looks at the pod with this uid. Never throws for what pods, kernels or the API server do. */
export async function reconcile(uid: string, world: World): Promise<Outcome> {
  const subject = world.store.subject(uid);
  if (subject === undefined) return { kind: "done" };
  switch (subject.kind) {
    case "pending":
      return { kind: "wait", reason: "it has no pod IP yet" };
    case "refused":
      return refuse(subject, world);
    case "member":
    case "former":
      return await serve(subject, world);
    default:
      return subject satisfies never;
  }
}

function refuse({ pod, membership }: Subject & { kind: "refused" }, { reporter }: World): Outcome {
  const standing = { kind: "failing", problems: membership.problems } as const;
  reporter.report({ pod, standing, holds: false, warnings: [], networks: [] });
  return { kind: "wait", reason: "it cannot be a member" };
}

/** observe → plan → apply → verify, then release the pod if it waits for us. */
async function serve(subject: Subject & { kind: "member" | "former" }, world: World): Promise<Outcome> {
  const { member } = subject;
  const { phase } = member;
  if (phase.kind !== "setup") world.releaser.ended(member.uid);
  if (phase.kind === "wait") return waitForAgent(member, { reason: phase.reason, world });
  const agent = addressOf(member, phase);
  const release = phase.kind === "setup" && subject.kind === "member" ? phase.release : undefined;
  try {
    world.permit();
    if (world.releaser.isUnderWay(agent)) return await world.releaser.follow(agent);
    if (phase.kind === "maintain") {
      const podIPs = member.podIPs.join();
      world.memories.takeOver(member.uid, { containerId: agent.containerId, podIPs, at: world.clock.now() });
    }
    const result = await convergeMember(member, { agent, mayBelieve: release !== "terminate", world });
    world.memories.of(member.uid).troubledSince = undefined;
    const verdict = judge(subject, { result, conflicts: world.store.conflictsOf(member) });
    if (verdict.holds && release !== undefined) {
      await world.releaser.release(agent, { how: release, member, result });
    }
    world.reporter.report(verdict.report);
    if (verdict.holds && subject.kind === "former" && !subject.selected) world.forget(member.uid);
    return world.releaser.isUnderWay(agent) ? await world.releaser.follow(agent) : verdict.outcome;
  } catch (error) {
    // Broken off by ourselves: nothing is wrong with the pod.
    if (world.ending.aborted) return { kind: "wait", reason: "the controller stops" };
    const now = world.clock.now();
    const memory = world.memories.of(member.uid);
    memory.troubledSince ??= now;
    const broken = brokenConversation(error, { member, agent, troubledFor: now - memory.troubledSince });
    world.memories.doubt(member.uid);
    world.reporter.report(broken.report);
    return broken.outcome;
  }
}

function waitForAgent(
  member: Member,
  { reason, world }: { readonly reason: string; readonly world: World },
): Outcome {
  world.memories.doubt(member.uid);
  // Nobody is to be talked to: what fails later is a trouble of its own.
  world.memories.of(member.uid).troubledSince = undefined;
  world.reporter.report(waitingReport(member, reason));
  return { kind: "wait", reason };
}

async function convergeMember(
  member: Member,
  { agent, mayBelieve, world }: {
    readonly agent: AgentAddress;
    readonly mayBelieve: boolean;
    readonly world: World;
  },
): Promise<Convergence> {
  const { store, annotationKey, agents, clock, memories, reporter } = world;
  const wanted = wantedState(member, {
    annotationKey,
    peersOf: (network) => store.peersOf(member.uid, network),
    mayRemove: true,
  });
  const memory = memories.of(member.uid);
  const result = await converge({ agents, agent, memory, memories, clock, wanted, mayBelieve });
  if (result.applied.length > 0) reporter.changed(member, result.applied);
  return result;
}

function addressOf(member: Member, { agent }: AgentPhase & { kind: "setup" | "maintain" }): AgentAddress {
  const { uid, namespace, name } = member;
  return { uid, namespace, pod: name, ...agent };
}
