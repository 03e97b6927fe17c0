// neigh=static: which neighbours and unicast entries are set, so that no kernel has to find them out, and which go again.
//
// A permanent neighbour is exempt from the collection of the node's one table. It is lost when its link goes down, so it is
// read back as links are. Ours carry our protocol number; anybody else's is left alone.
import { quoted } from "../../text/quoted.ts";
import { floodMac } from "../iproute2/render.ts";
import type { KernelState, ObservedFdbEntry, ObservedLink } from "../observation.ts";
import type { Step } from "../step.ts";
import type { Neighbour, WantedInterface, WantedState } from "../wanted.ts";
import type { Obstacle, StandingLink } from "./parts.ts";
import { leastIpv6Mtu } from "./underlay.ts";

/** What is set for a network: of several members with one address or MAC the first counts. */
interface StaticEntries {
  /** By address. */
  readonly neighbours: ReadonlyMap<string, Neighbour>;
  /** By MAC. */
  readonly unicasts: ReadonlyMap<string, Neighbour>;
}

const nothing: StaticEntries = { neighbours: new Map(), unicasts: new Map() };
const known = new WeakMap<readonly Neighbour[], StaticEntries>();

/** Worked out once for all members of a network; nothing where neighbours are found out. */
export function staticEntries(
  { neigh, neighbours }: Pick<WantedInterface, "neigh" | "neighbours">,
): StaticEntries {
  if (neigh === undefined) return nothing;
  const found = known.get(neighbours) ?? {
    neighbours: firstOfEach(neighbours, ({ address }) => address),
    unicasts: firstOfEach(neighbours, ({ mac }) => mac),
  };
  known.set(neighbours, found);
  return found;
}

function firstOfEach(
  neighbours: readonly Neighbour[],
  key: (one: Neighbour) => string,
): ReadonlyMap<string, Neighbour> {
  const found = new Map<string, Neighbour>();
  for (const one of neighbours) if (!found.has(key(one))) found.set(key(one), one);
  return found;
}

/** Steps of `ip`. */
export interface NeighbourSteps {
  readonly additions: readonly Step[];
  readonly deletions: readonly Step[];
  readonly obstacles: readonly Obstacle[];
}

/** Plans the neighbours of all standing links. */
export function neighbourSteps(
  standing: readonly StandingLink[],
  { neighbours = [], own }: Pick<KernelState, "neighbours"> & { readonly own: ReadonlySet<string> },
): NeighbourSteps {
  const [additions, deletions, obstacles]: [Step[], Step[], Obstacle[]] = [[], [], []];
  for (const { wanted, link } of standing) {
    const { interfaceName } = wanted;
    const held = new Map(
      neighbours.flatMap((one) => one.dev === interfaceName ? [[one.address, one] as const] : []),
    );
    const asked = staticEntries(wanted).neighbours;
    for (const { address, mac, dst } of asked.values()) {
      const there = held.get(address);
      if (own.has(dst) || !knowsFamily(link, address) || there?.mac === mac) continue;
      if (there?.ours === false) obstacles.push(taken(wanted, { address, mac, found: there.mac }));
      else additions.push({ kind: "set-neighbour", interfaceName, address, mac });
    }
    for (const { address, mac, ours } of held.values()) {
      const one = asked.get(address);
      // What is wrong and cannot be set right goes.
      const isKept = one !== undefined && !own.has(one.dst) &&
        (one.mac === mac || knowsFamily(link, address));
      if (!ours || isKept) continue;
      deletions.push({ kind: "forget-neighbour", interfaceName, address, permanent: true });
    }
  }
  return { additions: additions.sort(byAddress), deletions: deletions.sort(byAddress), obstacles };
}

/** A line about a neighbour of IPv6 ends the tool where the link has no IPv6. */
export function knowsFamily(
  { addresses, mtu }: Pick<ObservedLink, "addresses" | "mtu">,
  address: string,
): boolean {
  return !address.includes(":") || (mtu >= leastIpv6Mtu && addresses.some((cidr) => cidr.includes(":")));
}

function taken(
  { name, interfaceName }: WantedInterface,
  { address, mac, found }: { readonly address: string; readonly mac: string; readonly found: string },
): Obstacle {
  return {
    kind: "conflict",
    network: name,
    interfaceName,
    reason:
      `Cannot set the neighbour ${address} of network ${quoted(name)} to ${mac}: somebody has set it to ` +
      `${found} for good. Remove that with ip neigh del ${address} dev ${interfaceName}`,
  };
}

/** Unicast entries that are wanted and not there. */
export function missingUnicasts(
  wanted: WantedInterface,
  { fdb, own }: { readonly fdb: readonly ObservedFdbEntry[]; readonly own: ReadonlySet<string> },
): readonly Step[] {
  const { unicasts } = staticEntries(wanted);
  const held = new Set(fdb.flatMap(({ mac, dst, permanent }) => permanent === true ? [`${mac} ${dst}`] : []));
  return [...unicasts.values()].filter(({ mac, dst }) => !own.has(dst) && !held.has(`${mac} ${dst}`))
    .map(({ mac, dst }): Step => ({
      kind: "replace-fdb",
      interfaceName: wanted.interfaceName,
      mac,
      dst,
    })).sort(byAddress);
}

/** Whether an entry towards a peer is one of these and not wanted any more. */
export function isOldUnicast(wanted: WantedInterface, { mac, dst, permanent }: ObservedFdbEntry): boolean {
  if (permanent !== true || mac === floodMac) return false;
  if (wanted.neigh !== undefined) return !staticEntries(wanted).unicasts.has(mac);
  return staticEntries({ ...wanted, neigh: "static" }).unicasts.get(mac)?.dst === dst;
}

/**
 * Entries towards peers that nothing asks for, on links where none are set: what neigh=static had set for one whose address
 * has gone with it, or what others set. While the peer is there they stay.
 */
export function unaskedEntries(
  { interfaces }: Pick<WantedState, "interfaces">,
  fdb: readonly ObservedFdbEntry[],
): readonly ObservedFdbEntry[] {
  const names = new Set(
    interfaces.flatMap(({ interfaceName, neigh }) => neigh === undefined ? interfaceName : []),
  );
  return fdb.filter(({ dev, mac, permanent }) => permanent === true && mac !== floodMac && names.has(dev));
}

/** Those that lead to peers whom these steps take out: they would lead to the next one with that pod IP. */
export function goingAlong(
  entries: readonly ObservedFdbEntry[],
  steps: readonly Step[],
): readonly ObservedFdbEntry[] {
  const gone = new Set(
    steps.map((step) => step.kind === "delete-fdb" ? `${step.interfaceName} ${step.dst}` : ""),
  );
  return entries.filter(({ dev, dst }) => gone.has(`${dev} ${dst}`));
}

function byAddress(a: Step, b: Step): number {
  const [left, right] = [a, b].map(textOf);
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

function textOf(step: Step): string {
  return JSON.stringify(step);
}
