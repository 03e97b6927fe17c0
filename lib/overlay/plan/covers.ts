// Which subnets cover a pod IP of a peer, the way to the peers, or everything: packets that carry a network would follow
// a route to such a subnet into the interface that they came out of, where the kernel drops them ("circular route").
import {
  type Cidr,
  cidrText,
  contains,
  type Family,
  linkLocal,
  parseIp,
} from "../../network/grammar/address.ts";
import type { KernelState } from "../observation.ts";
import type { WantedState } from "../wanted.ts";

/**
 * Gives the test for one pod. A default route always counts, for it is for what has no other way, and main has one; so does
 * half of everything, the usual way to write one beside that.
 */
export function coveringIn(
  wanted: Pick<WantedState, "interfaces" | "own">,
  observed: KernelState,
): (subnet: Cidr) => boolean {
  const targets = targetsOf(wanted, observed);
  return (subnet) => {
    if (subnet.prefix <= 1) return true;
    const found = targets.get(subnet.family);
    if (found === undefined) return false;
    return found.gateways.some((address) => contains(subnet, address)) ||
      found.lists.some((list) => coveredIn(list, subnet).some((ip) => !wanted.own.has(ip)));
  };
}

/** Addresses that packets of the networks must reach outside of them. */
interface Targets {
  /** Pod IPs, as the members of each network share them. */
  readonly lists: readonly (readonly string[])[];
  /** Next hops of the pod's default and on the devices that carry the networks. */
  readonly gateways: readonly string[];
}

/** By family: a network is carried by the pod IPs of one. */
function targetsOf(
  wanted: Pick<WantedState, "interfaces" | "own">,
  observed: KernelState,
): ReadonlyMap<Family, Targets> {
  const own = new Set(wanted.interfaces.map(({ interfaceName }) => interfaceName));
  return new Map(
    [...Map.groupBy(wanted.interfaces, ({ family }) => family)].map(([family, interfaces]) => {
      const underlays = new Set(interfaces.map(({ underlay }) => underlay));
      const gateways = observed.routes.flatMap(({ subnet, dev, table, gateway }) => {
        if (table !== "main" || gateway === undefined || own.has(dev)) return [];
        const isOnTheWay = underlays.has(dev) || subnet.endsWith("/0");
        const counts = parseIp(gateway)?.family === family && !contains(linkLocal, gateway);
        return isOnTheWay && counts ? [gateway] : [];
      });
      const lists = [...new Set(interfaces.map(({ peers }) => peers))];
      return [family, { lists, gateways: [...new Set(gateways)] }];
    }),
  );
}

/** Of each list of pod IPs, which of them a subnet covers. All members of a network share the list, and most the subnet. */
const coveredOf = new WeakMap<readonly string[], Map<string, readonly string[]>>();

/** Those of the list that the subnet covers: a thousand members ask it of one list, one of them works it out. */
function coveredIn(list: readonly string[], subnet: Cidr): readonly string[] {
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
