// Which links of the pod stay, go or are made: ours are compared with what is wanted, all others are never
// touched.
//
// Ours is a link of kind vxlan with exactly our alias. One without any alias that has the name and VNI of a
// wanted interface counts as ours too and is adopted: the predecessor made such links, and so do we in the
// moment between making a link and giving it its alias. A link that differs in what cannot be changed in
// place is deleted and made again. Nothing is deleted for an interface that cannot be made: a wrong link
// harms less than none.
import { quoted } from "../../text/quoted.ts";
import type { Observation, ObservedLink } from "../observation.ts";
import { networkOfAlias, type WantedInterface, type WantedState } from "../wanted.ts";
import type { LinkPlan, Obstacle, StandingLink } from "./parts.ts";
import { underlayObstacle } from "./underlay.ts";

/** Judges all links of a pod. */
export function planLinks(wanted: WantedState, observed: Observation): LinkPlan {
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
  readonly observed: Observation;
  /** The network each link of ours belongs to, by link name. */
  readonly holders: ReadonlyMap<string, string>;
}

interface Findings {
  /** Links that go, by name, with the reason. */
  readonly doomed: ReadonlyMap<string, string>;
  /** What blocks an interface, by network. */
  readonly obstacles: ReadonlyMap<string, Obstacle>;
}

function networkHolders(wanted: WantedState, observed: Observation): ReadonlyMap<string, string> {
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
  return doomed;
}

function doomOf(
  link: ObservedLink,
  context: Links & { readonly network: string; readonly obstacles: Findings["obstacles"] },
): string | undefined {
  const { wanted, network } = context;
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
  const sameName = staying.find(({ name }) => name === wanted.interfaceName);
  if (sameName !== undefined) {
    return { kind: "conflict", network, interfaceName, reason: nameTaken(wanted, sameName) };
  }
  const sameVni = staying.find(({ vxlan }) => isSameSegment(wanted, vxlan));
  if (sameVni !== undefined) {
    return { kind: "conflict", network, interfaceName, reason: vniTaken(wanted, sameVni) };
  }
  const reason = underlayObstacle(wanted, staying);
  return reason === undefined ? undefined : { kind: "setup-failed", network, interfaceName, reason };
}

/** The kernel refuses a second link of equal VNI and port (it takes one of each family). */
function isSameSegment(wanted: WantedInterface, vxlan: ObservedLink["vxlan"]): boolean {
  return vxlan?.vni === wanted.vni && vxlan.port === wanted.port && vxlan.family === wanted.family;
}

function nameTaken(wanted: WantedInterface, link: ObservedLink): string {
  return `Cannot create interface "${wanted.interfaceName}" of network "${wanted.name}": the name is taken by ` +
    `${description(link)}. Remove that link, or choose another name for the interface (name=…)`;
}

function vniTaken(wanted: WantedInterface, link: ObservedLink): string {
  return `Cannot create interface "${wanted.interfaceName}" of network "${wanted.name}": VNI ${wanted.vni} and port ` +
    `${wanted.port} are taken by link ${quoted(link.name)}, ${description(link)}. ` +
    `Remove that link, or choose another VNI (id=…) or port (dstport=…)`;
}

function description(link: ObservedLink): string {
  const kind = link.kind === "" ? "a link of no kind" : `a link of kind ${quoted(link.kind)}`;
  const vni = link.vxlan === undefined ? "" : ` with VNI ${link.vxlan.vni}`;
  const alias = link.alias === "" ? " without an alias" : ` with alias ${quoted(link.alias)}`;
  return `${kind}${vni}${alias}`;
}

function linkPlan(links: Links, findings: Findings): LinkPlan {
  const doomed = findings.doomed;
  return {
    standing: links.wanted.interfaces
      .filter(({ name }) => !findings.obstacles.has(name))
      .map((wanted) => standingLink(wanted, { ...links, doomed })),
    deletions: [...doomed].sort().map(([interfaceName, why]) => ({
      kind: "delete-link",
      interfaceName,
      why,
    })),
    obstacles: [...findings.obstacles.values()],
  };
}

function standingLink(wanted: WantedInterface, context: Doomed): StandingLink {
  const link = keptLink(wanted, context);
  if (link !== undefined) return { wanted, link, why: "" };
  const replaced = [...context.holders].find(([name, network]) =>
    network === wanted.name && context.doomed.has(name)
  );
  return { wanted, why: replaced === undefined ? "it does not exist" : "it was made otherwise" };
}
