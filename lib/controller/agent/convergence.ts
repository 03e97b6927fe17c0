// What converging one pod is asked with, and what it comes to.
import type { KernelState } from "../../overlay/observation.ts";
import type { PeerChanges } from "../../overlay/plan/peers.ts";
import type { Step } from "../../overlay/step.ts";
import type { WantedState } from "../../overlay/wanted.ts";
import { messageOf } from "../../text/defined.ts";
import type { Clock } from "../../time/clock.ts";
import type { AgentClient } from "../../agents/agent_client.ts";
import type { Unfinished } from "../../overlay/unfinished.ts";
import type { CachedState, PodCache } from "./pod_cache.ts";
import type { ReadBudget } from "./read_budget.ts";
import type { AgentAddress } from "../../agents/session_pool.ts";

/** What is left when nothing more can be done now. */
export interface Convergence extends Unfinished {
  readonly kernel: KernelState;
  /** What was changed. */
  readonly applied: readonly Step[];
  /** Milliseconds after which it is to be looked at once more, whatever happens. */
  readonly lookIn: number;
}

/** Only what could be read was put right: the rest is not known. */
export class HalfObserved extends Error {
  override name = "HalfObserved";
  constructor(override readonly cause: unknown, readonly entriesMissing: number) {
    super(messageOf(cause));
  }
}

export interface ConvergeOptions {
  readonly agents: AgentClient;
  readonly agent: AgentAddress;
  readonly cache: PodCache;
  readonly budget: ReadBudget;
  readonly peerChanges: PeerChanges;
  readonly clock: Clock;
  readonly wanted: WantedState;
  /** May what is known be relied on? Not before a pod is released. */
  readonly mayUseCache: boolean;
  /** The pod is being deleted. */
  readonly isLeaving: boolean;
  /** What it should hold is not known before it was looked into. */
  readonly onlyLook: boolean;
  /** Milliseconds until all is read again. */
  readonly readEvery: number;
}

/** One run. */
export interface Converging extends ConvergeOptions {
  /** Of the pod when this run began. */
  readonly generation: number;
  /** Bytes that a tool may answer. */
  readonly cap: number;
}

/** A pod that is going keeps its peers that go for so long (ms): in a large deletion most are gone by then. */
export const heldFor = 10_000;

/** What a run comes to that leaves this behind. */
export function convergence(
  { kernel, unfinished, readBackAt, learned, heldSince = Infinity }: CachedState,
  { applied, now }: { readonly applied: readonly Step[]; readonly now: number },
): Convergence {
  const next = Math.min(readBackAt, learned?.at ?? Infinity, heldSince + heldFor);
  return { kernel, ...(unfinished ?? nothingLeft), applied, lookIn: Math.max(0, next - now) };
}

const nothingLeft: Unfinished = { steps: [], obstacles: [], refusals: [], entriesMissing: 0 };
