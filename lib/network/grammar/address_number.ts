// What is the number of an address, and which address has a number: for subnets, ranges and ordinals.
import ipaddr from "ipaddr.js";
import { type Cidr, type Family, hostPrefix, type Ip } from "./address.ts";

/** Addresses that follow each other, both ends included, of one family; in canonical text. */
export interface AddressRange {
  readonly family: Family;
  readonly first: string;
  readonly last: string;
}

/** The same as numbers. */
export interface NumberRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** The address as an unsigned number of 32 or 128 bits. The text must be that of an address. */
export function numberOf(address: string): bigint {
  return ipaddr.parse(address).toByteArray().reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

/** The address with this number, in canonical text; undefined when the family has no such number. */
export function addressAt(number: bigint, family: Family): string | undefined {
  const bits = hostPrefix(family);
  if (number < 0n || number >> BigInt(bits) !== 0n) return undefined;
  const octets = Array.from(
    { length: bits / 8 },
    (_, at) => Number((number >> BigInt(bits - 8 - 8 * at)) & 255n),
  );
  const ip = ipaddr.fromByteArray(octets);
  return "parts" in ip ? ip.toRFC5952String() : ip.toString();
}

/** First and last number of the subnet. */
export function boundsOf(subnet: Cidr): NumberRange {
  const host = BigInt(hostPrefix(subnet.family) - subnet.prefix);
  const first = (numberOf(subnet.address) >> host) << host;
  return { first, last: first + (1n << host) - 1n };
}

/**
 * The numbers that hosts may have: without network and broadcast address, where the subnet is large enough to have them
 * (RFC 3021 for /31). The first one of an IPv6 subnet is that of its routers (RFC 4291).
 */
export function hostBoundsOf(subnet: Cidr): NumberRange {
  const { first, last } = boundsOf(subnet);
  if (last - first < 2n) return { first, last };
  return { first: first + 1n, last: subnet.family === 4 ? last - 1n : last };
}

/** The range as numbers. */
export function numbersOf({ first, last }: Pick<AddressRange, "first" | "last">): NumberRange {
  return { first: numberOf(first), last: numberOf(last) };
}

/** Whether addresses of the subnet are among the ranges (none: all are), and not all of them are kept back. */
export function reachesInto(
  { ranges, kept }: { readonly ranges: readonly AddressRange[]; readonly kept: readonly AddressRange[] },
  subnet: Cidr,
): boolean {
  const { first, last } = boundsOf(subnet);
  const isAmong = ranges.map(numbersOf).some((range) => range.first <= last && range.last >= first);
  const isKept = kept.map(numbersOf).some((range) => range.first <= first && range.last >= last);
  return (isAmong || ranges.length === 0) && !isKept;
}

/** Whether the address is one of the range. */
export function isWithin({ address }: Pick<Ip, "address">, { first, last }: NumberRange): boolean {
  const number = numberOf(address);
  return number >= first && number <= last;
}
