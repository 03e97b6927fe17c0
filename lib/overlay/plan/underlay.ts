// Does the device that an interface is to be made on exist, which MTU does it leave for the interface, and what stands on what?
import type { Family } from "../../network/grammar/address.ts";
import { defined } from "../../text/defined.ts";
import { listed, quoted } from "../../text/quoted.ts";
import type { ObservedLink } from "../observation.ts";
import type { Step } from "../step.ts";
import type { WantedInterface } from "../wanted.ts";

/** The links that are there, and the interfaces that are to be: an interface may stand on another one. By name. */
export interface Devices {
  readonly links: ReadonlyMap<string, ObservedLink>;
  readonly interfaces: ReadonlyMap<string, WantedInterface>;
  /** Interfaces that are not brought to what is wanted: the link of that name, be it whose it may, stays as it is. */
  readonly blocked: ReadonlySet<string>;
  /** Interfaces that count as devices though they are only to be made. */
  readonly coming: ReadonlySet<string>;
}

/** Without those that are only to be made: nothing can be put on them yet. */
export function asTheyAre(devices: Devices): Devices {
  return { ...devices, coming: new Set() };
}

/** Bytes that VXLAN takes from every packet: outer Ethernet, IP, UDP and VXLAN headers. */
function overhead(family: Family): number {
  return family === 4 ? 50 : 70;
}

/**
 * The MTU an interface should have: what was asked for, else what its device leaves once that has its own. The kernel
 * derives the latter by itself when it makes a link, but does not follow when the device's MTU or the device changes.
 */
export function plannedMtu(wanted: WantedInterface, devices: Devices): number {
  return wanted.mtu ?? allowedMtu(wanted.family, deviceMtu(wanted.underlay, devices));
}

/**
 * The interfaces an interface stands on, nearest first, itself left out unless it stands on itself: as they are to be, and as
 * they are where that cannot be or a name is another's.
 */
export function standsOn(wanted: WantedInterface, devices: Devices): readonly string[] {
  const chain: string[] = [];
  let others = 0;
  for (let name = wanted.underlay; !chain.includes(name);) {
    const { ours, below } = groundOf(name, devices);
    if (!ours && ++others > mostNested) break;
    if (below === undefined) break;
    chain.push(name);
    name = below;
  }
  return chain;
}

/** All that, and the device at the end of it. */
export function groundsOf(wanted: WantedInterface, devices: Devices): readonly string[] {
  const chain = standsOn(wanted, devices);
  const last = chain.at(-1);
  return [...chain, last === undefined ? wanted.underlay : groundOf(last, devices).below ?? last];
}

/** The kernel puts no more links on each other (MAX_NEST_DEV); a pod may claim thousands. */
const mostNested = 8;

function groundOf(
  name: string,
  { links, interfaces, blocked }: Devices,
): { readonly ours: boolean; readonly below?: string } {
  const wanted = interfaces.get(name);
  if (wanted !== undefined && !blocked.has(name)) return { ours: true, below: wanted.underlay };
  return { ours: false, ...defined({ below: links.get(name)?.vxlan?.dev }) };
}

/**
 * Why the interface cannot be made on its device; undefined when it can. The kernel clamps an MTU silently.
 */
export function underlayObstacle(wanted: WantedInterface, devices: Devices): string | undefined {
  const attempt =
    `Cannot put interface "${wanted.interfaceName}" of network "${wanted.name}" on device "${wanted.underlay}"`;
  if (wanted.underlay === wanted.interfaceName) return `${attempt}: an interface cannot be its own device`;
  if (standsOn(wanted, devices).includes(wanted.interfaceName)) {
    return `${attempt}: that one stands, or is to stand, on "${wanted.interfaceName}" itself. Name another device (dev=…) for one`;
  }
  const { master } = devices.links.get(wanted.interfaceName) ?? {};
  if (master !== undefined && groundsOf(wanted, devices).includes(master)) {
    const it = master === wanted.underlay ? "it" : `${quoted(master)}, which that one stands on`;
    return `${attempt}: the interface is a port of ${it}. Name another device (dev=…), or take it out of there`;
  }
  const mtu = deviceMtu(wanted.underlay, devices);
  if (mtu === 0) {
    return `${attempt}: no such device in the pod, which has ${
      namesBeside(wanted.interfaceName, devices.links.keys())
    }. Name one of them (dev=…)`;
  }
  const misfit = mtuMisfit(wanted, mtu);
  return misfit === undefined ? undefined : `${attempt}: ${misfit}`;
}

function mtuMisfit(wanted: WantedInterface, mtu: number): string | undefined {
  const leastBelow = leastMtu + overhead(wanted.family);
  if (mtu < leastBelow) {
    return `its MTU ${mtu} leaves less than the ${leastMtu} that an interface needs at least ` +
      `(VXLAN over IPv${wanted.family} takes ${
        overhead(wanted.family)
      }). Use a device with an MTU of at least ${leastBelow}`;
  }
  const allowed = allowedMtu(wanted.family, mtu);
  if ((wanted.mtu ?? 0) > allowed) {
    return `its MTU ${mtu} leaves ${allowed} (VXLAN over IPv${wanted.family} takes ` +
      `${overhead(wanted.family)}), asked for is ${wanted.mtu}. Set mtu to at most ${allowed}`;
  }
  const hasIpv6 = [...wanted.addresses, ...wanted.routes.map(({ subnet }) => subnet)].some(({ family }) =>
    family === 6
  );
  if ((wanted.mtu ?? allowed) < leastIpv6Mtu && hasIpv6) {
    return `its MTU ${mtu} leaves ${allowed}, but IPv6 addresses and routes need ${leastIpv6Mtu}. ` +
      `Use a device with an MTU of at least ${leastIpv6Mtu + overhead(wanted.family)}`;
  }
  return undefined;
}

/** RFC 8200, section 5: the kernel keeps no IPv6 address on a link with less, and takes no route through it. */
export const leastIpv6Mtu = 1280;

/**
 * The kernel takes no less for a link (ETH_MIN_MTU). It makes one on a device that leaves less, but then refuses every MTU
 * for it, its own too, and carries no packet of that size.
 */
const leastMtu = 68;

/** Between what any VXLAN link takes at least and what an option can say. */
function allowedMtu(family: Family, mtu: number): number {
  return Math.min(Math.max(mtu - overhead(family), leastMtu), 65535);
}

/** Of a device once all is as wanted; as it is, when that cannot be or the device is none of ours. 0: there is none. */
function deviceMtu(name: string, devices: Devices): number {
  const wanted = devices.interfaces.get(name);
  const observed = devices.links.get(name)?.mtu ?? 0;
  if (wanted === undefined || devices.blocked.has(name)) return observed;
  if (observed === 0 && !devices.coming.has(name)) return 0;
  if (standsOn(wanted, devices).includes(name)) return observed;
  const below = deviceMtu(wanted.underlay, devices);
  return below === 0 || mtuMisfit(wanted, below) !== undefined
    ? observed
    : wanted.mtu ?? allowedMtu(wanted.family, below);
}

function namesBeside(own: string, names: Iterable<string>): string {
  return listed([...names].filter((name) => name !== own).sort()) || "none";
}

/** What stands on another one goes before it, or would have gone with it. Those of others go with it, which is said. */
export function deletionsOf(
  links: readonly ObservedLink[],
  { doomed, holders }: {
    /** Why each goes, by name. */
    readonly doomed: ReadonlyMap<string, string>;
    /** Networks of our links, by name. */
    readonly holders: ReadonlyMap<string, string>;
  },
): readonly Extract<Step, { kind: "delete-link" }>[] {
  const heights = heightsOf(links, doomed);
  const height = (name: string): number => heights.get(name) ?? 0;
  const masters = new Map(links.map(({ name, master }) => [name, master]));
  const above = Map.groupBy(links.filter(({ name }) => !doomed.has(name)), ({ lower }) => lower);
  return [...doomed].sort(([a], [b]) => height(b) - height(a) || (a < b ? -1 : 1))
    .flatMap(([interfaceName, why]) => {
      const [network, master] = [holders.get(interfaceName), masters.get(interfaceName)];
      if (network === undefined) return [];
      const port = master === undefined ? undefined : { network, master };
      const lost = listed((above.get(interfaceName) ?? []).map(({ name }) => name).sort());
      const reason = lost === "" ? why : `${why}; what stands on it goes too: ${lost}`;
      return { kind: "delete-link", interfaceName, why: reason, ...defined({ port }) };
    });
}

/** How many of those that go each one stands on. A pod may claim thousands, and that they stand on each other in a circle. */
function heightsOf(
  links: readonly ObservedLink[],
  doomed: { readonly has: (name: string) => boolean; readonly keys: () => Iterable<string> },
): ReadonlyMap<string, number> {
  const below = new Map(links.flatMap(({ name, vxlan }): [string, string][] => {
    return doomed.has(name) && doomed.has(vxlan?.dev ?? "") ? [[name, vxlan?.dev ?? ""]] : [];
  }));
  const heights = new Map<string, number>();
  for (const name of doomed.keys()) {
    const path: string[] = [];
    for (let at: string | undefined = name; at !== undefined && !heights.has(at); at = below.get(at)) {
      heights.set(at, 0);
      path.push(at);
    }
    for (const each of path.reverse()) {
      const ground = below.get(each);
      heights.set(each, ground === undefined ? 0 : 1 + (heights.get(ground) ?? 0));
    }
  }
  return heights;
}
