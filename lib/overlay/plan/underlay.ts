// Does the device that an interface is to be made on exist, and which MTU does it leave for the interface?
import type { Family } from "../../network/grammar/address.ts";
import { quoted } from "../../text/quoted.ts";
import type { ObservedLink } from "../observation.ts";
import type { WantedInterface } from "../wanted.ts";

/** Bytes that VXLAN takes from every packet: outer Ethernet, IP, UDP and VXLAN headers. */
export function overhead(family: Family): number {
  return family === 4 ? 50 : 70;
}

/**
 * The MTU an interface should have: what was asked for, else what its device leaves. The kernel derives the
 * latter by itself when it makes a link, but does not follow when the device's MTU or the device changes.
 */
export function wantedMtu(wanted: WantedInterface, underlay: ObservedLink): number {
  return wanted.mtu ?? allowedMtu(wanted.family, underlay);
}

/**
 * Why the interface cannot be made on its device; undefined when it can. The kernel clamps an MTU silently.
 */
export function underlayObstacle(
  wanted: WantedInterface,
  links: readonly ObservedLink[],
): string | undefined {
  const attempt =
    `Cannot put interface "${wanted.interfaceName}" of network "${wanted.name}" on device "${wanted.underlay}"`;
  const underlay = links.find(({ name }) => name === wanted.underlay);
  if (wanted.underlay === wanted.interfaceName) return `${attempt}: an interface cannot be its own device`;
  if (underlay === undefined) {
    return `${attempt}: no such device in the pod, which has ${
      namesBeside(wanted.interfaceName, links)
    }. Name one of them (dev=…)`;
  }
  const allowed = allowedMtu(wanted.family, underlay);
  if ((wanted.mtu ?? 0) > allowed) {
    return `${attempt}: its MTU ${underlay.mtu} leaves ${allowed} (VXLAN over IPv${wanted.family} takes ` +
      `${overhead(wanted.family)}), asked for is ${wanted.mtu}. Set mtu to at most ${allowed}`;
  }
  if ((wanted.mtu ?? allowed) < leastIpv6Mtu && wanted.addresses.some(({ family }) => family === 6)) {
    return `${attempt}: its MTU ${underlay.mtu} leaves ${allowed}, but IPv6 addresses need ${leastIpv6Mtu}. ` +
      `Use a device with an MTU of at least ${leastIpv6Mtu + overhead(wanted.family)}`;
  }
  return undefined;
}

/** RFC 8200, section 5: the kernel keeps no IPv6 address on a link with less. */
const leastIpv6Mtu = 1280;

/** Between what any VXLAN link takes at least and what an option can say. */
function allowedMtu(family: Family, underlay: ObservedLink): number {
  return Math.min(Math.max(underlay.mtu - overhead(family), 68), 65535);
}

function namesBeside(own: string, links: readonly ObservedLink[]): string {
  return links.map(({ name }) => name).filter((name) => name !== own).map(quoted).join(", ") || "none";
}
