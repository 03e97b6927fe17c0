// Which wanted addresses and routes would swallow the packets that carry the networks: those that cover a peer's pod IP.
//
// A packet between two members is a UDP packet to a pod IP. A subnet that covers this pod IP leads it into the interface
// that it came out of: the kernel drops it ("circular route"), and the member is cut off.
import {
  type Cidr,
  cidrText,
  contains,
  linkLocal,
  parseIp,
  readCidr,
  subnetOf,
} from "../../network/grammar/address.ts";
import { quoted } from "../../text/quoted.ts";
import type { KernelState } from "../observation.ts";
import type { WantedInterface, WantedState } from "../wanted.ts";
import type { Obstacle } from "./parts.ts";

/** What may be made, and why the rest may not. */
export interface Uncovered {
  readonly wanted: WantedState;
  readonly obstacles: readonly Obstacle[];
}

/** Takes out the addresses and routes that cover a peer of any network of the pod, or the way to the peers. */
export function withoutCovering(wanted: WantedState, observed: KernelState): Uncovered {
  if (!wanted.interfaces.some(({ addresses, routes }) => addresses.length + routes.length > 0)) {
    return { wanted, obstacles: [] };
  }
  const targets = targetsOf(wanted, observed);
  const obstacles: Obstacle[] = [];
  const interfaces = wanted.interfaces.map((each) => {
    const mayStay = (subnet: Cidr, item: string): boolean => {
      const covered = firstCovered(subnet, { targets, wanted, observed });
      if (covered !== undefined) obstacles.push(obstacle(each, { item, covered }));
      return covered === undefined;
    };
    return {
      ...each,
      addresses: each.addresses.filter((cidr) => mayStay(subnetOf(cidr), `ip=${cidrText(cidr)}`)),
      routes: each.routes.filter(({ subnet, gateway }) =>
        mayStay(subnet, `route=${cidrText(subnet)}:${gateway}`)
      ),
    };
  });
  return obstacles.length === 0 ? { wanted, obstacles } : { wanted: { ...wanted, interfaces }, obstacles };
}

/** Addresses that packets of the networks must reach outside of them. */
interface Targets {
  /** Pod IPs, as the members of each network share them. */
  readonly lists: readonly (readonly string[])[];
  /** Next hops of the pod's default and on the devices that carry the networks, with the device. */
  readonly gateways: ReadonlyMap<string, string>;
}

/** By family: a network is carried by the pod IPs of one. */
function targetsOf(wanted: WantedState, observed: KernelState): ReadonlyMap<number, Targets> {
  const own = new Set(wanted.interfaces.map(({ interfaceName }) => interfaceName));
  return new Map(
    [...Map.groupBy(wanted.interfaces, ({ family }) => family)].map(([family, interfaces]) => {
      const underlays = new Set(interfaces.map(({ underlay }) => underlay));
      const gateways = observed.routes.flatMap(({ subnet, dev, table, gateway }): [string, string][] => {
        if (table !== "main" || gateway === undefined || own.has(dev)) return [];
        const isOnTheWay = underlays.has(dev) || subnet.endsWith("/0");
        const counts = parseIp(gateway)?.family === family && !contains(linkLocal, gateway);
        return isOnTheWay && counts ? [[gateway, dev]] : [];
      });
      const lists = interfaces.map(({ peers }) => peers);
      return [family, { lists, gateways: new Map(gateways.sort()) }];
    }),
  );
}

/** Says what is covered, as the end of a sentence; undefined when nothing is. */
function firstCovered(
  subnet: Cidr,
  { targets, wanted, observed }: {
    readonly targets: ReadonlyMap<number, Targets>;
    readonly wanted: WantedState;
    readonly observed: KernelState;
  },
): string | undefined {
  const { lists, gateways } = targets.get(subnet.family) ?? noTargets;
  const covers = matcher(subnet);
  const ways = narrowerWays(subnet, { wanted, observed });
  const isCovered = (address: string): boolean => covers(address) && !ways.some((way) => way(address));
  const gateway = [...gateways.keys()].find(isCovered);
  if (gateway !== undefined) return `${gateway}, the gateway on ${quoted(gateways.get(gateway) ?? "")}`;
  const peers = lists.flatMap((list) => coveredIn(list, subnet)).filter((ip) => !wanted.own.has(ip));
  const peer = peers.find((address) => !ways.some((way) => way(address)));
  return peer === undefined ? undefined : `${peer}, the pod IP of a peer`;
}

/**
 * Routes that win over the subnet, as some network plugins set one for all pod IPs. The subnet of the underlay itself
 * does not count: whether a peer is in it depends on the node that it runs on.
 */
function narrowerWays(
  { family, prefix }: Cidr,
  { wanted, observed }: { readonly wanted: WantedState; readonly observed: KernelState },
): readonly ((address: string) => boolean)[] {
  const names = new Set(wanted.interfaces.map(({ interfaceName }) => interfaceName));
  return observed.routes
    .filter(({ table, gateway, dev }) => table === "main" && gateway !== undefined && !names.has(dev))
    .flatMap(({ subnet }) => readCidr(subnet) ?? [])
    .filter((way) => way.family === family && way.prefix > prefix)
    .map(matcher);
}

/** Of each list of pod IPs, which of them a subnet covers. All members of a network share the list, and most the subnet. */
const coveredOf = new WeakMap<readonly string[], Map<string, readonly string[]>>();

/** Those of the list that the subnet covers: a thousand members ask it of one list, one of them works it out. */
export function coveredIn(list: readonly string[], subnet: Cidr): readonly string[] {
  const known = coveredOf.get(list) ?? new Map<string, readonly string[]>();
  coveredOf.set(list, known);
  const text = cidrText(subnet);
  const covered = known.get(text) ?? list.filter(matcher(subnet));
  known.set(text, covered);
  return covered;
}

/** A test made once for many addresses of the subnet's family, which are canonical: `contains` parses both each time. */
function matcher({ family, address, prefix }: Cidr): (address: string) => boolean {
  const size = family === 4 ? 8 : 16;
  const whole = Math.floor(prefix / size);
  const dropped = size - prefix % size;
  const own = groupsOf(address);
  const start = commonText(own.slice(0, whole), family);
  return (other) => {
    if (!other.startsWith(start)) return false;
    const groups = groupsOf(other);
    return own.slice(0, whole).every((group, at) => group === groups[at]) &&
      ((own[whole] ?? 0) ^ (groups[whole] ?? 0)) >> dropped === 0;
  };
}

/** How addresses with these first groups begin, as far as that is sure: `::` may stand for groups behind the first. */
function commonText(groups: readonly number[], family: number): string {
  if (family === 4) return groups.slice(0, 3).map((octet) => `${octet}.`).join("");
  const [first = 0] = groups;
  return first === 0 ? "" : `${first.toString(16)}:`;
}

/** Four octets or eight groups. */
function groupsOf(address: string): readonly number[] {
  if (!address.includes(":")) return address.split(".").map(Number);
  const [head = [], tail] = address.split("::").map((half) => half === "" ? [] : half.split(":"));
  const groups = tail === undefined
    ? head
    : [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail];
  return groups.map((group) => Number.parseInt(group, 16));
}

function obstacle(
  { name, interfaceName }: WantedInterface,
  { item, covered }: { readonly item: string; readonly covered: string },
): Obstacle {
  const remedy = item.startsWith("ip=")
    ? "In the annotation, choose an address whose subnet leaves the pod network out"
    : "In the annotation, or the ConfigMap if it is from there, choose smaller subnets that leave the pod network out";
  return {
    kind: "conflict",
    network: name,
    interfaceName,
    reason: `Cannot give interface "${interfaceName}" of network "${name}" its ${item}: the subnet covers ` +
      `${covered}; packets that carry the network would go into it instead. ${remedy}`,
  };
}

const noTargets: Targets = { lists: [], gateways: new Map() };
