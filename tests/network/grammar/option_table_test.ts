// The value of each option: what it reads into, and what is said of what it does not read.
import assert from "node:assert/strict";
import { cidrs } from "../../overlay/plan/worlds.ts";
import { readValue } from "../../../lib/network/grammar/option_set.ts";
import type { OptionName, OptionSet } from "../../../lib/network/grammar/option_table.ts";

/** A value and what it reads into. */
export interface Row {
  readonly option: OptionName;
  readonly it: string;
  readonly text: string;
  readonly gives?: OptionSet;
  readonly fault?: string;
}

const noId = "expected a decimal number from 1 to 16777215, without leading zeros";
const noPort = "expected a decimal number from 1 to 65535, without leading zeros";
const noMtu = "expected a decimal number from 68 to 65535, without leading zeros";
const noRoute = "expected SUBNET:GATEWAY with the subnet's prefix length, such as 192.0.2.0/24:198.51.100.1";
const badNamespaces = "is no name of a namespace: expected names separated by commas, or * for all";

/** Also tried through the policies of deploy/validation, on a real API server. */
export const cases: readonly Row[] = [
  { option: "ip", it: "none", text: "none", gives: { ip: [{ kind: "none" }] } },
  {
    option: "ip",
    it: "counted from the ordinal",
    text: "192.168.10.10/24+ordinal",
    gives: { ip: [{ kind: "ordinal", base: { family: 4, address: "192.168.10.10", prefix: 24 } }] },
  },
  {
    option: "ip",
    it: "counted, IPv6",
    text: "FD00::10/64+ordinal",
    gives: { ip: [{ kind: "ordinal", base: { family: 6, address: "fd00::10", prefix: 64 } }] },
  },
  {
    option: "ip",
    it: "counted, half of all addresses",
    text: "10.0.0.1/1+ordinal",
    gives: { ip: [{ kind: "ordinal", base: { family: 4, address: "10.0.0.1", prefix: 1 } }] },
  },
  {
    option: "ip",
    it: "counted, without prefix length",
    text: "10.0.0.1+ordinal",
    fault: "expected an address with prefix length, such as 192.0.2.1/24",
  },
  {
    option: "ip",
    it: "something else added",
    text: "10.0.0.1/24+5",
    fault: "expected +ordinal and nothing else behind the prefix length, such as 192.0.2.10/24+ordinal",
  },
  {
    option: "subnet",
    it: "a subnet",
    text: "192.168.10.0/24",
    gives: { subnet: [{ family: 4, address: "192.168.10.0", prefix: 24 }] },
  },
  {
    option: "subnet",
    it: "host bits",
    text: "192.168.10.1/24",
    fault: "it has host bits set; the subnet is 192.168.10.0/24",
  },
  {
    option: "subnet",
    it: "too large",
    text: "0.0.0.0/0",
    fault: "it is too large to be that of a network: expected a prefix length of 8 or more",
  },
  {
    option: "subnet",
    it: "link-local",
    text: "fe80::/64",
    fault: "kernels give themselves link-local addresses: expected another subnet, such as fd00:10::/64",
  },
  {
    option: "subnet",
    it: "with link-local addresses in it",
    text: "fe00::/8",
    fault: "kernels give themselves link-local addresses: expected another subnet, such as fd00:10::/64",
  },
  {
    option: "subnet",
    it: "with loopback and IPv4-compatible addresses in it",
    text: "::/64",
    fault: "expected another subnet, such as fd00:10::/64",
  },
  {
    option: "subnet",
    it: "multicast",
    text: "ff00::/8",
    fault: "a member cannot have a multicast address",
  },
  {
    option: "subnet",
    it: "loopback",
    text: "127.1.0.0/16",
    fault: "a member cannot have a loopback address",
  },
  {
    option: "range",
    it: "a range",
    text: "10.0.0.10-10.0.0.20",
    gives: { range: [[{ family: 4, first: "10.0.0.10", last: "10.0.0.20" }]] },
  },
  {
    option: "range",
    it: "backwards",
    text: "10.0.0.20-10.0.0.10",
    fault: "its first address is behind its last one: expected FIRST-LAST",
  },
  {
    option: "range",
    it: "two families",
    text: "10.0.0.1-fd00::1",
    fault: "expected two addresses of one family",
  },
  {
    option: "range",
    it: "one address",
    text: "10.0.0.1",
    fault: "expected FIRST-LAST, such as 192.0.2.10-192.0.2.99",
  },
  {
    option: "exclude",
    it: "an address, a range, a subnet",
    text: "10.0.0.5,10.0.0.7-10.0.0.9,10.0.0.16/30",
    gives: {
      exclude: [[
        { family: 4, first: "10.0.0.5", last: "10.0.0.5" },
        { family: 4, first: "10.0.0.7", last: "10.0.0.9" },
        { family: 4, first: "10.0.0.16", last: "10.0.0.19" },
      ]],
    },
  },
  {
    option: "exclude",
    it: "one that is none",
    text: "10.0.0.5,x",
    fault: '"x": expected an IPv4 address such as 192.0.2.1 or an IPv6 address such as 2001:db8::1',
  },
  { option: "type", it: "vxlan", text: "vxlan", gives: { type: "vxlan" } },
  { option: "type", it: "another", text: "vlan", fault: "expected vxlan, the only type there is" },
  { option: "id", it: "smallest", text: "1", gives: { id: 1 } },
  { option: "id", it: "largest", text: "16777215", gives: { id: 16777215 } },
  { option: "id", it: "zero", text: "0", fault: noId },
  { option: "id", it: "24 bits and more", text: "16777216", fault: noId },
  { option: "id", it: "a leading zero (iproute2: octal 101)", text: "0145", fault: noId },
  { option: "id", it: "hexadecimal", text: "0x91", fault: noId },
  { option: "id", it: "a sign", text: "+5", fault: noId },
  { option: "id", it: "negative", text: "-1", fault: noId },
  { option: "id", it: "an exponent", text: "1e3", fault: noId },
  { option: "id", it: "a fraction", text: "1.0", fault: noId },
  { option: "id", it: "a number that would wrap round", text: "4294968296", fault: noId },
  { option: "id", it: "other digits", text: "１２", fault: noId },
  { option: "name", it: "a name", text: "storage", gives: { name: "storage" } },
  {
    option: "name",
    it: "too long",
    text: "a-name-of-sixteen",
    fault: "it has 17 characters: expected at most 15",
  },
  {
    option: "name",
    it: "a reserved word",
    text: "all",
    fault: "it is a reserved word: expected a name that is no keyword of ip or bridge",
  },
  { option: "dev", it: "a device", text: "tun0", gives: { dev: "tun0" } },
  { option: "dev", it: "any device", text: "lo", gives: { dev: "lo" } },
  {
    option: "dev",
    it: "no name",
    text: "-4",
    fault: 'expected a name that begins with a letter and goes on with letters, digits, "_", "." or "-"',
  },
  { option: "up", it: "true", text: "true", gives: { up: true } },
  { option: "up", it: "false", text: "false", gives: { up: false } },
  { option: "up", it: "yes", text: "yes", fault: "expected true or false" },
  {
    option: "ip",
    it: "an address with length",
    text: "192.168.11.2/29",
    gives: { ip: [{ kind: "address", cidr: { family: 4, address: "192.168.11.2", prefix: 29 } }] },
  },
  {
    option: "ip",
    it: "in half of everything",
    text: "10.0.0.1/1",
    gives: { ip: [{ kind: "address", cidr: { family: 4, address: "10.0.0.1", prefix: 1 } }] },
  },
  {
    option: "ip",
    it: "in a quarter of everything",
    text: "10.0.0.1/2",
    gives: { ip: [{ kind: "address", cidr: { family: 4, address: "10.0.0.1", prefix: 2 } }] },
  },
  {
    option: "ip",
    it: "no length",
    text: "10.0.0.1",
    fault: "expected an address with prefix length, such as 192.0.2.1/24",
  },
  {
    option: "route",
    it: "IPv4",
    text: "192.168.12.0/29:192.168.11.1",
    gives: {
      route: [{ subnet: { family: 4, address: "192.168.12.0", prefix: 29 }, gateway: "192.168.11.1" }],
    },
  },
  {
    option: "route",
    it: "IPv6: up to the colon after the length is the subnet",
    text: "2001:db8:1::/64:FD00::1",
    gives: { route: [{ subnet: { family: 6, address: "2001:db8:1::", prefix: 64 }, gateway: "fd00::1" }] },
  },
  ...[
    ["everything", "0.0.0.0/0", "10.0.0.1"],
    ["the lower half of everything", "0.0.0.0/1", "10.0.0.1"],
    ["the upper half of everything", "128.0.0.0/1", "10.0.0.1"],
    ["everything of IPv6", "::/0", "fd00::1"],
    ["the lower half of IPv6", "::/1", "fd00::1"],
    ["the upper half of IPv6", "8000::/1", "fd00::1"],
  ].map(([it = "", subnet = "", gateway = ""]) => ({
    option: "route" as const,
    it,
    text: `${subnet}:${gateway}`,
    gives: { route: cidrs(subnet).map((cidr) => ({ subnet: cidr, gateway })) },
  })),
  ...[
    ["on the link", "192.168.12.0/29"],
    ["multicast groups", "224.0.0.0/4"],
    ["one multicast group", "239.1.2.3/32"],
    ["broadcast", "255.255.255.255/32"],
    ["multicast groups of IPv6", "ff00::/8"],
  ].map(([it = "", text = ""]) => ({
    option: "route" as const,
    it,
    text,
    gives: { route: cidrs(text).map((subnet) => ({ subnet })) },
  })),
  {
    option: "route",
    it: "multicast groups through a gateway",
    text: "224.0.0.0/4:10.0.0.1",
    fault: 'subnet "224.0.0.0/4": a route cannot lead to a multicast address',
  },
  {
    option: "route",
    it: "everything on the link",
    text: "0.0.0.0/0",
    fault: "everything cannot be on the link: expected 0.0.0.0/0:GATEWAY, or gateway=GATEWAY",
  },
  {
    option: "route",
    it: "host bits in multicast",
    text: "224.0.0.1/4",
    fault: 'subnet "224.0.0.1/4": it has host bits set; the subnet is 224.0.0.0/4',
  },
  {
    option: "route",
    it: "loopback on the link",
    text: "127.0.0.0/8",
    fault: 'subnet "127.0.0.0/8": a route cannot lead to a loopback address',
  },
  {
    option: "gateway",
    it: "an address",
    text: "10.1.0.1",
    gives: { gateway: [{ family: 4, address: "10.1.0.1" }] },
  },
  { option: "gateway", it: "none", text: "none", gives: { gateway: ["none"] } },
  {
    option: "gateway",
    it: "a multicast address",
    text: "224.0.0.1",
    fault: "expected the address of one host, not a multicast address",
  },
  {
    option: "except",
    it: "subnets and a host",
    text: "10.96.0.0/12,fd00::/8,192.0.2.7",
    gives: { except: [cidrs("10.96.0.0/12", "fd00::/8", "192.0.2.7/32")] },
  },
  {
    option: "except",
    it: "host bits",
    text: "10.96.0.0/12,10.1.0.1/16",
    fault: '"10.1.0.1/16": it has host bits set; the subnet is 10.1.0.0/16',
  },
  {
    option: "except",
    it: "everything",
    text: "0.0.0.0/0",
    fault: '"0.0.0.0/0" is everything: leave out gateway=… instead',
  },
  {
    option: "peer",
    it: "an address",
    text: "203.0.113.7",
    gives: { peer: [{ family: 4, address: "203.0.113.7" }] },
  },
  {
    option: "route",
    it: "a quarter of everything: whether pods are in it is seen in the pod",
    text: "64.0.0.0/2:10.0.0.1",
    gives: { route: [{ subnet: { family: 4, address: "64.0.0.0", prefix: 2 }, gateway: "10.0.0.1" }] },
  },
  { option: "route", it: "no length", text: "192.168.12.0:192.168.11.1", fault: noRoute },
  { option: "route", it: "via", text: "default", fault: noRoute },
  {
    option: "route",
    it: "an empty gateway",
    text: "10.0.0.0/8:",
    fault: 'gateway "": expected an IPv4 address such as 192.0.2.1 or an IPv6 address such as 2001:db8::1',
  },
  {
    option: "route",
    it: "host bits",
    text: "192.168.12.9/29:192.168.11.1",
    fault: 'subnet "192.168.12.9/29": it has host bits set; the subnet is 192.168.12.8/29',
  },
  {
    option: "route",
    it: "a gateway of the other family",
    text: "2001:db8::/64:10.0.0.1",
    fault: "the subnet is IPv6 and the gateway IPv4: expected both of one family",
  },
  {
    option: "route",
    it: "a gateway that is no host",
    text: "10.0.0.0/8:0.0.0.0",
    fault: 'gateway "0.0.0.0": expected the address of one host, not the unspecified address',
  },
  {
    option: "route",
    it: "a gateway with a length",
    text: "10.0.0.0/8:10.0.0.1/8",
    fault:
      'gateway "10.0.0.1/8": expected an IPv4 address such as 192.0.2.1 or an IPv6 address such as 2001:db8::1',
  },
  { option: "mtu", it: "smallest", text: "68", gives: { mtu: 68 } },
  { option: "mtu", it: "largest", text: "65535", gives: { mtu: 65535 } },
  { option: "mtu", it: "too small", text: "67", fault: noMtu },
  { option: "mtu", it: "too large", text: "65536", fault: noMtu },
  { option: "dstport", it: "IANA's", text: "4789", gives: { dstport: 4789 } },
  { option: "dstport", it: "zero", text: "0", fault: noPort },
  { option: "dstport", it: "too large", text: "65536", fault: noPort },
  { option: "mac", it: "a MAC address", text: "02:00:00:00:00:0A", gives: { mac: "02:00:00:00:00:0a" } },
  {
    option: "mac",
    it: "no MAC address",
    text: "02:00",
    fault: "expected six octets in hexadecimal, such as 02:00:00:00:00:01",
  },
  { option: "family", it: "IPv4", text: "4", gives: { family: 4 } },
  { option: "family", it: "IPv6", text: "6", gives: { family: 6 } },
  { option: "family", it: "a word", text: "ipv6", fault: "expected 4 or 6" },
  { option: "namespaces", it: "sorted, each once", text: "web,db,web", gives: { namespaces: ["db", "web"] } },
  { option: "namespaces", it: "all", text: "*", gives: { namespaces: ["*"] } },
  { option: "namespaces", it: "a pattern", text: "web-*", fault: `"web-*" ${badNamespaces}` },
  { option: "namespaces", it: "an empty one", text: "web,", fault: `"" ${badNamespaces}` },
  { option: "namespaces", it: "upper case", text: "Web", fault: `"Web" ${badNamespaces}` },
  {
    option: "namespaces",
    it: "64 characters",
    text: "a".repeat(64),
    fault: `"${"a".repeat(64)}" ${badNamespaces}`,
  },
];

for (const { option, it, text, gives, fault } of cases) {
  Deno.test(`readValue ${option}: ${it}`, () => {
    const expected = fault === undefined ? { kind: "value", value: gives } : { kind: "fault", reason: fault };
    assert.deepEqual(readValue(option, text), expected);
  });
}
