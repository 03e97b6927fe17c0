// How one link is made or brought to its wanted alias, device, MTU, MAC and state, without losing it.
import { optionTable } from "../../network/grammar/option_table.ts";
import { defined } from "../../text/defined.ts";
import { quoted } from "../../text/quoted.ts";
import type { KernelState, ObservedLink } from "../observation.ts";
import type { LinkAttributes, Step } from "../step.ts";
import { temporaryStart, type WantedInterface, type WantedState } from "../wanted.ts";
import type { MissingLink, StandingLink } from "./parts.ts";
import { type Devices, groundsOf, plannedMtu } from "./underlay.ts";

/** Makes the link under a name of ours; its own comes with the mark. */
export function makingSteps(
  { wanted, why, master }: MissingLink,
  { annotationKey, devices }: Pick<WantedState, "annotationKey"> & { readonly devices: Devices },
): readonly Step[] {
  const { interfaceName, alias, vni, up } = wanted;
  const temporary = temporaryStart(annotationKey);
  const kind = devices.links.get(master ?? "")?.kind ?? "";
  // What stands on a bridge cannot be a port of it.
  const mayGoBack = master !== undefined && nameable.test(master) && takingPorts.has(kind) &&
    !groundsOf(wanted, devices).includes(master);
  return [
    {
      kind: "add-link",
      ...attributesOf(wanted),
      temporary,
      ...(mayGoBack ? { master } : defined({ noPortOf: master })),
      why,
    },
    { kind: "name-link", interfaceName, temporary, vni, alias, up },
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
  const { except: _except, outside: _outside, neigh: _neigh, aside: _aside, ...attributes } = others;
  return attributes;
}

/** Kinds of devices to which a link is given with `master`. Of a switch of Open vSwitch it cannot be made a port so. */
const takingPorts: ReadonlySet<string> = new Set(["bridge", "bond", "team", "vrf"]);

/** Names of other people's devices that can stand in a command. */
const nameable = /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/;

/** Steps for a link that stands; an obstacle stops the change of device and MTU only, the rest of it goes on. */
export function linkSteps({ wanted, link, stuck }: StandingLink, devices: Devices): readonly Step[] {
  return [
    ...aliasSteps(wanted, link),
    ...(stuck === undefined ? underlaySteps(wanted, { link, mtu: plannedMtu(wanted, devices) }) : []),
    ...macSteps(wanted, link),
    ...upSteps(wanted, link.up),
  ];
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

/** Why a link cannot be turned into the wanted one in place; undefined when it can. */
export function replaceReason(wanted: WantedInterface, link: ObservedLink): string | undefined {
  const vxlan = link.vxlan;
  if (vxlan === undefined) return `it is of kind ${quoted(link.kind)}, not vxlan`;
  if (link.name !== wanted.interfaceName) return `its name is ${wanted.interfaceName} now`;
  if (vxlan.vni !== wanted.vni) return `its VNI is ${vxlan.vni}, not ${wanted.vni}`;
  if (vxlan.port !== wanted.port) return `its port is ${vxlan.port}, not ${wanted.port}`;
  if (vxlan.family !== wanted.family) {
    return `its tunnel runs over IPv${vxlan.family}, not IPv${wanted.family}`;
  }
  if (vxlan.local !== wanted.local) {
    return `its local address is ${vxlan.local ?? "unset"}, not ${wanted.local ?? "unset"}`;
  }
  if (vxlan.remote !== undefined) return `it sends to the fixed remote ${vxlan.remote}`;
  return undefined;
}

/** Whether one without an alias is the predecessor's, or ours but for the alias, which somebody took away. */
export function isTakenOver(wanted: WantedInterface, link: ObservedLink): boolean {
  const { vni, port, family, local, remote } = link.vxlan ?? {};
  const { dstport, family: usual } = optionTable;
  const isPredecessors = link.name === wanted.interfaceName && vni === wanted.vni &&
    port === dstport.fallback && family === usual.fallback && local === undefined && remote === undefined;
  return isPredecessors || replaceReason(wanted, link) === undefined;
}

/** One that must be made, in the place of one that goes, or has gone with what it stood on. */
export function missingLink(
  wanted: WantedInterface,
  { observed, holders, doomed, applied }: {
    readonly observed: KernelState;
    /** Networks of our links, by name. */
    readonly holders: ReadonlyMap<string, string>;
    readonly doomed: ReadonlyMap<string, string>;
    readonly applied: readonly Step[];
  },
): MissingLink {
  const going = observed.links.filter(({ name }) => holders.get(name) === wanted.name && doomed.has(name));
  const gone = applied.flatMap((step) =>
    step.kind === "delete-link" && step.port?.network === wanted.name ? step.port.master : []
  );
  // Of several, one that is a port: what takes its place is to be one.
  const [master] = [...going.flatMap((link) => link.master ?? []), ...gone];
  const why = going.length + gone.length === 0 ? "it does not exist" : "it was made otherwise";
  return { wanted, why, ...defined({ master }) };
}

/** A link that is in the way, as people read it. */
export function linkText(link: ObservedLink): string {
  const kind = link.kind === "" ? "a link of no kind" : `a link of kind ${quoted(link.kind)}`;
  const vni = link.vxlan === undefined ? "" : ` with VNI ${link.vxlan.vni}`;
  const alias = link.alias === "" ? " without an alias" : ` with alias ${quoted(link.alias)}`;
  return `${kind}${vni}${alias}`;
}
