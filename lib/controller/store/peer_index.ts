// Who shares which segment: the index that makes a peer's coming and going cost only its own segments.
import type { Membership } from "../../member/member.ts";
import { podIpOf } from "../../member/pod.ts";
import { peerKey } from "../../network/network.ts";
import type { AddressClaims } from "./address_index.ts";
import { TwoWayIndex } from "./two_way_index.ts";

/** Members (by uid) of each segment with the pod IP under which their peers reach them. */
export class PeerIndex extends TwoWayIndex<string> {
  /** Lists given out since the last change. */
  readonly #addresses = new Map<string, readonly string[]>();

  override put(uid: string, segments: ReadonlyMap<string, string>): readonly string[] {
    const changed = super.put(uid, segments);
    for (const segment of changed) this.#addresses.delete(segment);
    return changed;
  }

  /** Pod IPs of a segment, sorted. One list for all who ask, until it changes. */
  addressesOf(segment: string): readonly string[] {
    const known = this.#addresses.get(segment);
    if (known !== undefined) return known;
    const addresses = [...new Set(this.at(segment).values())].sort();
    this.#addresses.set(segment, addresses);
    return addresses;
  }
}

/** Segment → pod IP under which peers reach the pod. Empty for who is no peer, or no longer. */
export function reachableIn(judged: Membership): ReadonlyMap<string, string> {
  if (judged.kind !== "member" || judged.member.leaving?.terminated) return new Map();
  const { member } = judged;
  return new Map(member.networks.flatMap((network): [string, string][] => {
    const ip = podIpOf(member, network.family);
    return ip === undefined ? [] : [[peerKey(network), ip]];
  }));
}

/**
 * The addresses that the pod has among its peers, MAC addresses that it asks for too. One that is being deleted claims none, though it is still a peer:
 * in a rolling update its successor has the same `ip=` for a while, and that is no mistake.
 */
export function addressesIn(judged: Membership): AddressClaims {
  if (judged.kind !== "member" || judged.member.leaving !== undefined) return new Map();
  return new Map(judged.member.networks.map((network) => [
    peerKey(network),
    [...network.addresses.map(({ address }) => address), ...network.mac === undefined ? [] : [network.mac]],
  ]));
}
