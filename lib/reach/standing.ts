// Who stands in which network, as last read, and so may ask and be asked.
import type { Member } from "../member/member.ts";
import { podIpOf } from "../member/pod.ts";
import { type Network, peerKey } from "../network/network.ts";
import type { ObservedLink } from "../overlay/observation.ts";
import { choosePeers } from "./choose_peers.ts";
import type { LastProbes, ProbeEnd } from "./last_probes.ts";
import type { ProbeTarget } from "./neighbour_probe.ts";
import { askable, targetAddress } from "./target_address.ts";

/** What the controller knows of a member. */
export interface StandingView {
  /** Undefined for who is none, or leaves. */
  readonly member: (uid: string) => Member | undefined;
  readonly node: (uid: string) => string | undefined;
  /** The interface as last read, and pod IPs that it floods to; undefined when it is not there. */
  readonly interfaceOf: (
    uid: string,
    name: string,
  ) => { readonly link: ObservedLink; readonly floodsTo: readonly string[] } | undefined;
}

/** One member asks another. */
export interface Probe {
  readonly network: Network;
  readonly from: ProbeEnd;
  readonly to: ProbeEnd;
  readonly target: ProbeTarget;
}

/** Members by network. */
export class Standing {
  readonly #view: StandingView;
  readonly #random: () => number;
  readonly #probes: LastProbes;
  readonly #networks = new Map<string, readonly Network[]>();
  readonly #members = new Map<string, Set<string>>();

  constructor(
    { view, random, probes }: {
      readonly view: StandingView;
      /** In [0, 1). */
      readonly random: () => number;
      readonly probes: LastProbes;
    },
  ) {
    this.#view = view;
    this.#random = random;
    this.#probes = probes;
  }

  /** The networks whose interfaces this member has as wanted, as it was last read. */
  put(uid: string, networks: readonly Network[]): void {
    const now = new Set(networks.map(peerKey));
    const left = this.networksOf(uid).map(peerKey).filter((key) => !now.has(key));
    for (const key of left) this.#leave(uid, key);
    if (left.length > 0) this.#probes.keep(uid, now);
    for (const key of now) this.#members.set(key, (this.#members.get(key) ?? new Set()).add(uid));
    if (now.size === 0) this.#networks.delete(uid);
    else this.#networks.set(uid, [...networks]);
  }

  networksOf(uid: string): readonly Network[] {
    return this.#networks.get(uid) ?? [];
  }

  /**
   * Whom the member asks in these networks. `alone`: those (as of `peerKey`) in which nobody else stands. Where somebody does
   * to whom it does not flood yet, it is neither.
   */
  choose(
    uid: string,
    networks: readonly Network[],
    { anyNode = false }: { readonly anyNode?: boolean } = {},
  ): { readonly probes: readonly Probe[]; readonly alone: readonly string[] } {
    const alone = networks.map(peerKey).filter((key) => this.isAlone(key));
    const probes = networks.flatMap((network) => this.#probesIn(uid, { network, anyNode }));
    return { probes, alone };
  }

  /** Nobody else stands in this network (as of `peerKey`). */
  isAlone(key: string): boolean {
    return (this.#members.get(key)?.size ?? 0) < 2;
  }

  /** Whether both ends are still what they were. */
  isStill({ network, from, to }: Probe): boolean {
    return [from, to].every(({ uid }) => this.#canBeAsked(uid, network));
  }

  #probesIn(
    uid: string,
    { network, anyNode }: { readonly network: Network; readonly anyNode: boolean },
  ): readonly Probe[] {
    const from = this.#end(uid);
    const own = this.#view.interfaceOf(uid, network.interfaceName);
    if (from === undefined || own === undefined) return [];
    const key = peerKey(network);
    const floodsTo = new Set(own.floodsTo);
    const others = [...this.#members.get(key) ?? []].filter((other) => other !== uid);
    const probeOf = (other: string): readonly Probe[] => {
      const [to, its] = [this.#end(other), this.#linkIn(other, key)];
      const target = its && targetAddress(own.link, askable(its, network));
      if (to === undefined || target === undefined || !("address" in target)) return [];
      return [{ network, from, to, target: { address: target.address, device: network.interfaceName } }];
    };
    const chosen = choosePeers(others.map((other) => ({ uid: other, node: this.#view.node(other) })), {
      node: from.node,
      anyNode,
      random: this.#random,
      mayBeAsked: (other) => {
        const ip = podIpOf(this.#view.member(other) ?? { podIPs: [] }, network.family) ?? "";
        return floodsTo.has(ip) && this.#canBeAsked(other, network) && probeOf(other).length > 0;
      },
    });
    // Who did not answer is asked until it does.
    const failed = this.#probes.failedFrom(uid, key).filter((other) => this.#canBeAsked(other, network));
    return [...new Set([...chosen, ...failed.slice(0, mostFailed)])].flatMap(probeOf);
  }

  #end(uid: string): ProbeEnd | undefined {
    const member = this.#view.member(uid);
    return member && { uid, pod: `${member.namespace}/${member.name}`, node: this.#view.node(uid) };
  }

  #canBeAsked(uid: string, network: Network): boolean {
    return this.#view.member(uid) !== undefined && this.#linkIn(uid, peerKey(network))?.up === true;
  }

  #linkIn(uid: string, key: string): ObservedLink | undefined {
    const name = this.networksOf(uid).find((network) => peerKey(network) === key)?.interfaceName;
    return name === undefined ? undefined : this.#view.interfaceOf(uid, name)?.link;
  }

  #leave(uid: string, key: string): void {
    const members = this.#members.get(key);
    members?.delete(uid);
    if (members?.size === 0) this.#members.delete(key);
  }
}

/** Peers that did not answer and are asked again, beside others. */
const mostFailed = 3;
