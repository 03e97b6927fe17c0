// What does the value of each option say: text becomes a typed value, or a reason why it does not.
import { quoted } from "../../text/quoted.ts";
import {
  type Cidr,
  type Family,
  parseAddress,
  parseCidr,
  parseMac,
  parseSubnet,
  type Route,
} from "./address.ts";
import { parseDeviceName, parseInterfaceName } from "./names.ts";
import type { OptionName } from "./option_names.ts";
import { fault, mapped, type Parsed, valueOf } from "./parsed.ts";

/** Options as one source gives them; absent means not said there. (`type` has one value only and leaves no trace.) */
export interface OptionSet {
  readonly id?: number;
  readonly name?: string;
  readonly dev?: string;
  readonly up?: boolean;
  readonly mtu?: number;
  readonly dstport?: number;
  readonly mac?: string;
  readonly ip?: readonly Cidr[];
  readonly route?: readonly Route[];
  /** Cluster level only. */
  readonly family?: Family;
  /** Cluster level only: the namespaces whose pods may use the network, by name and by VNI; `*` means all. Sorted. */
  readonly namespaces?: readonly string[];
}

/** Smallest MTU of an IPv4 link (RFC 791), of an IPv6 link (RFC 8200), and the kernel's limit for VXLAN links. */
export const mtuLimits = { ipv4: 68, ipv6: 1280, longest: 65535 } as const;

/** Reads one option's value into a set that holds just this option. */
export function readValue(name: OptionName, text: string): Parsed<OptionSet> {
  switch (name) {
    case "type":
      return text === "vxlan" ? valueOf({}) : fault("expected vxlan, the only type there is");
    case "id":
      return mapped(parseDecimal(text, { from: 1, to: 16777215 }), (id) => ({ id }));
    case "name":
      return mapped(parseInterfaceName(text), (name) => ({ name }));
    case "dev":
      return mapped(parseDeviceName(text), (dev) => ({ dev }));
    case "up":
      return text === "true" || text === "false"
        ? valueOf({ up: text === "true" })
        : fault("expected true or false");
    case "ip":
      return mapped(parseCidr(text), (cidr) => ({ ip: [cidr] }));
    case "route":
      return mapped(parseRoute(text), (route) => ({ route: [route] }));
    case "mtu":
      return mapped(parseDecimal(text, { from: mtuLimits.ipv4, to: mtuLimits.longest }), (mtu) => ({ mtu }));
    case "dstport":
      return mapped(parseDecimal(text, { from: 1, to: 65535 }), (dstport) => ({ dstport }));
    case "mac":
      return mapped(parseMac(text), (mac) => ({ mac }));
    case "family":
      return mapped(parseFamily(text), (family) => ({ family }));
    case "namespaces":
      return mapped(parseNamespaces(text), (namespaces) => ({ namespaces }));
    default:
      return name satisfies never;
  }
}

/** Decimal digits only: iproute2 reads `0145` as octal and `0x91` as hexadecimal, people read neither so. */
function parseDecimal(text: string, range: { readonly from: number; readonly to: number }): Parsed<number> {
  const isDecimal = /^(0|[1-9][0-9]{0,8})$/.test(text);
  const value = Number(text);
  return isDecimal && value >= range.from && value <= range.to
    ? valueOf(value)
    : fault(`expected a decimal number from ${range.from} to ${range.to}, without leading zeros`);
}

/** `SUBNET:GATEWAY`. An IPv6 subnet has colons itself, so it goes up to the colon after its prefix length. */
function parseRoute(text: string): Parsed<Route> {
  const slash = text.indexOf("/");
  const colon = slash < 0 ? -1 : text.indexOf(":", slash);
  if (colon < 0) {
    return fault(
      "expected SUBNET:GATEWAY with the subnet's prefix length, such as 192.0.2.0/24:198.51.100.1",
    );
  }
  const subnet = parseSubnet(text.slice(0, colon));
  if (subnet.kind === "fault") return fault(`subnet ${quoted(text.slice(0, colon))}: ${subnet.reason}`);
  const gateway = parseAddress(text.slice(colon + 1));
  if (gateway.kind === "fault") return fault(`gateway ${quoted(text.slice(colon + 1))}: ${gateway.reason}`);
  if (gateway.value.family !== subnet.value.family) {
    return fault(
      `the subnet is IPv${subnet.value.family} and the gateway IPv${gateway.value.family}: expected both of one family`,
    );
  }
  return valueOf({ subnet: subnet.value, gateway: gateway.value.address });
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

/** A DNS label (RFC 1123), as Kubernetes wants namespaces to be called, or the star. */
function isNamespacePattern(text: string): boolean {
  return text === "*" || (text.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text));
}
