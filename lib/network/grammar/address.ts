// Is this text an address, an address with prefix length, a subnet or a MAC, and what is its one canonical form.
import ipaddr from "ipaddr.js";
import { fault, mapped, type Parsed, valueOf } from "./parsed.ts";

/** Reads the address of one host. */
export function parseAddress(text: string): Parsed<Ip> {
  const ip = parseUserIp(text);
  if (ip === undefined) {
    return fault("expected an IPv4 address such as 192.0.2.1 or an IPv6 address such as 2001:db8::1");
  }
  const misuse = misuseOf(ip);
  return misuse === undefined ? valueOf(ip) : fault(`expected the address of one host, not ${misuse}`);
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
    address: host.value.address,
    prefix,
  }));
}

/** As `parseSubnet`, and multicast groups and the broadcast address, to which a route without a gateway may lead. */
export function parseDestination(text: string): Parsed<Cidr> {
  const cidr = text.includes(":") && text.includes(".") ? undefined : readCidr(text);
  const subnet = cidr === undefined ? undefined : subnetOf(cidr);
  if (cidr === undefined || subnet?.address !== cidr.address) return parseSubnet(text);
  return isMulticast(cidr) || cidrText(cidr) === "255.255.255.255/32" ? valueOf(cidr) : parseSubnet(text);
}

/**
 * Reads the destination of a route, or what is used otherwise (`use` ends with a verb): no host bits, not within loopback,
 * multicast and the like. `/0` is fine.
 */
export function parseSubnet(text: string, use = "a route cannot lead to"): Parsed<Cidr> {
  const [address, length] = splitCidr(text);
  if (length === undefined) return fault("expected a subnet with prefix length, such as 192.0.2.0/24");
  const ip = parseUserIp(address);
  if (ip === undefined) return fault("expected a subnet such as 192.0.2.0/24 or 2001:db8::/64");
  const prefix = prefixLength(length, { from: 0, family: ip.family });
  if (prefix.kind === "fault") return prefix;
  const subnet = subnetOf({ ...ip, prefix: prefix.value });
  if (subnet.address !== ip.address) return fault(`it has host bits set; the subnet is ${cidrText(subnet)}`);
  const misuse = misuseOf(subnet);
  if (misuse !== undefined && !isWide(subnet)) return fault(`${use} ${misuse}`);
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
export function subnetOf({ family, address, prefix }: Cidr): Cidr {
  const octets = ipaddr.parse(address).toByteArray().map((octet, at) => {
    const kept = Math.min(8, Math.max(0, prefix - 8 * at));
    return octet & (0xff00 >> kept) & 0xff;
  });
  return { family, address: textOf(ipaddr.fromByteArray(octets)), prefix };
}

/** An address in canonical text (IPv6 as RFC 5952). */
export interface Ip {
  readonly family: Family;
  readonly address: string;
}

const dottedQuad = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const ipv6Characters = /^[0-9A-Fa-f:.]{2,45}$/;

/**
 * Reads an address; undefined when it is none. Stricter than ipaddr.js, which takes `10.1` and octal `010.0.0.1` as
 * `inet_aton` does; zones such as `%eth0` are refused too.
 */
export function parseIp(text: string): Ip | undefined {
  if (dottedQuad.test(text)) return { family: 4, address: text };
  const { known: all, most } = text.startsWith("fe80:") ? linkLocals : others;
  const known = all.get(text);
  if (known !== undefined) return { family: 6, address: known };
  if (!ipv6Characters.test(text) || !ipaddr.IPv6.isValid(text)) return undefined;
  const canonical = ipaddr.IPv6.parse(text).toRFC5952String();
  // Mostly it is the same text, which need not be kept twice.
  const address = canonical === text ? text : canonical;
  if (all.size >= most) all.clear();
  all.set(text, address);
  return { family: 6, address };
}

/**
 * Pod IPs come again in every line that is written and read, and to read one takes ten times as long as for IPv4. Link-local
 * addresses come again as neighbours only, and every pod has some.
 */
const others = { known: new Map<string, string>(), most: 20_000 };
const linkLocals = { known: new Map<string, string>(), most: 4_000 };

/** Reads `address/length` as a kernel's tool prints it; host bits are kept. Undefined when it is none. */
export function readCidr(text: string): Cidr | undefined {
  const [address, length = ""] = splitCidr(text);
  const ip = parseIp(address);
  if (ip === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefix = Number(length);
  return prefix > hostPrefix(ip.family) ? undefined : { ...ip, prefix };
}

/** The address in the text of one with its prefix length. */
export function addressOf(cidr: string): string {
  return splitCidr(cidr)[0];
}

/** Of the text of an address or subnet. */
export function familyOf(text: string): Family {
  return text.includes(":") ? 6 : 4;
}

/** Length of the prefix that means one host. */
export function hostPrefix(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** IPv6 addresses that are told apart by their device. */
export const linkLocal: Cidr = { family: 6, address: "fe80::", prefix: 10 };

/** Whether the address lies in the subnet (of which only the first `prefix` bits count). */
export function contains(subnet: Cidr, address: string): boolean {
  const ip = parseIp(address);
  if (ip === undefined || ip.family !== subnet.family) return false;
  return ipaddr.parse(ip.address).match(ipaddr.parse(subnet.address), subnet.prefix);
}

/** What users may write: no dotted tail in IPv6, which has its own ways to say the same. */
function parseUserIp(text: string): Ip | undefined {
  return text.includes(":") && text.includes(".") ? undefined : parseIp(text);
}

function textOf(ip: ipaddr.IPv4 | ipaddr.IPv6): string {
  return "parts" in ip ? ip.toRFC5952String() : ip.toString();
}

/** What an address is when it is not that of one host; undefined when it may be. */
function misuseOf({ address }: Pick<Ip, "address">): string | undefined {
  const ip = ipaddr.parse(address);
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
  const to = hostPrefix(range.family);
  const length = /^(0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : Number.NaN;
  return length >= range.from && length <= to
    ? valueOf(length)
    : fault(`expected a prefix length from ${range.from} to ${to} for IPv${range.family}`);
}

/** The family of the pod IPs that carry a network. */
export type Family = 4 | 6;

/** An IP address with its prefix length, in canonical text (IPv6 as RFC 5952). */
export interface Cidr {
  readonly family: Family;
  readonly address: string;
  readonly prefix: number;
}

/** A route through an interface: destination subnet (no host bits set) and gateway, of one family. */
export interface Route {
  readonly subnet: Cidr;
  /** Absent: what is in the subnet is on the link itself, as multicast groups are. */
  readonly gateway?: string;
}

/** `192.0.2.0/24:192.0.2.1`, or the subnet alone: the form in which users write a route. */
export function routeText({ subnet, gateway }: Route): string {
  return gateway === undefined ? cidrText(subnet) : `${cidrText(subnet)}:${gateway}`;
}

/** Multicast groups. No peer and no gateway is in there. */
export function isMulticast(subnet: Cidr): boolean {
  return multicast.some((range) => range.prefix <= subnet.prefix && contains(range, subnet.address));
}

const multicast: readonly Cidr[] = [
  { family: 4, address: "224.0.0.0", prefix: 4 },
  { family: 6, address: "ff00::", prefix: 8 },
];

/** `192.0.2.1/24`, the form `ip` and people write. */
export function cidrText(cidr: Cidr): string {
  return `${cidr.address}/${cidr.prefix}`;
}

/** Far more than people write: thousands in a hostile text are not even read. */
const mostNamed = 1_000;

/** Canonical IPs that a text names in whatever way: those that one which cannot be read may mean. */
export function addressesNamedIn(text: string): readonly string[] {
  const words = (text.match(/[\da-f:.]{2,45}/gi) ?? []).filter((word) => /[:.]/.test(word));
  return words.slice(0, mostNamed).flatMap((word) => parseIp(word.replace(/^:(?!:)/, ""))?.address ?? []);
}
