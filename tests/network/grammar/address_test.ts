// Addresses, subnets and MACs: what is read, into which canonical text, and why the rest is not.
import fc from "fast-check";
import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import {
  cidrText,
  parseAddress,
  parseCidr,
  parseMac,
  parseSubnet,
  subnetOf,
} from "../../../lib/network/grammar/address.ts";
import { mapped, type Parsed } from "../../../lib/network/grammar/parsed.ts";
import { tries } from "../../tools/by_chance.ts";

const noAddress = "expected an IPv4 address such as 192.0.2.1 or an IPv6 address such as 2001:db8::1";
const noSubnet = "expected a subnet such as 192.0.2.0/24 or 2001:db8::/64";
const noMac = "expected six octets in hexadecimal, such as 02:00:00:00:00:01";

/** `gives` is the canonical text, `fault` the reason. */
interface Row {
  readonly it: string;
  readonly text: string;
  readonly gives?: string;
  readonly fault?: string;
}

const addresses: readonly Row[] = [
  { it: "IPv4", text: "192.0.2.1", gives: "192.0.2.1" },
  { it: "IPv4, highest octets", text: "223.255.255.254", gives: "223.255.255.254" },
  { it: "IPv4 with a leading zero (inet_aton: octal)", text: "10.0.0.010", fault: noAddress },
  { it: "IPv4 of two parts (inet_aton: 10.0.0.1)", text: "10.1", fault: noAddress },
  { it: "IPv4 as one number", text: "167772161", fault: noAddress },
  { it: "IPv4 in hexadecimal", text: "0x0a.0.0.1", fault: noAddress },
  { it: "IPv4 with an octet over 255", text: "10.0.0.256", fault: noAddress },
  { it: "IPv4 with five octets", text: "10.0.0.0.1", fault: noAddress },
  { it: "IPv4 in other digits", text: "１０.0.0.1", fault: noAddress },
  { it: "a line end behind it", text: "10.0.0.1\n", fault: noAddress },
  { it: "nothing", text: "", fault: noAddress },
  { it: "IPv6", text: "2001:db8::1", gives: "2001:db8::1" },
  {
    it: "IPv6 in upper case and full length",
    text: "2001:0DB8:0000:0000:0000:0000:0000:0001",
    gives: "2001:db8::1",
  },
  {
    it: "IPv6: the first of two equal runs is shortened",
    text: "2001:db8:0:0:1:0:0:1",
    gives: "2001:db8::1:0:0:1",
  },
  { it: "IPv6: a single zero is not shortened", text: "2001:db8::1:1:1:1:1", gives: "2001:db8:0:1:1:1:1:1" },
  { it: "IPv6 link-local", text: "fe80::1", gives: "fe80::1" },
  { it: "IPv6 with a zone", text: "fe80::1%eth0", fault: noAddress },
  { it: "IPv6 with a dotted tail", text: "64:ff9b::192.0.2.1", fault: noAddress },
  { it: "IPv6 in brackets", text: "[2001:db8::1]", fault: noAddress },
  { it: "IPv6 with two gaps", text: "1::2::3", fault: noAddress },
  { it: "IPv6 with a group of five digits", text: "2001:00db8::1", fault: noAddress },
  { it: "IPv6 with nine groups", text: "1:2:3:4:5:6:7:8:9", fault: noAddress },
  { it: "a name", text: "localhost", fault: noAddress },
  { it: "an option of ip", text: "-batch", fault: noAddress },
  {
    it: "unspecified IPv4",
    text: "0.0.0.0",
    fault: "expected the address of one host, not the unspecified address",
  },
  {
    it: "unspecified IPv6",
    text: "::",
    fault: "expected the address of one host, not the unspecified address",
  },
  {
    it: "loopback IPv4",
    text: "127.1.2.3",
    fault: "expected the address of one host, not a loopback address",
  },
  { it: "loopback IPv6", text: "::1", fault: "expected the address of one host, not a loopback address" },
  {
    it: "multicast IPv4",
    text: "239.1.1.1",
    fault: "expected the address of one host, not a multicast address",
  },
  {
    it: "multicast IPv6",
    text: "ff02::1",
    fault: "expected the address of one host, not a multicast address",
  },
  {
    it: "broadcast",
    text: "255.255.255.255",
    fault: "expected the address of one host, not the broadcast address",
  },
  {
    it: "IPv4-mapped",
    text: "::ffff:a00:1",
    fault: "expected the address of one host, not an IPv4-mapped IPv6 address; write the IPv4 address itself",
  },
  {
    it: "IPv4-compatible, which iproute2 prints as ::10.0.0.1",
    text: "::a00:1",
    fault: "expected the address of one host, not an IPv4-compatible IPv6 address",
  },
];

const cidrs: readonly Row[] = [
  { it: "IPv4", text: "192.168.11.2/29", gives: "192.168.11.2/29" },
  { it: "a single host", text: "192.168.11.2/32", gives: "192.168.11.2/32" },
  { it: "IPv6", text: "FD00:0::2/64", gives: "fd00::2/64" },
  {
    it: "no length",
    text: "192.168.11.2",
    fault: "expected an address with prefix length, such as 192.0.2.1/24",
  },
  { it: "an empty length", text: "192.168.11.2/", fault: "expected a prefix length from 1 to 32 for IPv4" },
  { it: "length 0", text: "192.168.11.2/0", fault: "expected a prefix length from 1 to 32 for IPv4" },
  { it: "length 33", text: "192.168.11.2/33", fault: "expected a prefix length from 1 to 32 for IPv4" },
  {
    it: "a length with a leading zero",
    text: "10.0.0.1/08",
    fault: "expected a prefix length from 1 to 32 for IPv4",
  },
  { it: "a netmask", text: "10.0.0.1/255.0.0.0", fault: "expected a prefix length from 1 to 32 for IPv4" },
  { it: "two lengths", text: "10.0.0.1/8/8", fault: "expected a prefix length from 1 to 32 for IPv4" },
  { it: "length 129", text: "fd00::1/129", fault: "expected a prefix length from 1 to 128 for IPv6" },
  { it: "no address", text: "/24", fault: noAddress },
  { it: "loopback", text: "127.0.0.1/8", fault: "expected the address of one host, not a loopback address" },
];

const subnets: readonly Row[] = [
  { it: "IPv4", text: "192.168.12.0/29", gives: "192.168.12.0/29" },
  { it: "one host", text: "192.168.12.1/32", gives: "192.168.12.1/32" },
  { it: "IPv6", text: "2001:DB8::/32", gives: "2001:db8::/32" },
  { it: "the default route", text: "0.0.0.0/0", gives: "0.0.0.0/0" },
  { it: "the IPv6 default route", text: "::/0", gives: "::/0" },
  { it: "half of everything", text: "0.0.0.0/1", gives: "0.0.0.0/1" },
  { it: "host bits", text: "192.168.12.9/29", fault: "it has host bits set; the subnet is 192.168.12.8/29" },
  {
    it: "host bits across octets",
    text: "10.255.255.255/11",
    fault: "it has host bits set; the subnet is 10.224.0.0/11",
  },
  {
    it: "IPv6 host bits",
    text: "2001:db8::1/127",
    fault: "it has host bits set; the subnet is 2001:db8::/127",
  },
  {
    it: "host bits of a default route",
    text: "10.0.0.0/0",
    fault: "it has host bits set; the subnet is 0.0.0.0/0",
  },
  {
    it: "no length",
    text: "192.168.12.0",
    fault: "expected a subnet with prefix length, such as 192.0.2.0/24",
  },
  { it: "length 33", text: "192.168.12.0/33", fault: "expected a prefix length from 0 to 32 for IPv4" },
  { it: "no address", text: "default/0", fault: noSubnet },
  { it: "loopback", text: "127.0.0.0/8", fault: "a route cannot lead to a loopback address" },
  { it: "multicast", text: "224.0.0.0/4", fault: "a route cannot lead to a multicast address" },
  { it: "IPv6 multicast", text: "ff00::/8", fault: "a route cannot lead to a multicast address" },
  { it: "within 0.0.0.0/8", text: "0.0.0.0/8", fault: "a route cannot lead to the unspecified address" },
  {
    it: "the block of IPv4-compatible addresses",
    text: "::/96",
    fault: "a route cannot lead to the unspecified address",
  },
];

const macs: readonly Row[] = [
  { it: "lower case", text: "02:00:5e:10:00:01", gives: "02:00:5e:10:00:01" },
  { it: "upper case", text: "02:00:5E:10:00:0A", gives: "02:00:5e:10:00:0a" },
  { it: "five octets", text: "02:00:5e:10:00", fault: noMac },
  { it: "dashes", text: "02-00-5e-10-00-01", fault: noMac },
  { it: "one digit", text: "2:0:5e:10:0:1", fault: noMac },
  {
    it: "multicast",
    text: "01:00:5e:00:00:01",
    fault: "expected a unicast MAC address: its first octet must be even",
  },
  {
    it: "broadcast",
    text: "ff:ff:ff:ff:ff:ff",
    fault: "expected a unicast MAC address: its first octet must be even",
  },
  { it: "zero", text: "00:00:00:00:00:00", fault: "expected a MAC address that is not zero" },
];

function testRows(title: string, { rows, parse }: {
  readonly rows: readonly Row[];
  readonly parse: (text: string) => Parsed<string>;
}): void {
  for (const { it, text, gives, fault } of rows) {
    Deno.test(`${title}: ${it}`, () => {
      const expected = fault === undefined
        ? { kind: "value", value: gives }
        : { kind: "fault", reason: fault };
      assert.deepEqual(parse(text), expected);
    });
  }
}

testRows("parseAddress", {
  rows: addresses,
  parse: (text) => mapped(parseAddress(text), ({ address }) => address),
});
testRows("parseCidr", { rows: cidrs, parse: (text) => mapped(parseCidr(text), cidrText) });
testRows("parseSubnet", { rows: subnets, parse: (text) => mapped(parseSubnet(text), cidrText) });
testRows("parseMac", { rows: macs, parse: parseMac });

const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/));

Deno.test("parseAddress: takes no text that node:net does not, and canonical text is a fixed point", () => {
  const parsed = new Set<number>();
  fc.assert(
    fc.property(anyAddress, (text) => {
      const read = parseAddress(text);
      if (read.kind === "fault") return;
      parsed.add(read.value.family);
      assert.ok(read.value.family === 4 ? isIPv4(text) : isIPv6(text));
      assert.deepEqual(parseAddress(read.value.address), read);
    }),
    tries(2000),
  );
  assert.deepEqual([...parsed].sort(), [4, 6]);
});

Deno.test("parseAddress: takes every ordinary IPv6 address that node:net takes", () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  fc.assert(
    fc.property(fc.array(group, { minLength: 1, maxLength: 8 }), fc.nat(7), (groups, at) => {
      const text = groups.length === 8
        ? `2001:${groups.slice(1).join(":")}`
        : `2001:${groups.slice(1, at + 1).join(":")}::${groups.slice(at + 1).join(":")}`.replace(
          /:{3,}/,
          "::",
        );
      assert.equal(parseAddress(text).kind, isIPv6(text) ? "value" : "fault", text);
    }),
    tries(),
  );
});

Deno.test("subnetOf: is a subnet that parseSubnet takes, and the one that its fault names", () => {
  const cidr = fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 })).map(([ip, length]) => `${ip}/${length}`);
  fc.assert(
    fc.property(cidr, (text) => {
      const read = parseCidr(text);
      if (read.kind === "fault") return;
      const subnet = cidrText(subnetOf(read.value));
      const asSubnet = parseSubnet(text);
      if (asSubnet.kind === "value") assert.equal(subnet, text);
      else assert.equal(asSubnet.reason, `it has host bits set; the subnet is ${subnet}`);
    }),
    tries(),
  );
});
