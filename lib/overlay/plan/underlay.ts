// Does the device that an interface is to be made on exist, and which MTU does it leave for the interface?
import type { Family } from "../../network/grammar/address.ts";
import { defined } from "../../text/defined.ts";
import { listed } from "../../text/quoted.ts";
import type { ObservedLink } from "../observation.ts";
import type { WantedInterface } from "../wanted.ts";

/** The links that are there, and the interfaces that are to be: an interface may stand on another one. */
export interface Devices {
  readonly links: readonly ObservedLink[];
  readonly interfaces: readonly WantedInterface[];
}

/** Bytes that VXLAN takes from every packet: outer Ethernet, IP, UDP and VXLAN headers. */
export function overhead(family: Family): number {
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
 * they are where a name is another's.
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

/** The kernel puts no more links on each other (MAX_NEST_DEV); a pod may claim thousands. */
const mostNested = 8;

function groundOf(
  name: string,
  { links, interfaces }: Devices,
): { readonly ours: boolean; readonly below?: string } {
  const wanted = interfaces.find(({ interfaceName }) => interfaceName === name);
  const link = links.find((each) => each.name === name);
  const isOther = link !== undefined && link.alias !== "" && link.alias !== wanted?.alias;
  if (wanted !== undefined && !isOther) return { ours: true, below: wanted.underlay };
  return { ours: false, ...defined({ below: link?.vxlan?.dev }) };
}

/**
 * Why the interface cannot be made on its device; undefined when it can. The kernel clamps an MTU silently.
 */
export function underlayObstacle(wanted: WantedInterface, devices: Devices): string | undefined {
  const attempt =
    `Cannot put interface "${wanted.interfaceName}" of network "${wanted.name}" on device "${wanted.underlay}"`;
  const underlay = devices.links.find(({ name }) => name === wanted.underlay);
  if (wanted.underlay === wanted.interfaceName) return `${attempt}: an interface cannot be its own device`;
  if (standsOn(wanted, devices).includes(wanted.interfaceName)) {
    return `${attempt}: that one stands, or is to stand, on "${wanted.interfaceName}" itself. Name another device (dev=…) for one`;
  }
  if (underlay === undefined) {
    return `${attempt}: no such device in the pod, which has ${
      namesBeside(wanted.interfaceName, devices.links)
    }. Name one of them (dev=…)`;
  }
  const misfit = mtuMisfit(wanted, deviceMtu(wanted.underlay, devices));
  return misfit === undefined ? undefined : `${attempt}: ${misfit}`;
}

function mtuMisfit(wanted: WantedInterface, mtu: number): string | undefined {
  const allowed = allowedMtu(wanted.family, mtu);
  if ((wanted.mtu ?? 0) > allowed) {
    return `its MTU ${mtu} leaves ${allowed} (VXLAN over IPv${wanted.family} takes ` +
      `${overhead(wanted.family)}), asked for is ${wanted.mtu}. Set mtu to at most ${allowed}`;
  }
  if ((wanted.mtu ?? allowed) < leastIpv6Mtu && wanted.addresses.some(({ family }) => family === 6)) {
    return `its MTU ${mtu} leaves ${allowed}, but IPv6 addresses need ${leastIpv6Mtu}. ` +
      `Use a device with an MTU of at least ${leastIpv6Mtu + overhead(wanted.family)}`;
  }
  return undefined;
}

/** RFC 8200, section 5: the kernel keeps no IPv6 address on a link with less. */
export const leastIpv6Mtu = 1280;

/** Between what any VXLAN link takes at least and what an option can say. */
function allowedMtu(family: Family, mtu: number): number {
  return Math.min(Math.max(mtu - overhead(family), 68), 65535);
}

/** Of a device once all is as wanted; as it is, when that cannot be or the device is none of ours. */
function deviceMtu(name: string, devices: Devices): number {
  const link = devices.links.find((each) => each.name === name);
  const wanted = devices.interfaces.find(({ interfaceName }) => interfaceName === name);
  const observed = link?.mtu ?? 0;
  if (link === undefined || wanted === undefined || link.alias !== wanted.alias) return observed;
  if (standsOn(wanted, devices).includes(name)) return observed;
  const below = deviceMtu(wanted.underlay, devices);
  return below === 0 || mtuMisfit(wanted, below) !== undefined
    ? observed
    : wanted.mtu ?? allowedMtu(wanted.family, below);
}

function namesBeside(own: string, links: readonly ObservedLink[]): string {
  return listed(links.map(({ name }) => name).filter((name) => name !== own).sort()) || "none";
}
