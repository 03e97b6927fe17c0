// Which addresses has a member among its peers? They are compared, for two must not have the same.
import { createHash } from "node:crypto";
import { type Network, peerKey } from "../network/network.ts";
import type { Membership } from "./member.ts";

/**
 * The addresses that the pod has among its peers, MAC addresses too. One that is being deleted claims none, though it is
 * still a peer: in a rolling update its successor has the same `ip=` for a while, and that is no mistake.
 */
export function addressesIn(judged: Membership): ReadonlyMap<string, readonly string[]> {
  if (judged.kind !== "member" || judged.member.leaving !== undefined) return new Map();
  const { member } = judged;
  return new Map(member.networks.map((network) => [
    peerKey(network),
    [...network.addresses.map(({ address }) => address), macOf(network, member)],
  ]));
}

/** The one that is asked for, or one that nobody had to ask for. */
export function macOf(
  { mac, name }: Pick<Network, "mac" | "name">,
  { uid }: { readonly uid: string },
): string {
  return mac ?? derivedMac(uid, name);
}

/**
 * Stable, locally administered unicast MAC from uid and network name: a replaced link does not strand its
 * peers' ARP.
 */
export function derivedMac(uid: string, network: string): string {
  const [first = 0, ...rest] = createHash("sha256").update(`${uid}/${network}`).digest().subarray(0, 6);
  const locallyAdministered = (first & 0b1111_1100) | 0b10;
  return [locallyAdministered, ...rest].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
