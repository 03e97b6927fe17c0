// What is remembered of a pod between two reconciles. All of it can be lost: the next one finds out again.
import type { ToldSharing } from "../../member/shared_addresses.ts";
import type { KernelState, ObservedFdbEntry } from "../../overlay/observation.ts";
import type { KnownAddresses } from "../../overlay/plan/parts.ts";
import { answerCaps } from "../../agents/answer_caps.ts";
import type { Unfinished } from "../../overlay/unfinished.ts";
import type { KnownPeers } from "../../overlay/plan/peers.ts";
import type { Clock } from "../../time/clock.ts";
import { TokenBucket } from "../../time/token_bucket.ts";
import type { LearnedSweep } from "./learned_sweep.ts";

/** What a pod's kernel is known to hold, so that a peer's coming costs one line and no reading. */
export interface CachedState {
  /** Of the agent through which it was read. */
  readonly containerId: string;
  /** A sandbox made anew has mostly another IP, and always an init agent that runs again. */
  readonly podIPs: string;
  /** Links and routes as read. */
  readonly kernel: KernelState;
  /** By interface. */
  readonly peers: ReadonlyMap<string, KnownPeers>;
  /** Towards peers, and not asked for: they go with them. */
  readonly unasked: readonly ObservedFdbEntry[];
  /** What could not be had when it was read; absent when everything was as wanted. */
  readonly unfinished?: Unfinished;
  /** Everything is read then (monotonic ms). In the past: what is known may be wrong. */
  readonly readBackAt: number;
  /** Its reading has been accounted for. */
  readonly isAccounted?: boolean;
  /** When learned entries are looked for. */
  readonly learned?: LearnedSweep;
  /** Since when (monotonic ms) peers that have gone are left in the fdb of a pod that is going itself. */
  readonly heldSince?: number;
  /** The init agent was told to end: the sidecar agent finds the same namespace. */
  readonly handedOver?: boolean;
}

/** A release that was asked for; the status will say when it has worked. Not `isSure`: the order may be lost. */
export interface Release {
  readonly containerId: string;
  /** Monotonic ms. */
  readonly at: number;
  readonly asked: "terminate" | "again";
  readonly isSure: boolean;
}

/** Milliseconds until all that an init agent left is read: other containers have run since. */
const readAfterHandover = 5_000;

/** One for all: thousands of empty maps take megabytes. */
const noAddresses: KnownAddresses = new Map();

/** A part of the pod's record: it ends with it. */
export class PodCache {
  cached?: CachedState | undefined;
  /** Grows with every doubt: what was seen before a doubt must not be relied on after it. */
  generation = 0;
  release?: Release | undefined;
  /** Since when (monotonic ms) no reconcile of it has gone well; absent when the last one has. */
  failingSince?: number | undefined;
  /** Since when (monotonic ms) something could not be had; absent when everything was as wanted at the last reading. */
  unfinishedSince?: number | undefined;
  /** What is told of addresses that it shares with other members. */
  sharing?: ToldSharing | undefined;
  /** Bytes an exchange may answer: grows when that was not enough. */
  answerCap: number = answerCaps.first;
  /** Addresses that we set, by interface: only those are ever removed. */
  addresses = noAddresses;
  #unasked: TokenBucket | undefined;

  /** The init agent has been told to end: what is known of the pod stays true under the sidecar agent's id. */
  handOver(): void {
    if (this.cached !== undefined) this.cached = { ...this.cached, handedOver: true };
  }

  /** Does nothing when nothing was left, or in another sandbox. */
  takeOver(heir: Pick<CachedState, "containerId" | "podIPs">, now: number): void {
    const { cached } = this;
    if (cached?.handedOver !== true || cached.podIPs !== heir.podIPs) return;
    const { handedOver: _, ...left } = cached;
    this.cached = { ...left, ...heir, readBackAt: now + readAfterHandover };
  }

  /** What is known may be wrong: the next reconcile asks the kernel. */
  invalidate(): void {
    this.generation++;
    if (this.cached?.handedOver !== true) this.outdate();
  }

  /** A tool has said something unasked: gives the ms until the pod is read for it. Some go on at every answer. */
  heard(clock: Pick<Clock, "now">): number {
    this.invalidate();
    return (this.#unasked ??= new TokenBucket({ clock, burst: 5, refill: 30_000 })).take();
  }

  /** What was known stays as the last that was seen, but is not relied on. */
  outdate(): void {
    if (this.cached !== undefined) this.cached = { ...this.cached, readBackAt: -Infinity };
  }

  /** Remembers what the pod's kernel holds; not to be relied on when doubts came up since `generation`. */
  remember(cached: CachedState, generation: number): void {
    this.cached = cached;
    if (this.generation !== generation) this.outdate();
  }
}
