// What is remembered of a pod between two looks. All of it can be lost: the next look finds out again.
import type { Observation, ObservedFdbEntry } from "../../overlay/observation.ts";

/** What we believe the kernel holds, so that a peer's coming costs one line and no reading. */
export interface CachedState {
  /** Of the agent through which it was read. */
  readonly containerId: string;
  readonly observation: Observation;
  /** Monotonic ms of the last line sent or read. */
  readonly at: number;
  /** Since when (monotonic ms) there are lines sent that have not been read back; absent when there are none. */
  readonly unreadSince?: number;
  /** Since when (monotonic ms) the entry of a peer that has gone was deleted unread; absent when there is none. */
  readonly removedSince?: number;
  /** True: not only the entries sent since, but everything is to be read once it is quiet. */
  readonly fromInitAgent?: boolean;
}

/** What the kernel held when the init agent was told to end: the sidecar agent finds the same namespace. */
export interface Handover {
  readonly observation: Observation;
  /** A sandbox made anew has mostly another IP, and always an init agent that runs again. */
  readonly podIPs: string;
}

/** A release that was asked for; the container's status will say when it has worked. */
export interface Release {
  readonly containerId: string;
  /** Monotonic ms. */
  readonly at: number;
  readonly asked: "terminate" | "terminate file";
}

export interface CachedPod {
  cached?: CachedState | undefined;
  /** Grows with every doubt: what was seen before a doubt must not be believed after it. */
  generation: number;
  release?: Release | undefined;
  handover?: Handover | undefined;
  /** Since when (monotonic ms) no look at it has gone well; absent when the last one has. */
  failingSince?: number | undefined;
  /** Looks in a row at whose end learned entries were there again. */
  relearned: number;
  /** Addresses that we set, by interface: only those are ever removed. */
  readonly addresses: Map<string, Set<string>>;
}

/** Memory by uid. */
export class PodCache {
  readonly #pods = new Map<string, CachedPod>();
  readonly #entries = new SharedEntries();

  /** Remembers what a pod's kernel is believed to hold, unless generation came up since the look at it began. */
  remember(
    memory: CachedPod,
    { cached, generation }: { readonly cached: CachedState; readonly generation: number },
  ): void {
    if (memory.generation !== generation) return;
    memory.cached = { ...cached, observation: this.#shared(cached.observation) };
  }

  /** Remembers what the init agent leaves, for `takeOver`. */
  handOver(uid: string, { observation, podIPs }: Handover): void {
    this.of(uid).handover = { observation: this.#shared(observation), podIPs };
  }

  of(uid: string): CachedPod {
    const known = this.#pods.get(uid);
    if (known !== undefined) return known;
    const fresh: CachedPod = { generation: 0, relearned: 0, addresses: new Map() };
    this.#pods.set(uid, fresh);
    return fresh;
  }

  /**
   * Believes through `containerId` what the init agent left, so that nothing is read while a rollout is under way; it is
   * read once it is quiet. Does nothing when nothing was left, or in another sandbox.
   */
  takeOver(
    uid: string,
    { containerId, podIPs, at }: {
      readonly containerId: string;
      readonly podIPs: string;
      readonly at: number;
    },
  ): void {
    const memory = this.of(uid);
    const { handover, generation } = memory;
    memory.handover = undefined;
    if (handover === undefined || handover.podIPs !== podIPs) return;
    const { observation } = handover;
    this.remember(memory, {
      cached: { containerId, observation, at, unreadSince: at, fromInitAgent: true },
      generation,
    });
  }

  /** What is believed may be wrong: the next look asks the kernel. */
  invalidate(uid: string): void {
    const known = this.#pods.get(uid);
    if (known === undefined) return;
    known.cached = undefined;
    known.generation++;
  }

  forget(uid: string): void {
    this.#pods.delete(uid);
  }

  get size(): number {
    return this.#pods.size;
  }

  /** Nothing is kept unshared: a full mesh of a thousand members would be 150 MB. */
  #shared(observation: Observation): Observation {
    return { ...observation, fdb: this.#entries.share(observation.fdb) };
  }
}

/** Beyond this many different entries the memory starts anew; what was given out stays valid. */
const limit = 200_000;

/** Gives the same object for the same entry. Only saves memory: losing it changes nothing. */
export class SharedEntries {
  #byDevice = new Map<string, Map<string, ObservedFdbEntry>>();
  #size = 0;

  /** The entries, each as its shared object. */
  share(entries: readonly ObservedFdbEntry[]): readonly ObservedFdbEntry[] {
    return entries.map((entry) => this.#one(entry));
  }

  #one(entry: ObservedFdbEntry): ObservedFdbEntry {
    const device = `${entry.dev} ${entry.mac}`;
    const known = this.#byDevice.get(device) ?? new Map<string, ObservedFdbEntry>();
    const shared = known.get(entry.dst);
    if (shared !== undefined) return shared;
    if (this.#size >= limit) this.#forget();
    known.set(entry.dst, entry);
    this.#byDevice.set(device, known);
    this.#size++;
    return entry;
  }

  #forget(): void {
    this.#byDevice = new Map();
    this.#size = 0;
  }
}
