// Is this text an IP address or subnet, and how is it written canonically: strict, because the kernel's tools
// are not.
import ipaddr from "ipaddr.js";
import type { Cidr, Family } from "../network.ts";

/** An address in canonical text (IPv6 as RFC 5952). */
export interface Ip {
  readonly family: Family;
  readonly address: string;
}

const dottedQuad = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const ipv6Characters = /^[0-9A-Fa-f:.]{2,45}$/;

/** Reads an address; undefined when it is none (`10.1`, octal numbers and zones such as `%eth0` are none). */
export function parseIp(text: string): Ip | undefined {
  if (dottedQuad.test(text)) return { family: 4, address: text };
  if (!ipv6Characters.test(text) || !ipaddr.IPv6.isValid(text)) return undefined;
  return { family: 6, address: ipaddr.IPv6.parse(text).toRFC5952String() };
}

/** Reads `address/length`; host bits are kept. Undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash));
  const length = slash < 0 ? "" : text.slice(slash + 1);
  if (ip === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefix = Number(length);
  return prefix > hostPrefix(ip.family) ? undefined : { ...ip, prefix };
}

/** Length of the prefix that means one host. */
export function hostPrefix(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** Whether the address lies in the subnet (of which only the first `prefix` bits count). */
export function contains(subnet: Cidr, address: string): boolean {
  const ip = parseIp(address);
  if (ip === undefined || ip.family !== subnet.family) return false;
  return ipaddr.parse(ip.address).match(ipaddr.parse(subnet.address), subnet.prefix);
}
