// Which links of the pod stay, go or are made: ours are compared with what is wanted, all others are never
// touched.
//
// Ours is a link of kind vxlan with exactly our alias. One without any alias that has the name and VNI of a
// wanted interface counts as ours too and is adopted: the predecessor made such links, and so do we in the
// moment between making a link and giving it its alias. One that bears the name we give to links while they are made
// was left half made. A link that differs in what cannot be changed in
// place is deleted and made again, and so is what stands on one that is deleted: the kernel takes it along. Nothing is deleted for an interface that cannot be made: a wrong link
// harms less than none.
import { quoted } from "../../text/quoted.ts";
import type { KernelState, ObservedLink } from "../observation.ts";
import {
  isTemporaryName,
  networkOfAlias,
  temporaryName,
  type WantedInterface,
  type WantedState,
} from "../wanted.ts";
import type { LinkPlan, MissingLink, Obstacle, StandingLink } from "./parts.ts";
import { standsOn, underlayObstacle } from "./underlay.ts";

/** Judges all links of a pod. */
export function planLinks(wanted: WantedState, observed: KernelState): LinkPlan {
  const links = { wanted, observed, holders: networkHolders(wanted, observed) };
  const obstacles = new Map<string, Obstacle>();
  // An obstacle keeps a link that would have gone, which may be in the way of another interface: until
  // nothing changes.
  for (;;) {
    const doomed = doomedLinks(links, obstacles);
    const found = newObstacles(links, { doomed, obstacles });
    if (found.length === 0) return linkPlan(links, { doomed, obstacles });
    for (const obstacle of found) obstacles.set(obstacle.network, obstacle);
  }
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

interface Links {
  readonly wanted: WantedState;
  readonly observed: KernelState;
  /** The network each link of ours belongs to, by link name. */
  readonly holders: ReadonlyMap<string, string>;
}

interface Findings {
  /** Links that go, by name, with the reason. */
  readonly doomed: ReadonlyMap<string, string>;
  /** What blocks an interface, by network. */
  readonly obstacles: ReadonlyMap<string, Obstacle>;
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
  return wanted.interfaces.find(({ interfaceName, vni }) =>
    interfaceName === link.name && vni === link.vxlan?.vni
  )?.name;
}

function doomedLinks(links: Links, obstacles: Findings["obstacles"]): Findings["doomed"] {
  const doomed = new Map<string, string>();
  for (const link of links.observed.links) {
    const network = links.holders.get(link.name);
    const why = network === undefined ? undefined : doomOf(link, { ...links, network, obstacles });
    if (why !== undefined) doomed.set(link.name, why);
  }
  for (let before = -1; before < doomed.size;) {
    before = doomed.size;
    for (const { name, vxlan } of links.observed.links) {
      if (!links.holders.has(name) || doomed.has(name) || !doomed.has(vxlan?.dev ?? "")) continue;
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

function newObstacles(links: Links, findings: Findings): readonly Obstacle[] {
  return links.wanted.interfaces
    .filter(({ name }) => !findings.obstacles.has(name))
    .flatMap((wanted) => {
      if (keptLink(wanted, { ...links, doomed: findings.doomed }) !== undefined) return [];
      const obstacle = whyNotMade(wanted, { ...links, doomed: findings.doomed });
      return obstacle === undefined ? [] : [obstacle];
    });
}

type Doomed = Links & { readonly doomed: Findings["doomed"] };

/** The link that already is the wanted interface, but for what changes in place. */
function keptLink(wanted: WantedInterface, { observed, holders, doomed }: Doomed): ObservedLink | undefined {
  return observed.links.find(({ name }) =>
    name === wanted.interfaceName && holders.get(name) === wanted.name && !doomed.has(name)
  );
}

function whyNotMade(wanted: WantedInterface, context: Doomed): Obstacle | undefined {
  const staying = context.observed.links.filter(({ name }) => !context.doomed.has(name));
  const { name: network, interfaceName } = wanted;
  const blocked = (reason: string): Obstacle => ({ kind: "conflict", network, interfaceName, reason });
  for (const taken of [interfaceName, temporaryName(network, context.wanted.annotationKey)]) {
    const link = staying.find(({ name, altnames }) => name === taken || altnames.includes(taken));
    if (link !== undefined) return blocked(nameTaken(wanted, { ...context, link, taken }));
  }
  const sameVni = staying.find(({ vxlan }) => isSameSegment(wanted, vxlan));
  if (sameVni !== undefined) return blocked(vniTaken(wanted, { ...context, link: sameVni }));
  const reason = underlayObstacle(wanted, { links: staying, interfaces: context.wanted.interfaces });
  return reason === undefined ? undefined : { ...blocked(reason), kind: "setup-failed" };
}

/** The kernel refuses a second link of equal VNI and port (it takes one of each family). */
function isSameSegment(wanted: WantedInterface, vxlan: ObservedLink["vxlan"]): boolean {
  return vxlan?.vni === wanted.vni && vxlan.port === wanted.port && vxlan.family === wanted.family;
}

type InTheWay = Doomed & { readonly link: ObservedLink };

function nameTaken(wanted: WantedInterface, context: InTheWay & { readonly taken: string }): string {
  const { link, taken } = context;
  const isOwn = taken === wanted.interfaceName;
  const name = isOwn ? "the name" : `the name ${taken}, under which it is made,`;
  const attempt =
    `Cannot create interface "${wanted.interfaceName}" of network "${wanted.name}": ${name} is `;
  const remedy = isOwn ? ", or choose another name for the interface (name=…)" : "";
  return link.name === taken
    ? `${attempt}taken by ${description(link)}. ${removal(context)}${remedy}`
    : `${attempt}an alternative name of link ${quoted(link.name)}. Take it from there${remedy}`;
}

function vniTaken(wanted: WantedInterface, context: InTheWay): string {
  const { link } = context;
  return `Cannot create interface "${wanted.interfaceName}" of network "${wanted.name}": VNI ${wanted.vni} and port ` +
    `${wanted.port} are taken by link ${quoted(link.name)}, ${description(link)}. ` +
    `${removal(context)}, or choose another VNI (id=…) or port (dstport=…)`;
}

/** Of our own links none is for users to remove: it is there because of something they have written. */
function removal({ link, holders, wanted }: InTheWay): string {
  const network = holders.get(link.name);
  if (network === undefined) return "Remove that link";
  return wanted.untouchable.includes(network)
    ? `It stays until network ${quoted(network)} is given correctly or no longer asked for: mend that`
    : `It stays as long as something is in the way of network ${quoted(network)}: mend that`;
}

function description(link: ObservedLink): string {
  const kind = link.kind === "" ? "a link of no kind" : `a link of kind ${quoted(link.kind)}`;
  const vni = link.vxlan === undefined ? "" : ` with VNI ${link.vxlan.vni}`;
  const alias = link.alias === "" ? " without an alias" : ` with alias ${quoted(link.alias)}`;
  return `${kind}${vni}${alias}`;
}

function linkPlan(links: Links, findings: Findings): LinkPlan {
  const { doomed } = findings;
  const possible = links.wanted.interfaces.filter(({ name }) => !findings.obstacles.has(name));
  const standing = possible.flatMap((wanted): StandingLink[] => {
    const link = keptLink(wanted, { ...links, doomed });
    return link === undefined ? [] : [{ wanted, link }];
  });
  const devices = { links: links.observed.links, interfaces: links.wanted.interfaces };
  const height = ({ wanted }: StandingLink): number => standsOn(wanted, devices).length;
  return {
    standing: standing.sort((a, b) => height(a) - height(b)),
    missing: possible.filter((wanted) => !standing.some((each) => each.wanted === wanted))
      .map((wanted) => missingLink(wanted, { ...links, doomed })),
    staying: links.observed.links.filter(({ name }) => !doomed.has(name)),
    deletions: deletionsOf(links.observed.links, doomed),
    obstacles: [...findings.obstacles.values()],
  };
}

/** What stands on another one goes before it, or would have gone with it. */
function deletionsOf(
  links: readonly ObservedLink[],
  doomed: Findings["doomed"],
): LinkPlan["deletions"] {
  const heights = heightsOf(links, doomed);
  const height = (name: string): number => heights.get(name) ?? 0;
  return [...doomed].sort(([a], [b]) => height(b) - height(a) || (a < b ? -1 : 1))
    .map(([interfaceName, why]) => ({ kind: "delete-link", interfaceName, why }));
}

/** How many of those that go each one stands on. A pod may claim thousands, and that they stand on each other in a circle. */
function heightsOf(
  links: readonly ObservedLink[],
  doomed: Findings["doomed"],
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

function missingLink(wanted: WantedInterface, { observed, holders, doomed }: Doomed): MissingLink {
  const predecessor = observed.links.find(({ name }) =>
    holders.get(name) === wanted.name && doomed.has(name)
  );
  return predecessor === undefined
    ? { wanted, why: "it does not exist" }
    : { wanted, why: "it was made otherwise", predecessor };
}
