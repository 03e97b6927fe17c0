// What the ConfigMap says, and which pods a key of it concerns, so that an edit costs those alone.
import {
  type ClusterContext,
  type ClusterNetworks,
  noClusterNetworks,
  readClusterNetworks,
  withoutUnheld,
} from "../../network/cluster_networks.ts";
import { changedKeys, keysOf } from "../../network/cluster_changes.ts";
import type { Memory } from "../../network/reserved/memory_text.ts";
import { memoryOf, type MemoryRead, remembering } from "../../network/reserved/remembered.ts";
import { heldKeys, type IsHeld } from "../../network/reserved/reservations.ts";
import { marks, TwoWayIndex } from "./two_way_index.ts";
import type { Tracked } from "./tracked.ts";

/** The networks at cluster level with the pods that ask for them, and that have them. Changes give the pods concerned. */
export class KnownNetworks {
  readonly #context: Omit<ClusterContext, "previous"> & { readonly isHeld: IsHeld };
  readonly #asking = new TwoWayIndex<true>();
  readonly #having = new TwoWayIndex<true>();
  #cluster: ClusterNetworks = noClusterNetworks;
  /** Until all pods are, nobody knows who holds what was remembered. */
  #areListed = true;

  constructor(configMap: { readonly namespace: string; readonly name: string }) {
    this.#context = { configMap, isHeld: (key) => !this.#areListed || this.#having.at(key).size > 0 };
  }

  get cluster(): ClusterNetworks {
    return this.#cluster;
  }

  /** What is to be remembered over a restart. */
  get memory(): Memory {
    return memoryOf(this.#cluster, this.#context.isHeld);
  }

  /** What was remembered, and whether all pods are known by now. */
  remember({ areListed, ...read }: MemoryRead & { readonly areListed: boolean }): ReadonlySet<string> {
    this.#areListed = areListed;
    return this.#put(remembering(this.#cluster, { ...read, ...this.#context }));
  }

  /** The ConfigMap's data as it is now. */
  read(data: Readonly<Record<string, string>> | undefined): ReadonlySet<string> {
    return this.#put(readClusterNetworks(data, { ...this.#context, previous: this.#cluster }));
  }

  /** What a removed key had reserved is free once nobody has it any more. */
  note({ uid, asked, good, mayHold, pod }: Tracked): ReadonlySet<string> {
    this.#asking.put(uid, marks(asked.kind === "member" ? keysOf(asked.member, good) : []));
    const [cluster, has] = [this.#cluster, marks(heldKeys(good, mayHold ? pod : undefined))];
    const isOver = this.#having.put(uid, has).some((key) =>
      cluster.passing.has(key) && this.#having.at(key).size === 0
    );
    return isOver ? this.#put(withoutUnheld(cluster, this.#context)) : new Set();
  }

  #put(cluster: ClusterNetworks): ReadonlySet<string> {
    const keys = changedKeys(this.#cluster, cluster);
    this.#cluster = cluster;
    return new Set(
      [...keys].flatMap((key) => [...this.#asking.at(key).keys(), ...this.#having.at(key).keys()]),
    );
  }
}
