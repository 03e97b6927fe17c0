// Who shares which segment: the index that makes a peer's coming and going cost only its own segments.
import type { Membership } from "../../member/member.ts";
import { podIpOf } from "../../member/pod.ts";
import { peerKey } from "../../network/network.ts";
import type { AddressClaims } from "./address_index.ts";

/** Members (by uid) of each segment with the pod IP under which their peers reach them. */
export class PeerIndex {
  readonly #members = new Map<string, Map<string, string>>();
  /** Lists given out since the last change. */
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #segmentsOf = new Map<string, ReadonlyMap<string, string>>();

  /** Makes `uid` reachable in exactly these segments (segment → pod IP); gives those that are other than before. */
  put(uid: string, segments: ReadonlyMap<string, string>): readonly string[] {
    const before = this.of(uid);
    const all = new Set([...before.keys(), ...segments.keys()]);
    const changed = [...all].filter((segment) => before.get(segment) !== segments.get(segment));
    for (const segment of changed) this.#set(segment, { uid, ip: segments.get(segment) });
    if (segments.size === 0) this.#segmentsOf.delete(uid);
    else this.#segmentsOf.set(uid, segments);
    return changed;
  }

  /** Segment → pod IP of one member; empty when it is nobody's peer. */
  of(uid: string): ReadonlyMap<string, string> {
    return this.#segmentsOf.get(uid) ?? new Map<string, string>();
  }

  /** Pod IPs of a segment, sorted. One list for all who ask, until it changes. */
  addressesOf(segment: string): readonly string[] {
    const known = this.#addresses.get(segment);
    if (known !== undefined) return known;
    const addresses = [...new Set(this.#members.get(segment)?.values())].sort();
    this.#addresses.set(segment, addresses);
    return addresses;
  }

  /** Uids of the members of a segment. */
  membersOf(segment: string): Iterable<string> {
    return this.#members.get(segment)?.keys() ?? [];
  }

  /** Number of members of one segment. */
  size(segment: string): number {
    return this.#members.get(segment)?.size ?? 0;
  }

  /** Number of members of each segment. */
  sizes(): ReadonlyMap<string, number> {
    return new Map([...this.#members].map(([segment, members]) => [segment, members.size]));
  }

  #set(segment: string, { uid, ip }: { readonly uid: string; readonly ip: string | undefined }): void {
    this.#addresses.delete(segment);
    const members = this.#members.get(segment) ?? new Map<string, string>();
    if (ip === undefined) members.delete(uid);
    else members.set(uid, ip);
    if (members.size === 0) this.#members.delete(segment);
    else this.#members.set(segment, members);
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
