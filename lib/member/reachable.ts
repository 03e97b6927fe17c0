// Which addresses has a member among its peers? They are compared, for two must not have the same.
import { peerKey } from "../network/network.ts";
import type { Membership } from "./member.ts";

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
