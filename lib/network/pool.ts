// From which addresses may a network's members be given theirs: subnets, what of them, and what is kept back.
import { type Cidr, cidrText, contains } from "./grammar/address.ts";
import { type AddressRange, boundsOf, isWithin } from "./grammar/address_number.ts";
import { rangeText, subnetsText } from "./grammar/pool_words.ts";
import type { OptionSet } from "./grammar/option_table.ts";
import type { ProblemKind } from "./problem.ts";

/** One subnet of a pool. */
export interface PoolSubnet {
  readonly subnet: Cidr;
  /** Addresses outside are not given; absent: all of the subnet that hosts may have. */
  readonly ranges: readonly AddressRange[];
  /** Addresses that are not given, though in the range. */
  readonly kept: readonly AddressRange[];
}

/** A network's pool, as one pod uses it. */
export interface Pool {
  /** A member gets one address of each. Empty: nobody knows which they are at the moment. */
  readonly subnets: readonly PoolSubnet[];
  /** The pod has no `ip=` of its own for the network. */
  readonly asked: boolean;
  /** It has been given none (yet): what its interface has of addresses stays. */
  readonly open: boolean;
  /** Where nobody knows the subnets: what its interface had of addresses. It keeps these, and is given no others. */
  readonly there?: readonly string[];
}

/** What came of asking a pool. */
export type PoolAnswer =
  | { readonly kind: "given"; readonly addresses: readonly Cidr[]; readonly warning?: string }
  /** A clause for the end of a sentence. */
  | { readonly kind: "refused"; readonly problem: ProblemKind; readonly reason: string };

/** Ranges and exclusions of one pool: each of its members carries them. */
const mostRanges = 64;

/** Subnets of one pool: two families, and some more for a network that is moved. */
const mostSubnets = 4;

/** The subnets of a network's pool; none: it has no pool. Gateways of its routes are not given to members. */
export function poolSubnets(options: OptionSet): readonly PoolSubnet[] {
  const found = known.get(options) ?? subnetsOf(options);
  known.set(options, found);
  return found;
}

/** One for all members of a network, as long as nobody edits it. */
const known = new WeakMap<OptionSet, readonly PoolSubnet[]>();

function subnetsOf(
  { subnet: subnets = [], range = [], exclude = [], route = [], gateway = [] }: OptionSet,
): readonly PoolSubnet[] {
  const gateways = [
    ...route.flatMap(({ subnet: { family }, gateway: address }) =>
      address === undefined ? [] : [{ family, address }]
    ),
    ...gateway.flatMap((each) => each === "none" ? [] : [each]),
  ].map(({ family, address }) => ({ family, first: address, last: address }));
  return subnets.map((subnet) => ({
    subnet,
    ranges: range.flat().filter((each) => contains(subnet, each.first)),
    kept: [...exclude.flat(), ...gateways].filter((each) => contains(subnet, each.first)),
  }));
}

/** What is wrong with the options of a pool, taken together: clauses for the end of a sentence. */
export function poolFaults({ subnet: subnets = [], range = [], exclude = [] }: OptionSet): readonly string[] {
  const named = [
    ...range.flat().map((each) => [`range=${rangeText(each)}`, each] as const),
    ...exclude.flat().map((each) => [`exclude=${rangeText(each)}`, each] as const),
  ];
  const [first] = named;
  if (subnets.length === 0 && first !== undefined) {
    return [`${first[0]} needs a subnet=… that it is a part of`];
  }
  // What is compared with what is bounded first: thousands of each cost minutes.
  if (subnets.length > mostSubnets) {
    return [`it has ${subnets.length} subnets, expected at most ${mostSubnets}`];
  }
  if (named.length > mostRanges) {
    return [`it has ${named.length} ranges and exclusions, expected at most ${mostRanges}: join them`];
  }
  const strays = named.filter(([, each]) => !subnets.some((subnet) => isPart(each, subnet)));
  const overlapping = subnets.flatMap((one, at) =>
    subnets.slice(at + 1).filter((other) => overlap(one, other))
      .map((other) => `subnet=${cidrText(one)} and subnet=${cidrText(other)} overlap: keep one`)
  );
  return [
    ...overlapping,
    ...strays.slice(0, 3).map(([text]) => `${text} is not within ${subnetsText(subnets)}`),
  ];
}

function isPart({ family, first, last }: AddressRange, subnet: Cidr): boolean {
  const bounds = boundsOf(subnet);
  return family === subnet.family && isWithin({ address: first }, bounds) &&
    isWithin({ address: last }, bounds);
}

function overlap(one: Cidr, other: Cidr): boolean {
  return contains(one, other.address) || contains(other, one.address);
}
