// Which addresses an interface gets and loses.
import { addressOf, type Cidr, cidrText, contains, readCidr } from "../../network/grammar/address.ts";
import type { KernelState } from "../observation.ts";
import { networkOfAlias, type WantedAddress, type WantedState } from "../wanted.ts";
import type { AddressSteps, KnownAddresses, StandingLink } from "./parts.ts";

/**
 * An address goes only if we know that we set it, or if it is an address that is wanted with another prefix
 * length (the kernel takes an IPv6 address only once, and the user has said which one it is).
 */
export function addressSteps({ wanted, link }: StandingLink, ours: KnownAddresses): AddressSteps {
  const { interfaceName } = wanted;
  const observed = link.addresses.flatMap((text) => readCidr(text) ?? []);
  const forms = new Map(wanted.addresses.map((cidr) => [cidrText(cidr), cidr.withoutRoute === true]));
  // Which addresses it is to have may be open: then it keeps what it has.
  const isOurs = (cidr: Cidr): boolean =>
    wanted.pool?.open !== true && ours.get(interfaceName)?.has(cidrText(cidr)) === true;
  const isUnwanted = (cidr: Cidr): boolean =>
    // The kernel does not change afterwards whether an IPv4 address comes with a route.
    forms.get(cidrText(cidr)) !== (link.withoutRoute?.includes(cidrText(cidr)) === true) &&
    (isOurs(cidr) || hasAddress(wanted.addresses, cidr));
  const remaining = observed.filter((cidr) =>
    !isUnwanted(cidr) && !isUnwanted(firstOfSubnet(cidr, observed))
  );
  const there = new Set(remaining.map(cidrText));
  // Those of others that the kernel takes along, as keepalived's: they were never ours to remove.
  const taken = observed.filter((cidr) =>
    !there.has(cidrText(cidr)) && !isUnwanted(cidr) && !forms.has(cidrText(cidr))
  )
    .map((cidr): WantedAddress =>
      link.withoutRoute?.includes(cidrText(cidr)) === true ? { ...cidr, withoutRoute: true } : cidr
    );
  // The last ones first: the first of a subnet would take them along.
  const leaving = observed.filter(isUnwanted).reverse();
  return {
    leaving,
    deletions: leaving.map((cidr) => ({ kind: "delete-address", interfaceName, cidr: cidrText(cidr) })),
    additions: [...wanted.addresses, ...taken]
      .filter((cidr) => !there.has(cidrText(cidr)))
      .map(({ withoutRoute, ...cidr }) => ({
        kind: "add-address",
        interfaceName,
        cidr: cidrText(cidr),
        family: cidr.family,
        ...(withoutRoute === true ? { withoutRoute } : {}),
      })),
    remaining,
  };
}

function hasAddress(cidrs: readonly Cidr[], { address }: Cidr): boolean {
  return cidrs.some((cidr) => cidr.address === address);
}

/**
 * With the first IPv4 address of a subnet the kernel removes the later ones too, unless it promotes them (a
 * sysctl). Setting them again does no harm in either case.
 */
function firstOfSubnet(cidr: Cidr, observed: readonly Cidr[]): Cidr {
  if (cidr.family === 6) return cidr;
  return observed.find((other) => other.prefix === cidr.prefix && contains(other, cidr.address)) ?? cidr;
}

/**
 * Only addresses that we set are ever removed: those that were ours, those that are wanted, and those that the pod shows as
 * set by us, which outlives a restart. While they are there.
 */
export function ourAddresses(
  known: KnownAddresses,
  { observed, wanted }: { readonly observed: Pick<KernelState, "links">; readonly wanted: WantedState },
): KnownAddresses {
  const asked = new Map(wanted.interfaces.map((each) => [each.interfaceName, each.addresses.map(cidrText)]));
  const ours = observed.links.flatMap(({ name, alias, addresses }): [string, ReadonlySet<string>][] => {
    const shown = wanted.shown?.get(networkOfAlias(alias, wanted.annotationKey) ?? "") ?? [];
    const ofBefore = addresses.filter((cidr) => shown.includes(addressOf(cidr)));
    const all = new Set([...known.get(name) ?? [], ...asked.get(name) ?? [], ...ofBefore]);
    return all.size === 0 ? [] : [[name, all.intersection(new Set(addresses))]];
  });
  return ours.length + known.size === 0 ? known : new Map(ours);
}
