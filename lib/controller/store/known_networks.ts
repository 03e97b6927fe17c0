// What the ConfigMap says, and which pods a key of it concerns, so that an edit costs those alone.
import {
  type ClusterNetworks,
  noClusterNetworks,
  readClusterNetworks,
  withoutNetworks,
} from "../../network/cluster_networks.ts";
import type { Membership } from "../../member/member.ts";
import { TwoWayIndex } from "./two_way_index.ts";
import type { Tracked } from "./work_item.ts";

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
    return this.#put(
      readClusterNetworks(data, { previous: this.#cluster, configMap: this.#configMap, isHeld }),
    );
  }

  /** What a removed key had reserved is free once nobody has the network any more. */
  note({ uid, asked, lastGood }: Pick<Tracked, "uid" | "asked" | "lastGood">): ReadonlySet<string> {
    this.#asking.put(uid, having(keysOf(asked)));
    const removed = this.#having.put(uid, having(lastGood.keys())).filter((name) =>
      this.#having.at(name).size === 0 && this.#cluster.networks.get(name)?.state === "removed"
    );
    return removed.length === 0 ? nobody : this.#put(withoutNetworks(this.#cluster, new Set(removed)));
  }

  #put(cluster: ClusterNetworks): ReadonlySet<string> {
    const keys = changedKeys(this.#cluster, cluster);
    this.#cluster = cluster;
    return new Set(
      [...keys].flatMap((key) => [...this.#asking.at(key).keys(), ...this.#having.at(key).keys()]),
    );
  }
}

const nobody: ReadonlySet<string> = new Set();

function having(keys: Iterable<string>): ReadonlyMap<string, true> {
  return new Map([...keys].map((key) => [key, true]));
}

/** Stands for every key: who did not get all it asked for may get it by any of them. */
const everyKey = "*";

/** What the pod's judgement hangs on: names, and VNIs, which may be reserved. */
function keysOf(asked: Membership): ReadonlySet<string> {
  if (asked.kind !== "member") return new Set();
  const { networks, problems } = asked.member;
  return new Set([
    ...networks.flatMap(({ name, vni }) => [name, vniKey(vni)]),
    ...problems.length === 0 ? [] : [everyKey],
  ]);
}

/** Keys of which something else is said than before; `everyKey` when there are any. */
function changedKeys(before: ClusterNetworks, after: ClusterNetworks): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const name of new Set([...before.networks.keys(), ...after.networks.keys()])) {
    const [was, is] = [before.networks.get(name), after.networks.get(name)];
    const isSame = was?.state === is?.state && was?.options === is?.options;
    if (!isSame && JSON.stringify(was) !== JSON.stringify(is)) keys.add(name);
  }
  for (const vni of new Set([...before.reserved.keys(), ...after.reserved.keys()])) {
    const [was, is] = [before.reserved.get(vni), after.reserved.get(vni)];
    if (was?.namespaces.join() !== is?.namespaces.join()) keys.add(vniKey(vni));
  }
  return keys.size === 0 && before.isUsable === after.isUsable ? keys : keys.add(everyKey);
}

/** No network is called so. */
function vniKey(vni: number): string {
  return `#${vni}`;
}
