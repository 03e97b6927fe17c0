// Which addresses an interface gets and loses.
import { type Cidr, cidrText } from "../network/network.ts";
import { contains, parseCidr } from "./ip_text.ts";
import type { StandingLink } from "./plan_links.ts";
import type { KnownAddresses } from "./planner.ts";
import type { Step } from "./step.ts";

/** Steps for one interface. `remaining` are the addresses that are there in between, when deletions are done. */
export interface AddressSteps {
  readonly deletions: readonly Step[];
  readonly additions: readonly Step[];
  readonly remaining: readonly Cidr[];
}

/**
 * An address goes only if we know that we set it, or if it is an address that is wanted with another prefix length
 * (the kernel takes an IPv6 address only once, and the user has said which one it is).
 */
export function addressSteps({ wanted, link }: StandingLink, ours: KnownAddresses): AddressSteps {
  const dev = wanted.name;
  const observed = (link?.addresses ?? []).flatMap((text) => parseCidr(text) ?? []);
  const texts = new Set(wanted.addresses.map(cidrText));
  const isUnwanted = (cidr: Cidr): boolean =>
    !texts.has(cidrText(cidr)) &&
    (ours.get(dev)?.has(cidrText(cidr)) === true || hasAddress(wanted.addresses, cidr));
  const deleted = observed.filter(isUnwanted);
  const remaining = observed.filter((cidr) =>
    !isUnwanted(cidr) && !deleted.some((other) => mayGoWith(cidr, other))
  );
  const there = new Set(remaining.map(cidrText));
  return {
    deletions: deleted.map((cidr) => ({ kind: "delete-address", dev, cidr: cidrText(cidr) })),
    additions: wanted.addresses
      .filter((cidr) => !there.has(cidrText(cidr)))
      .map((cidr) => ({ kind: "add-address", dev, cidr: cidrText(cidr), family: cidr.family })),
    remaining,
  };
}

function hasAddress(cidrs: readonly Cidr[], { address }: Cidr): boolean {
  return cidrs.some((cidr) => cidr.address === address);
}

/** With an IPv4 address the kernel removes the later ones of its subnet too, unless it promotes them (a sysctl). */
function mayGoWith(cidr: Cidr, deleted: Cidr): boolean {
  return cidr.family === 4 && cidr.prefix === deleted.prefix && contains(deleted, cidr.address);
}
