// Which options has a network: one row each, with who may give it, how its value reads, and what it is for.
import { quoted } from "../../text/quoted.ts";
import { type Family, parseAddress, parseMac } from "./address.ts";
import { parseDeviceName, parseInterfaceName } from "./names.ts";
import { fault, type Parsed, valueOf } from "./parsed.ts";
import { parseExclusions, parsePoolSubnet, parseRanges } from "./pool_words.ts";
import { parseRequestedAddress } from "./requested_address.ts";
import { parseGateway, parseRoute, parseSubnets } from "./route_option.ts";

/** Who gives options: the ConfigMap for all pods, or the annotation for one. */
export type Level = "cluster" | "pod";

/** One option. */
export interface OptionRow<Value> {
  /** Reads one value, or says what was expected. */
  readonly parse: (text: string) => Parsed<Value>;
  /** One source may give it several times; the values become a list. */
  readonly repeatable: boolean;
  /** What the option means without `=value`; absent: a value is needed. */
  readonly bare?: Value;
  /** Used when no source gives it. */
  readonly fallback?: Value;
  /** Only this source may give it, and why. */
  readonly only?: { readonly level: Level; readonly why: string };
  /** What people write when they mean it: words of the kernel, of iproute2 and of other controllers. */
  readonly synonyms: readonly string[];
  readonly example: string;
  /** What it sets, for the table in the documents. */
  readonly help: string;
}

/** Smallest MTU of an IPv4 link (RFC 791), of an IPv6 link (RFC 8200), and the kernel's limit for VXLAN links. */
export const mtuLimits = { ipv4: 68, ipv6: 1280, longest: 65535 } as const;

/** Every option of the grammar, in the order in which messages list them. */
export const optionTable = {
  type: one({
    parse: (text) => text === "vxlan" ? valueOf("vxlan") : fault("expected vxlan, the only type there is"),
    synonyms: [],
    example: "type=vxlan",
    help: "the only type there is",
  }),
  id: one({
    parse: (text) => parseDecimal(text, { from: 1, to: 16777215 }),
    synonyms: ["vni", "vnid", "vxlanid", "vxlan-id", "segment", "network-id"],
    example: "id=1000",
    help: "VXLAN network identifier (VNI), 1 to 16777215, decimal",
  }),
  name: one({
    parse: parseInterfaceName,
    synonyms: ["interface", "ifname", "iface"],
    example: "name=storage",
    help: "name of the interface, at most 15 characters",
  }),
  dev: one({
    parse: parseDeviceName,
    fallback: "eth0",
    synonyms: ["device", "parent", "underlay", "link"],
    example: "dev=eth0",
    help: "device of the pod on which the interface is made; gives its MTU",
  }),
  up: one({
    parse: (text) =>
      text === "true" || text === "false" ? valueOf(text === "true") : fault("expected true or false"),
    bare: true,
    fallback: true,
    synonyms: ["down", "state"],
    example: "up=false",
    help: "`false`: the interface is never brought up or down",
  }),
  ip: several({
    parse: parseRequestedAddress,
    only: { level: "pod", why: "every pod would get the same address" },
    synonyms: [
      ...["ips", "addr", "address", "addresses", "cidr", "inet", "inet6", "ipv4", "ipv6"],
      ...["ipaddr", "ipaddress", "ip-address"],
    ],
    example: "ip=192.168.10.2/24",
    help:
      "address of the interface; may be given several times. `+ordinal` behind it adds the ordinal of a pod of a " +
      "StatefulSet or Indexed Job; `none`: no address from the pool either",
  }),
  subnet: several({
    parse: parsePoolSubnet,
    only: { level: "cluster", why: "all members of a network share one pool" },
    synonyms: ["subnets", "pool", "ipam", "ranges"],
    example: "subnet=192.168.10.0/24",
    help: "members without `ip=` get an address of it; may be given several times, one for each family",
  }),
  range: several({
    parse: parseRanges,
    only: { level: "cluster", why: "all members of a network share one pool" },
    synonyms: ["rangestart", "range-start", "start"],
    example: "range=192.168.10.100-192.168.10.199",
    help: "the part of `subnet=` that is given to members (default: all of it)",
  }),
  exclude: several({
    parse: parseExclusions,
    only: { level: "cluster", why: "all members of a network share one pool" },
    synonyms: ["excludes", "excluded", "reserved", "omit"],
    example: "exclude=192.168.10.150",
    help: "addresses, ranges and subnets that no member is given, with commas between them",
  }),
  route: several({
    parse: parseRoute,
    synonyms: ["routes", "via"],
    example: "route=192.168.20.0/24:192.168.10.1",
    help: "`SUBNET:GATEWAY`, or `SUBNET` for what is on the link; may be given several times; IPv6 too",
  }),
  gateway: several({
    parse: parseGateway,
    synonyms: ["gw", "default", "defaultroute", "default-route", "gateways"],
    example: "gateway=192.168.10.1",
    help: "member through which all goes that has no other way; one of each family; `none`: not this pod",
  }),
  except: several({
    parse: parseSubnets,
    synonyms: ["bypass", "exceptions"],
    example: "except=10.96.0.0/12,10.244.0.0/16",
    help: "subnets that do not go through `gateway`; may be given several times",
  }),
  /** Static VTEPs. */
  peer: several({
    parse: parseAddress,
    synonyms: ["peers", "vtep", "vteps", "remote"],
    example: "peer=203.0.113.7",
    help: "VTEP outside the cluster; may be given several times",
  }),
  neigh: one({
    parse: (text) => text === "static" ? valueOf("static" as const) : fault("expected static"),
    only: { level: "cluster", why: "all members of a network must agree on it" },
    synonyms: ["neighbour", "neighbor", "neighbours", "neighbors", "arp", "nud"],
    example: "neigh=static",
    help: "`static`: peers' addresses are set in the kernels, which then ask for none of them",
  }),
  mtu: one({
    parse: (text) => parseDecimal(text, { from: mtuLimits.ipv4, to: mtuLimits.longest }),
    synonyms: [],
    example: "mtu=1400",
    help: "MTU of the interface in bytes",
  }),
  /** 8472 is what the predecessor's `dstport 0` gave, written out. */
  dstport: one({
    parse: (text) => parseDecimal(text, { from: 1, to: 65535 }),
    fallback: 8472,
    synonyms: ["port", "dport", "dst-port", "udpport"],
    example: "dstport=4789",
    help: "UDP port; members of a network must agree on it",
  }),
  mac: one({
    parse: parseMac,
    only: { level: "pod", why: "every pod would get the same MAC address" },
    synonyms: ["hwaddr", "lladdr", "ether", "macaddr", "mac-address"],
    example: "mac=02:00:00:00:00:01",
    help: "MAC address of the interface",
  }),
  family: one<Family>({
    parse: parseFamily,
    fallback: 4,
    only: { level: "cluster", why: "all members of a network must agree on it" },
    synonyms: ["ipfamily", "af"],
    example: "family=6",
    help: "family of the pod IPs that carry the network",
  }),
  /** The namespaces whose pods may use the network, by name and by VNI; `*` means all. Sorted. */
  namespaces: one({
    parse: parseNamespaces,
    only: { level: "cluster", why: "no pod admits itself to a network" },
    synonyms: ["namespace", "ns"],
    example: "namespaces=lab,edge",
    help: "namespaces whose pods may use the network; `*` for all",
  }),
} as const;

export type OptionName = keyof typeof optionTable;

/** Options as one source gives them; absent means not said there. */
export type OptionSet = { readonly [Name in OptionName]?: ValueOf<typeof optionTable[Name]> };

type ValueOf<Row> = Row extends OptionRow<infer Value> & { readonly repeatable: true } ? readonly Value[]
  : Row extends OptionRow<infer Value> ? Value
  : never;

type Given<Value> = Omit<OptionRow<Value>, "repeatable">;

function one<Value>(
  row: Given<Value> & { readonly fallback: Value },
): OptionRow<Value> & { readonly repeatable: false; readonly fallback: Value };
function one<Value>(row: Given<Value>): OptionRow<Value> & { readonly repeatable: false };
function one<Value>(row: Given<Value>): OptionRow<Value> & { readonly repeatable: false } {
  return { ...row, repeatable: false };
}

function several<Value>(row: Given<Value>): OptionRow<Value> & { readonly repeatable: true } {
  return { ...row, repeatable: true };
}

/** Decimal digits only: iproute2 reads `0145` as octal and `0x91` as hexadecimal, people read neither so. */
function parseDecimal(text: string, range: { readonly from: number; readonly to: number }): Parsed<number> {
  const isDecimal = /^(0|[1-9][0-9]{0,8})$/.test(text);
  const value = Number(text);
  return isDecimal && value >= range.from && value <= range.to
    ? valueOf(value)
    : fault(`expected a decimal number from ${range.from} to ${range.to}, without leading zeros`);
}

function parseFamily(text: string): Parsed<Family> {
  if (text === "4") return valueOf(4);
  return text === "6" ? valueOf(6) : fault("expected 4 or 6");
}

function parseNamespaces(text: string): Parsed<readonly string[]> {
  const names = text.split(",");
  const wrong = names.find((name) => !isNamespacePattern(name));
  if (wrong === undefined) return valueOf([...new Set(names)].sort());
  return fault(
    `${quoted(wrong)} is no name of a namespace: expected names separated by commas, or * for all`,
  );
}

/** The names in a list of which not all can be read. */
export function readableNamespaces(text: string): readonly string[] {
  return text.split(",").filter(isNamespacePattern);
}

/** A DNS label (RFC 1123), as Kubernetes wants namespaces to be called, or the star. */
function isNamespacePattern(text: string): boolean {
  return text === "*" || (text.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text));
}
