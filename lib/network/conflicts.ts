// Which of a pod's networks exclude each other, because the kernel would refuse or confuse the second.
import { type Cidr, cidrText, contains, linkLocal, subnetOf } from "./grammar/address.ts";
import { reachesInto } from "./grammar/address_number.ts";
import { type Network, ownRoutes } from "./network.ts";
import type { PoolSubnet } from "./pool.ts";

/** What the networks that stand have taken, each with the name of the network that has it. */
export interface Claims {
  readonly interfaceNames: Map<string, string>;
  readonly segments: Map<string, string>;
  readonly addresses: Map<string, string>;
  readonly routes: Map<string, string>;
  /** Subnets that the kernel routes by itself because an address is in them. IPv4 only, see `routeConflicts`. */
  readonly connected: Map<string, string>;
  /** Subnets in which it has addresses, or may be given some. */
  readonly links: LinkedSubnet[];
}

/** A subnet behind one interface, and which of its addresses may be there. */
interface LinkedSubnet extends PoolSubnet {
  readonly network: string;
  /** The network's pool chooses; else the pod's author has. */
  readonly pooled: boolean;
}

/** Nothing taken yet. */
export function noClaims(): Claims {
  const none = (): Map<string, string> => new Map();
  return {
    interfaceNames: none(),
    segments: none(),
    addresses: none(),
    routes: none(),
    connected: none(),
    links: [],
  };
}

/**
 * Takes what the network needs, or says why it cannot: one clause for each conflict with a network that stands, or
 * within itself. With a conflict nothing is taken, so that networks after it are judged as if it were not there.
 */
export function claim(network: Network, claims: Claims): readonly string[] {
  const own = noClaims();
  const conflicts = [
    ...interfaceConflicts(network, claims),
    ...addressConflicts(network, { claims, own }),
    ...routeConflicts(network, { claims, own }),
    ...linkConflicts(network, { claims, own }),
  ];
  if (conflicts.length > 0) return conflicts;
  claims.interfaceNames.set(network.interfaceName, network.name);
  claims.segments.set(vxlanKey(network), network.name);
  addAll(own.addresses, claims.addresses);
  addAll(own.routes, claims.routes);
  addAll(own.connected, claims.connected);
  claims.links.push(...own.links);
  return [];
}

function interfaceConflicts(network: Network, claims: Claims): readonly string[] {
  const conflicts: string[] = [];
  if (network.interfaceName === network.underlay) {
    conflicts.push(`interface ${network.interfaceName} cannot be made on itself: give name=… or dev=…`);
  }
  const named = claims.interfaceNames.get(network.interfaceName);
  if (named !== undefined) {
    conflicts.push(`interface ${network.interfaceName} is already that of network "${named}": give name=…`);
  }
  const sameVni = claims.segments.get(vxlanKey(network));
  if (sameVni !== undefined) {
    conflicts.push(
      `id ${network.vni} with port ${network.port} is already that of network "${sameVni}": ` +
        "a pod has one interface for each pair of id and dstport",
    );
  }
  return conflicts;
}

function addressConflicts(
  network: Network,
  taken: { readonly claims: Claims; readonly own: Claims },
): readonly string[] {
  return network.addresses.flatMap(({ address }) => {
    // A link-local address counts on its link only: gateways have fe80::1 on each.
    const others = isLinkLocal(address) ? undefined : taken.claims.addresses.get(address);
    const owner = others ?? taken.own.addresses.get(address);
    taken.own.addresses.set(address, network.name);
    return owner === undefined ? [] : [`address ${address} is already that of ${nameOf(owner, network)}`];
  });
}

function isLinkLocal(address: string): boolean {
  return contains(linkLocal, address);
}

/**
 * The kernel sends what is in a subnet out of one interface. Authors may know what they do with two in one subnet; a pool
 * does not, and would give the pod one address twice, or members that it cannot reach.
 */
function linkConflicts(
  { name, addresses, ...network }: Network,
  taken: { readonly claims: Claims; readonly own: Claims },
): readonly string[] {
  const own = addresses.filter(({ address }) => !isLinkLocal(address)).map((cidr) => {
    const { family, address } = cidr;
    const ranges = [{ family, first: address, last: address }];
    return { subnet: subnetOf(cidr), ranges, kept: [], network: name, pooled: false };
  });
  const pooled = pooledSubnets(network).map((each) => ({ ...each, network: name, pooled: true }));
  taken.own.links.push(...pooled, ...own);
  const clashes = taken.own.links.flatMap((one) =>
    taken.claims.links.filter((other) => (one.pooled || other.pooled) && clash(one, other)).map((other) =>
      `subnet ${cidrText(one.subnet)} of its ${one.pooled ? "pool" : "address"} overlaps ` +
      `${
        cidrText(other.subnet)
      } of network "${other.network}", and a pod reaches a subnet through one interface: ` +
      "give one of the networks another subnet=…, or write ip=none behind one of them"
    )
  );
  return clashes.slice(0, 1);
}

/** Two of one subnet, or the wider one may have members where the kernel looks behind the narrower one. */
function clash(one: LinkedSubnet, other: LinkedSubnet): boolean {
  const [wide, narrow] = one.subnet.prefix <= other.subnet.prefix ? [one, other] : [other, one];
  if (!contains(wide.subnet, narrow.subnet.address)) return false;
  return wide.subnet.prefix === narrow.subnet.prefix || reachesInto(wide, narrow.subnet);
}

/** Those from which the network's pool gives the pod addresses. */
function pooledSubnets({ pool }: Pick<Network, "pool">): readonly PoolSubnet[] {
  return pool?.asked === true ? pool.subnets : [];
}

/**
 * A destination has one route in a table. For IPv4 that includes the route which the kernel adds for the subnet of an
 * address: a second one is refused as "File exists". (The one for an IPv6 subnet has another metric and does not mind.)
 */
function routeConflicts(
  network: Network,
  taken: { readonly claims: Claims; readonly own: Claims },
): readonly string[] {
  const { claims, own } = taken;
  const onLink: readonly Cidr[] = [
    ...network.addresses,
    ...pooledSubnets(network).map(({ subnet }) => subnet),
  ];
  for (const address of onLink) {
    // A /32 is a local address without a subnet, and the kernel adds no route for it.
    if (address.family === 4 && address.prefix < 32) {
      own.connected.set(cidrText(subnetOf(address)), network.name);
    }
  }
  const conflicts = ownRoutes(network).flatMap((route) => {
    const subnet = cidrText(route.subnet);
    const routed = claims.routes.get(subnet) ?? own.routes.get(subnet);
    const connected = claims.connected.get(subnet) ?? own.connected.get(subnet);
    own.routes.set(subnet, network.name);
    if (routed !== undefined) return [`subnet ${subnet} is already routed by ${nameOf(routed, network)}`];
    if (connected === undefined) return [];
    return [`subnet ${subnet} needs no route: an address of ${nameOf(connected, network)} is in it`];
  });
  const crossed = [...own.connected.keys()].flatMap((subnet) => {
    const routed = claims.routes.get(subnet);
    return routed === undefined
      ? []
      : [`subnet ${subnet} of its address is already routed by network "${routed}"`];
  });
  return [...conflicts, ...crossed];
}

function nameOf(owner: string, network: Network): string {
  return owner === network.name ? "this network" : `network "${owner}"`;
}

/** What the kernel compares: a second device with the same VNI and port is refused, whatever its name. */
function vxlanKey(network: Network): string {
  return `${network.vni}/${network.port}`;
}

function addAll(from: ReadonlyMap<string, string>, to: Map<string, string>): void {
  for (const [key, value] of from) to.set(key, value);
}
