// What a member is to the others: where they reach it, and which addresses it has among them.
import type { Membership } from "../../member/member.ts";
import { segmentOf } from "../../network/network.ts";
import { podIpOf } from "../../member/peers.ts";
import type { AddressClaims } from "./address_index.ts";

/** Segment → pod IP under which peers reach the pod. Empty for who is no peer, or no longer. */
export function reachableIn(judged: Membership): ReadonlyMap<string, string> {
  if (judged.kind !== "member" || judged.member.leaving?.agentTerminated) return new Map();
  const { member } = judged;
  return new Map(member.networks.flatMap((network): [string, string][] => {
    const ip = podIpOf(member, network.family);
    return ip === undefined ? [] : [[segmentOf(network), ip]];
  }));
}

/**
 * The addresses that the pod has among its peers. One that is being deleted claims none, though it is still a peer:
 * in a rolling update its successor has the same `ip=` for a while, and that is no mistake.
 */
export function addressesIn(judged: Membership): AddressClaims {
  if (judged.kind !== "member" || judged.member.leaving !== undefined) return new Map();
  return new Map(
    judged.member.networks.filter(({ addresses }) => addresses.length > 0)
      .map((network) => [segmentOf(network), network.addresses.map(({ address }) => address)]),
  );
}
