// Under which address can one interface be asked by another: one of a subnet that both have, else the link's own. Pure.
import { addressOf, cidrText, readCidr, subnetOf } from "../network/grammar/address.ts";
import type { Network } from "../network/network.ts";
import type { ObservedLink } from "../overlay/observation.ts";

/** The address, or why there is none. */
export function targetAddress(
  from: Pick<ObservedLink, "addresses">,
  to: Pick<ObservedLink, "addresses">,
): { readonly address: string } | { readonly reason: string } {
  const own = new Set(from.addresses.flatMap(subnetText));
  const shared = to.addresses.find((text) => subnetText(text).some((subnet) => own.has(subnet)));
  return shared === undefined
    ? { reason: "no address of either family by which its peers could ask for it" }
    : { address: addressOf(shared) };
}

/** With neigh=static only the link's own address has to be found out: an entry that is set proves nothing. */
export function askable<Link extends Pick<ObservedLink, "addresses">>(
  link: Link,
  { neigh }: Pick<Network, "neigh">,
): Link {
  if (neigh === undefined) return link;
  return { ...link, addresses: link.addresses.filter((text) => text.startsWith("fe80:")) };
}

/** IPv4 first in a kernel's list; fe80::/64 is a subnet that all have who have IPv6. */
function subnetText(text: string): readonly string[] {
  const read = readCidr(text);
  return read === undefined ? [] : [cidrText(subnetOf(read))];
}
