// How one link is made or brought to its wanted alias, device, MTU, MAC and state, without losing it.
import type { Observation, ObservedLink } from "../observation.ts";
import type { AddLink, Step } from "../step.ts";
import type { WantedInterface } from "../wanted.ts";
import type { Obstacle, StandingLink } from "./parts.ts";
import { underlayObstacle, wantedMtu } from "./underlay.ts";

/** Steps for one interface; an obstacle stops the change of device and MTU only, the rest of it goes on. */
export function linkSteps(
  { wanted, link, why }: StandingLink,
  observed: Observation,
): { readonly steps: readonly Step[]; readonly obstacles: readonly Obstacle[] } {
  const { interfaceName } = wanted;
  if (link === undefined) {
    const alias: Step = { kind: "set-alias", interfaceName, alias: wanted.alias };
    return { steps: [addLink(wanted, why), alias, ...upSteps(wanted, false)], obstacles: [] };
  }
  const reason = underlayObstacle(wanted, observed.links);
  return {
    steps: [
      ...aliasSteps(wanted, link),
      ...(reason === undefined ? underlaySteps(wanted, { link, observed }) : []),
      ...macSteps(wanted, link),
      ...upSteps(wanted, link.up),
    ],
    obstacles: reason === undefined
      ? []
      : [{ kind: "setup-failed", network: wanted.name, interfaceName, reason }],
  };
}

function addLink(wanted: WantedInterface, why: string): AddLink {
  return {
    kind: "add-link",
    interfaceName: wanted.interfaceName,
    vni: wanted.vni,
    port: wanted.port,
    family: wanted.family,
    ...(wanted.local === undefined ? {} : { local: wanted.local }),
    underlay: wanted.underlay,
    mac: wanted.mac,
    ...(wanted.mtu === undefined ? {} : { mtu: wanted.mtu }),
    why,
  };
}

function aliasSteps(wanted: WantedInterface, link: ObservedLink): readonly Step[] {
  return link.alias === wanted.alias
    ? []
    : [{ kind: "set-alias", interfaceName: wanted.interfaceName, alias: wanted.alias }];
}

/**
 * The device before the MTU: a device with a smaller MTU clamps that of the interface as it takes it over.
 */
function underlaySteps(
  wanted: WantedInterface,
  { link, observed }: { readonly link: ObservedLink; readonly observed: Observation },
): readonly Step[] {
  const { interfaceName } = wanted;
  const underlay = observed.links.find(({ name }) => name === wanted.underlay);
  if (underlay === undefined) return [];
  const mtu = wantedMtu(wanted, underlay);
  const isMoved = link.vxlan?.dev !== wanted.underlay;
  return [
    ...(isMoved
      ? [{ kind: "set-underlay", interfaceName, vni: wanted.vni, underlay: wanted.underlay } as const]
      : []),
    ...(link.mtu === mtu ? [] : [{ kind: "set-mtu", interfaceName, mtu } as const]),
  ];
}

function macSteps(wanted: WantedInterface, link: ObservedLink): readonly Step[] {
  return link.mac === wanted.mac
    ? []
    : [{ kind: "set-mac", interfaceName: wanted.interfaceName, mac: wanted.mac }];
}

/** `up=false` means that the state is never touched, not that the link is taken down. */
function upSteps(wanted: WantedInterface, isUp: boolean): readonly Step[] {
  return wanted.up && !isUp ? [{ kind: "set-up", interfaceName: wanted.interfaceName }] : [];
}
