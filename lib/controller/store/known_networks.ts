// What the ConfigMap says, and which pods a key of it concerns, so that an edit costs those alone.
import {
  type ClusterContext,
  type ClusterNetworks,
  noClusterNetworks,
  readingClusterNetworks,
  withoutUnheld,
} from "../../network/cluster_networks.ts";
import { changedKeys, keysOf } from "../../network/cluster_changes.ts";
import type { Memory } from "../../network/reserved/memory_text.ts";
import { memoryOf, type MemoryRead, remembering } from "../../network/reserved/remembered.ts";
import { heldKeys, type IsHeld } from "../../network/reserved/reservations.ts";
import type { Pieces } from "../../time/pieces.ts";
import { KeyCounts } from "../../collections/key_counts.ts";
import { marks, TwoWayIndex } from "../../collections/two_way_index.ts";
import type { Tracked } from "./tracked.ts";

/** The networks at cluster level with the pods that ask for them, and that have them. Changes give the pods concerned. */
export class KnownNetworks {
  readonly #context: Omit<ClusterContext, "previous"> & { readonly isHeld: IsHeld };
  /** Who asks for each key, or has it. */
  readonly #concerned = new TwoWayIndex<true>();
  readonly #having = new KeyCounts();
  #cluster: ClusterNetworks = noClusterNetworks;
  /** Another one for each `cluster`. */
  generation = 0;
  /** Until all pods are, nobody knows who holds what was remembered. */
  #areListed = true;
  /** Nobody has something any more that was kept for those who had it. */
  #isOver = false;

  constructor(configMap: { readonly namespace: string; readonly name: string }) {
    this.#context = { configMap, isHeld: (key) => !this.#areListed || this.#having.at(key) > 0 };
  }

  get cluster(): ClusterNetworks {
    return this.#cluster;
  }

  /** What is to be remembered over a restart. */
  get memory(): Memory {
    return memoryOf(this.#cluster, this.#context.isHeld);
  }

  /** What was remembered, and whether all pods are known by now. */
  *remember(
    { areListed, ...read }: MemoryRead & { readonly areListed: boolean },
  ): Pieces<ReadonlySet<string>> {
    this.#areListed = areListed;
    return yield* this.#put(remembering(this.#cluster, { ...read, ...this.#context }));
  }

  /** The ConfigMap's data as it is now; `onRead`: it counts. One at a time. */
  *reading(
    data: Readonly<Record<string, string>> | undefined,
    onRead: () => void,
  ): Pieces<ReadonlySet<string>> {
    for (let { keys } = this.#cluster;;) {
      const before = this.#cluster;
      const previous = { ...before, keys };
      const cluster = yield* readingClusterNetworks(data, { ...this.#context, previous });
      // What was remembered, or forgotten, in between counts too.
      if (this.#cluster === before) return yield* this.#put(cluster, onRead);
      keys = cluster.keys;
    }
  }

  /** Who is concerned when what a removed key had reserved is free, because nobody has it any more. */
  *freed(): Pieces<ReadonlySet<string>> {
    if (!this.#isOver) return new Set();
    this.#isOver = false;
    return yield* this.#put(withoutUnheld(this.#cluster, this.#context));
  }

  /** What a pod asks for and has. */
  note({ uid, asked, good, mayHold, pod }: Tracked): void {
    const held = heldKeys(good, mayHold ? pod : undefined);
    const asks = asked.kind === "member" ? keysOf(asked.member, good) : [];
    this.#concerned.put(uid, marks([...held, ...asks]));
    const changed = this.#having.put(uid, held);
    const { passing } = this.#cluster;
    this.#isOver ||= changed.some((key) => passing.has(key) && this.#having.at(key) === 0);
  }

  *#put(cluster: ClusterNetworks, onPut = (): void => {}): Pieces<ReadonlySet<string>> {
    const before = this.#cluster;
    this.#cluster = cluster;
    this.generation++;
    onPut();
    const uids = new Set<string>();
    for (const key of yield* changedKeys(before, cluster)) {
      for (const uid of this.#concerned.at(key).keys()) uids.add(uid);
      yield;
    }
    return uids;
  }
}
