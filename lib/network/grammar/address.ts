// Is this text an address, an address with prefix length, a subnet or a MAC, and what is its one canonical form.
import ipaddr from "ipaddr.js";
import { cidrText } from "../network.ts";
import type { Cidr, Family } from "../network.ts";
import { fault, mapped, type Parsed, valueOf } from "./parsed.ts";

/** An IP address of one host, in the text that iproute2 prints (IPv6 as RFC 5952). */
export interface Address {
  readonly family: Family;
  readonly text: string;
}

/**
 * Reads a unicast address. Stricter than ipaddr.js, which takes `10.1` and octal `010.0.0.1` as `inet_aton` does:
 * dotted quads without leading zeros, IPv6 without zone and without a dotted tail.
 */
export function parseAddress(text: string): Parsed<Address> {
  const ip = parseIp(text);
  if (ip === undefined) {
    return fault("expected an IPv4 address such as 192.0.2.1 or an IPv6 address such as 2001:db8::1");
  }
  const misuse = misuseOf(ip);
  if (misuse !== undefined) return fault(`expected the address of one host, not ${misuse}`);
  return valueOf({ family: familyOf(ip), text: textOf(ip) });
}

/** Reads the address of an interface with its prefix length, 1 to 32 or 128. */
export function parseCidr(text: string): Parsed<Cidr> {
  const [address, length] = splitCidr(text);
  if (length === undefined) return fault("expected an address with prefix length, such as 192.0.2.1/24");
  const host = parseAddress(address);
  if (host.kind === "fault") return host;
  // Length 0 would claim that the whole Internet is on the link.
  return mapped(prefixLength(length, { from: 1, family: host.value.family }), (prefix) => ({
    family: host.value.family,
    address: host.value.text,
    prefix,
  }));
}

/** Reads the destination of a route: no host bits, not within loopback, multicast and the like. `/0` is fine. */
export function parseSubnet(text: string): Parsed<Cidr> {
  const [address, length] = splitCidr(text);
  if (length === undefined) return fault("expected a subnet with prefix length, such as 192.0.2.0/24");
  const ip = parseIp(address);
  if (ip === undefined) return fault("expected a subnet such as 192.0.2.0/24 or 2001:db8::/64");
  const prefix = prefixLength(length, { from: 0, family: familyOf(ip) });
  if (prefix.kind === "fault") return prefix;
  const network = withoutHostBits(ip, prefix.value);
  const subnet: Cidr = { family: familyOf(ip), address: textOf(network), prefix: prefix.value };
  if (textOf(network) !== textOf(ip)) return fault(`it has host bits set; the subnet is ${cidrText(subnet)}`);
  const misuse = misuseOf(network);
  if (misuse !== undefined && !isWide(subnet)) return fault(`a route cannot lead to ${misuse}`);
  return valueOf(subnet);
}

/** Reads the MAC address of one interface: six octets, unicast, not zero. Canonical: lower case. */
export function parseMac(text: string): Parsed<string> {
  if (!/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/.test(text)) {
    return fault("expected six octets in hexadecimal, such as 02:00:00:00:00:01");
  }
  const mac = text.toLowerCase();
  if (mac === "00:00:00:00:00:00") return fault("expected a MAC address that is not zero");
  const isGroup = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  return isGroup ? fault("expected a unicast MAC address: its first octet must be even") : valueOf(mac);
}

/** The subnet that an interface with this address is in. */
export function subnetOf(cidr: Cidr): Cidr {
  const network = withoutHostBits(ipaddr.parse(cidr.address), cidr.prefix);
  return { family: cidr.family, address: textOf(network), prefix: cidr.prefix };
}

type Ip = ipaddr.IPv4 | ipaddr.IPv6;

function parseIp(text: string): Ip | undefined {
  if (/^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}$/.test(text)) {
    return ipaddr.IPv4.isValid(text) ? ipaddr.IPv4.parse(text) : undefined;
  }
  if (!/^[0-9A-Fa-f:]{2,39}$/.test(text) || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text);
}

function familyOf(ip: Ip): Family {
  return ip.kind() === "ipv4" ? 4 : 6;
}

function textOf(ip: Ip): string {
  return "parts" in ip ? ip.toRFC5952String() : ip.toString();
}

/** What an address is when it is not that of one host; undefined when it may be. */
function misuseOf(ip: Ip): string | undefined {
  const range = ip.range();
  if (range === "unspecified") return "the unspecified address";
  if (range === "loopback") return "a loopback address";
  if (range === "multicast") return "a multicast address";
  if (range === "broadcast") return "the broadcast address";
  if (range === "ipv4Mapped") return "an IPv4-mapped IPv6 address; write the IPv4 address itself";
  // ::/96 was deprecated by RFC 4291, and iproute2 prints it with a dotted tail: it would never compare equal.
  if ("parts" in ip && ip.parts.slice(0, 6).every((part) => part === 0)) {
    return "an IPv4-compatible IPv6 address";
  }
  return undefined;
}

/** A subnet that only begins in the unspecified range, such as the default route. */
function isWide(subnet: Cidr): boolean {
  if (subnet.family === 4) return subnet.address === "0.0.0.0" && subnet.prefix < 8;
  return subnet.address === "::" && subnet.prefix < 96;
}

function splitCidr(text: string): readonly [address: string, length: string | undefined] {
  const slash = text.indexOf("/");
  return slash < 0 ? [text, undefined] : [text.slice(0, slash), text.slice(slash + 1)];
}

function prefixLength(
  text: string,
  range: { readonly from: number; readonly family: Family },
): Parsed<number> {
  const to = range.family === 4 ? 32 : 128;
  const length = /^(0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : Number.NaN;
  return length >= range.from && length <= to
    ? valueOf(length)
    : fault(`expected a prefix length from ${range.from} to ${to} for IPv${range.family}`);
}

function withoutHostBits(ip: Ip, prefix: number): Ip {
  const octets = ip.toByteArray().map((octet, at) => {
    const kept = Math.min(8, Math.max(0, prefix - 8 * at));
    return octet & (0xff00 >> kept) & 0xff;
  });
  return ipaddr.fromByteArray(octets);
}
