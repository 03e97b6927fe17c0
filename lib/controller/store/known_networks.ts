// What the ConfigMap says, and which pods a key of it concerns, so that an edit costs those alone.
import {
  type ClusterNetworks,
  noClusterNetworks,
  readClusterNetworks,
  withoutNetworks,
} from "../../network/cluster_networks.ts";
import { changedKeys, keysOf } from "../../network/cluster_changes.ts";
import { marks, TwoWayIndex } from "./two_way_index.ts";
import type { Tracked } from "./tracked.ts";

/** The networks at cluster level with the pods that ask for them, and that have them. Changes give the pods concerned. */
export class KnownNetworks {
  readonly #configMap: { readonly namespace: string; readonly name: string };
  readonly #asking = new TwoWayIndex<true>();
  readonly #having = new TwoWayIndex<true>();
  #cluster: ClusterNetworks = noClusterNetworks;

  constructor(configMap: { readonly namespace: string; readonly name: string }) {
    this.#configMap = configMap;
  }

  get cluster(): ClusterNetworks {
    return this.#cluster;
  }

  /** The ConfigMap's data as it is now. */
  read(data: Readonly<Record<string, string>> | undefined): ReadonlySet<string> {
    const isHeld = (network: string): boolean => this.#having.at(network).size > 0;
    const [configMap, previous] = [this.#configMap, this.#cluster];
    return this.#put(readClusterNetworks(data, { previous, configMap, isHeld }));
  }

  /** What a removed key had reserved is free once nobody has the network any more. */
  note({ uid, asked, lastGood }: Pick<Tracked, "uid" | "asked" | "lastGood">): ReadonlySet<string> {
    this.#asking.put(uid, marks(asked.kind === "member" ? keysOf(asked.member, lastGood.values()) : []));
    const removed = this.#having.put(uid, marks(lastGood.keys())).filter((name) =>
      this.#having.at(name).size === 0 && this.#cluster.networks.get(name)?.state === "removed"
    );
    return removed.length === 0 ? new Set() : this.#put(withoutNetworks(this.#cluster, new Set(removed)));
  }

  #put(cluster: ClusterNetworks): ReadonlySet<string> {
    const keys = changedKeys(this.#cluster, cluster);
    this.#cluster = cluster;
    return new Set(
      [...keys].flatMap((key) => [...this.#asking.at(key).keys(), ...this.#having.at(key).keys()]),
    );
  }
}
