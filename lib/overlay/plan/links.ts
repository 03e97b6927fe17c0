// Which links of the pod stay, go or are made: ours are compared with what is wanted, no others are ever touched.
//
// Ours is a link of kind vxlan with exactly our alias. One without any alias that has the name and VNI of a wanted interface
// counts as ours too and is adopted, where it has the default port on IPv4, as all links of the predecessor have, or is what
// is wanted: ours, but for an alias that somebody took away. One that bears the name we give to links while they are made was
// left half made. A link that differs in what cannot be changed in place is deleted and made again, and so is what stands on
// one that is deleted: the kernel takes it along. Nothing is deleted for an interface that cannot be made: a wrong link harms
// less than none.
import { quoted } from "../../text/quoted.ts";
import type { KernelState, ObservedLink } from "../observation.ts";
import {
  isMarked,
  isTemporaryName,
  networkOfAlias,
  type WantedInterface,
  type WantedState,
} from "../wanted.ts";
import type { Step } from "../step.ts";
import { defined } from "../../text/defined.ts";
import { isTakenOver, linkText, missingLink, replaceReason } from "./interface.ts";
import type { LinkPlan, Obstacle, StandingLink } from "./parts.ts";
import { asTheyAre, deletionsOf, type Devices, standsOn, underlayObstacle } from "./underlay.ts";

/** Judges all links of a pod. */
export function planLinks(
  wanted: WantedState,
  observed: KernelState,
  applied: readonly Step[] = [],
): LinkPlan {
  const holders = networkHolders(wanted, observed);
  const links = { wanted, observed, applied, holders, isPatient: false };
  const plan = planOf(links);
  if (conflictsIn(plan) === 0) return plan;
  // Of those that exchange names or VNIs one may be to stand on another, which cannot be made before its own link goes.
  const patient = planOf({ ...links, isPatient: true });
  return conflictsIn(patient) < conflictsIn(plan) ? patient : plan;
}

function conflictsIn({ obstacles }: LinkPlan): number {
  return obstacles.filter(({ kind }) => kind === "conflict").length;
}

function planOf(links: Links): LinkPlan {
  const obstacles = new Map<string, Obstacle>();
  // An obstacle keeps a link that would have gone, which may be in the way of another interface: until
  // nothing changes.
  for (;;) {
    const findings = findingsOf(links, obstacles);
    const found = newObstacles(findings);
    if (found.length === 0) return linkPlan(findings);
    for (const obstacle of found) obstacles.set(obstacle.network, obstacle);
  }
}

interface Links {
  readonly wanted: WantedState;
  readonly observed: KernelState;
  /** What was done already to come here. */
  readonly applied: readonly Step[];
  /** The network each link of ours belongs to, by link name. */
  readonly holders: ReadonlyMap<string, string>;
  /** What is to stand on one that is to be made is no obstacle, and is made later. */
  readonly isPatient: boolean;
}

interface Findings extends Links {
  /** Links that go, by name, with the reason. */
  readonly doomed: ReadonlyMap<string, string>;
  /** What blocks an interface that is not there as it should be, by network. */
  readonly obstacles: ReadonlyMap<string, Obstacle>;
  /** What keeps one that is there from another device or MTU, by network. */
  readonly stuck: ReadonlyMap<string, Obstacle>;
  readonly staying: readonly ObservedLink[];
  readonly devices: Devices;
}

/** One that cannot be put on its device stays where it is, and may so be in the way of another: until nothing changes. */
function findingsOf(links: Links, obstacles: Findings["obstacles"]): Findings {
  const { interfaces } = links.wanted;
  const doomed = doomedLinks(links, obstacles);
  const staying = links.observed.links.filter(({ name }) => !doomed.has(name));
  const blocked = new Set(interfaces.flatMap((each) => obstacles.has(each.name) ? [each.interfaceName] : []));
  const there = new Map(staying.map((link) => [link.name, link]));
  const names = interfaces.map(({ interfaceName }) => interfaceName);
  const coming = names.filter((name) => links.isPatient && !there.has(name) && !blocked.has(name));
  const devices: Devices = {
    links: there,
    interfaces: new Map(interfaces.map((wanted) => [wanted.interfaceName, wanted])),
    blocked,
    coming: new Set(coming),
  };
  const stuck = new Map<string, Obstacle>();
  const findings = { ...links, doomed, obstacles, stuck, staying, devices };
  for (let before = -1; before < stuck.size;) {
    before = stuck.size;
    const found = interfaces.flatMap((wanted) => {
      const isOpen = !blocked.has(wanted.interfaceName) && keptLink(wanted, findings) !== undefined;
      return isOpen ? whyNotPut(wanted, asTheyAre(devices)) ?? [] : [];
    });
    for (const obstacle of found) {
      stuck.set(obstacle.network, obstacle);
      blocked.add(obstacle.interfaceName);
    }
  }
  return findings;
}

function networkHolders(wanted: WantedState, observed: KernelState): ReadonlyMap<string, string> {
  return new Map(
    observed.links.flatMap((link): [string, string][] => {
      const network = networkOf(link, wanted);
      return network === undefined ? [] : [[link.name, network]];
    }),
  );
}

function networkOf(link: ObservedLink, wanted: WantedState): string | undefined {
  if (link.vxlan === undefined) return undefined;
  if (link.alias !== "") return networkOfAlias(link.alias, wanted.annotationKey);
  if (isTemporaryName(link.name, wanted.annotationKey)) return "";
  return wanted.interfaces.find((one) => isTakenOver(one, link))?.name;
}

function doomedLinks(links: Links, obstacles: Findings["obstacles"]): Findings["doomed"] {
  const doomed = new Map<string, string>();
  for (const link of links.observed.links) {
    const network = links.holders.get(link.name);
    const why = network === undefined ? undefined : doomOf(link, { ...links, network, obstacles });
    if (why !== undefined) doomed.set(link.name, why);
  }
  // The kernel takes along what stands on a link, be it whose it may.
  for (let before = -1; before < doomed.size;) {
    before = doomed.size;
    for (const { name, vxlan } of links.observed.links) {
      if (doomed.has(name) || !doomed.has(vxlan?.dev ?? "")) continue;
      doomed.set(name, `device ${vxlan?.dev}, on which it stands, goes`);
    }
  }
  return doomed;
}

function doomOf(
  link: ObservedLink,
  context: Links & { readonly network: string; readonly obstacles: Findings["obstacles"] },
): string | undefined {
  const { wanted, network } = context;
  if (isTemporaryName(link.name, wanted.annotationKey)) return "it was left half made";
  const iface = wanted.interfaces.find((candidate) => candidate.name === network);
  if (iface !== undefined) {
    return context.obstacles.has(network) ? undefined : replaceReason(iface, link);
  }
  if (wanted.forbidden?.includes(network)) return `the pod must not have network ${network}`;
  if (wanted.untouchable.includes(network) || !wanted.mayRemove) return undefined;
  return `the pod no longer asks for network ${network}`;
}

function newObstacles(findings: Findings): readonly Obstacle[] {
  const found = findings.wanted.interfaces
    .filter((wanted) => !findings.obstacles.has(wanted.name) && keptLink(wanted, findings) === undefined)
    .flatMap((wanted) => whyNotMade(wanted, findings) ?? []);
  // What is whose comes first: it decides what stands where.
  const conflicts = found.filter(({ kind }) => kind === "conflict");
  return conflicts.length > 0 ? conflicts : found;
}

/** The link that already is the wanted interface, but for what changes in place. */
function keptLink(
  wanted: WantedInterface,
  { holders, devices }: Pick<Findings, "holders" | "devices">,
): ObservedLink | undefined {
  const link = devices.links.get(wanted.interfaceName);
  return link !== undefined && holders.get(link.name) === wanted.name ? link : undefined;
}

function whyNotMade(wanted: WantedInterface, context: Findings): Obstacle | undefined {
  const { staying, devices } = context;
  const { name: network, interfaceName } = wanted;
  const about = { kind: "conflict", network, interfaceName } as const;
  const link = staying.find(({ name, altnames }) =>
    name === interfaceName || altnames.includes(interfaceName)
  );
  if (link !== undefined) return { ...about, reason: nameTaken(wanted, { ...context, link }) };
  const sameVni = staying.find(({ vxlan }) => isSameSegment(wanted, vxlan));
  if (sameVni !== undefined) return { ...about, reason: vniTaken(wanted, { ...context, link: sameVni }) };
  return whyNotPut(wanted, devices);
}

function whyNotPut(wanted: WantedInterface, devices: Devices): Obstacle | undefined {
  const reason = underlayObstacle(wanted, devices);
  const { name: network, interfaceName } = wanted;
  return reason === undefined ? undefined : { kind: "setup-failed", network, interfaceName, reason };
}

/** The kernel refuses a second link of equal VNI and port (it takes one of each family). */
function isSameSegment(wanted: WantedInterface, vxlan: ObservedLink["vxlan"]): boolean {
  return vxlan?.vni === wanted.vni && vxlan.port === wanted.port && vxlan.family === wanted.family;
}

type InTheWay = Links & { readonly link: ObservedLink };

function nameTaken(wanted: WantedInterface, context: InTheWay): string {
  const { link } = context;
  const attempt =
    `Cannot create interface "${wanted.interfaceName}" of network "${wanted.name}": the name is `;
  const remedy = ", or choose another name for the interface (name=…)";
  return link.name === wanted.interfaceName
    ? `${attempt}taken by ${linkText(link)}. ${removal(context)}${remedy}`
    : `${attempt}an alternative name of link ${quoted(link.name)}. Take it from there${remedy}`;
}

function vniTaken(wanted: WantedInterface, context: InTheWay): string {
  const { link } = context;
  return `Cannot create interface "${wanted.interfaceName}" of network "${wanted.name}": VNI ${wanted.vni} and port ` +
    `${wanted.port} are taken by link ${quoted(link.name)}, ${linkText(link)}. ` +
    `${removal(context)}, or choose another VNI (id=…) or port (dstport=…)`;
}

/** Of our own links none is for users to remove: it is there because of something they have written. */
function removal({ link, holders, wanted }: InTheWay): string {
  const network = holders.get(link.name);
  if (network === undefined) {
    // Anybody can write it on a bridge, which no controller makes.
    return link.vxlan !== undefined && isMarked(link.alias)
      ? "A controller with another annotation has made it: take that network from the pod there"
      : "Remove that link";
  }
  const its = `network ${quoted(network)}`;
  if (wanted.untouchable.includes(network)) {
    return `It stays until ${its} is given correctly or no longer asked for: mend that`;
  }
  return wanted.interfaces.some(({ name }) => name === network)
    ? `It stays as long as something is in the way of ${its}: mend that`
    : `It stays until all of the annotation can be read, which then names ${its} or not: mend that`;
}

function linkPlan(findings: Findings): LinkPlan {
  const { doomed, obstacles, devices, staying, holders } = findings;
  const possible = findings.wanted.interfaces.filter(({ name }) => !obstacles.has(name));
  const standing = possible.flatMap((wanted): StandingLink[] => {
    const link = keptLink(wanted, findings);
    return link === undefined
      ? []
      : [{ wanted, link, ...defined({ stuck: findings.stuck.get(wanted.name) }) }];
  });
  const height = ({ wanted }: StandingLink): number => standsOn(wanted, devices).length;
  const missing = possible.filter((wanted) => !standing.some((each) => each.wanted === wanted));
  const later = missing.flatMap((wanted) => whyNotPut(wanted, asTheyAre(devices)) ?? []);
  return {
    standing: standing.sort((a, b) => height(a) - height(b)),
    missing: missing.filter(({ name }) => !later.some(({ network }) => network === name))
      .map((wanted) => missingLink(wanted, findings)),
    staying,
    devices,
    deletions: deletionsOf(findings.observed.links, { doomed, holders }),
    obstacles: [...obstacles.values(), ...later],
  };
}
