// Under which addresses do peers reach a member, and which has it among them? Nobody else is anybody's peer.
import { peerKey } from "../network/network.ts";
import type { Membership } from "./member.ts";
import { podIpOf } from "./pod.ts";

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
export function addressesIn(judged: Membership): ReadonlyMap<string, readonly string[]> {
  if (judged.kind !== "member" || judged.member.leaving !== undefined) return new Map();
  return new Map(judged.member.networks.map((network) => [
    peerKey(network),
    [...network.addresses.map(({ address }) => address), ...network.mac === undefined ? [] : [network.mac]],
  ]));
}
