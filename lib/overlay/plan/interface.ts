// How one link is made or brought to its wanted alias, device, MTU, MAC and state, without losing it.
import { quoted } from "../../text/quoted.ts";
import type { ObservedLink } from "../observation.ts";
import type { LinkAttributes, Step } from "../step.ts";
import { temporaryName, type WantedInterface, type WantedState } from "../wanted.ts";
import type { MissingLink, Obstacle, StandingLink } from "./parts.ts";
import { type Devices, plannedMtu, underlayObstacle } from "./underlay.ts";

/** Makes the link under a name of ours, marks it, and only then gives it its own. */
export function makingSteps(
  { wanted, why, predecessor }: MissingLink,
  { annotationKey, links }: Pick<WantedState, "annotationKey"> & Pick<Devices, "links">,
): readonly Step[] {
  const { interfaceName, alias } = wanted;
  const temporary = temporaryName(wanted.name, annotationKey);
  const master = predecessor?.master;
  const kind = links.find(({ name }) => name === master)?.kind ?? "";
  const mayGoBack = master !== undefined && nameable.test(master) && takingPorts.has(kind);
  return [
    {
      kind: "add-link",
      ...attributesOf(wanted),
      temporary,
      ...(mayGoBack ? { master } : {}),
      why: master === undefined || mayGoBack ? why : `${why}; it is no port of ${quoted(master)} any more`,
    },
    { kind: "set-alias", interfaceName, temporary, alias },
    { kind: "rename-link", interfaceName, temporary },
  ];
}

/** All of it but what comes by steps of its own. */
function attributesOf(
  {
    name: _name,
    alias: _alias,
    up: _up,
    addresses: _ips,
    routes: _routes,
    peers: _peers,
    neighbours: _neighbours,
    ...others
  }: WantedInterface,
): LinkAttributes {
  const { except: _except, outside: _outside, neigh: _neigh, ...attributes } = others;
  return attributes;
}

/** Kinds of devices to which a link is given with `master`. Of a switch of Open vSwitch it cannot be made a port so. */
const takingPorts: ReadonlySet<string> = new Set(["bridge", "bond", "team", "vrf"]);

/** Names of other people's devices that can stand in a command. */
const nameable = /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/;

/** Steps for a link that stands; an obstacle stops the change of device and MTU only, the rest of it goes on. */
export function linkSteps(
  { wanted, link }: StandingLink,
  devices: Devices,
): { readonly steps: readonly Step[]; readonly obstacles: readonly Obstacle[] } {
  const { interfaceName } = wanted;
  const reason = underlayObstacle(wanted, devices);
  return {
    steps: [
      ...aliasSteps(wanted, link),
      ...(reason === undefined ? underlaySteps(wanted, { link, mtu: plannedMtu(wanted, devices) }) : []),
      ...macSteps(wanted, link),
      ...upSteps(wanted, link.up),
    ],
    obstacles: reason === undefined
      ? []
      : [{ kind: "setup-failed", network: wanted.name, interfaceName, reason }],
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
  { interfaceName, vni, underlay }: WantedInterface,
  { link, mtu }: { readonly link: ObservedLink; readonly mtu: number },
): readonly Step[] {
  const isMoved = link.vxlan?.dev !== underlay;
  return [
    ...(isMoved ? [{ kind: "set-underlay", interfaceName, vni, underlay } as const] : []),
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
