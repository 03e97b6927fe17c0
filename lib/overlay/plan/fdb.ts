// Which forwarding entries the interfaces get and lose: one flood entry for each peer, and nothing towards
// anybody else.
import type { Observation, ObservedFdbEntry } from "../observation.ts";
import type { StandingLink } from "./links.ts";
import { floodMac } from "../iproute2/render.ts";
import type { Step } from "../step.ts";

/** Steps for all interfaces, each list sorted by interface. */
export interface FdbSteps {
  readonly appends: readonly Step[];
  readonly deletions: readonly Step[];
}

/** Plans the entries of all standing links. */
export function fdbSteps(standing: readonly StandingLink[], observed: Observation): FdbSteps {
  const held = entriesByDevice(observed.fdb);
  return {
    appends: standing.flatMap(({ wanted, link }) =>
      missingPeers(wanted.peers, entriesOf(held, link?.name))
        .map((dst) => ({ kind: "append-fdb", dev: wanted.name, dst }) as const)
    ),
    deletions: standing.flatMap(({ wanted, link }) =>
      strayEntries(wanted.peers, entriesOf(held, link?.name))
        .map(({ mac, dst }) => ({ kind: "delete-fdb", dev: wanted.name, mac, dst }) as const)
    ),
  };
}

function entriesByDevice(fdb: readonly ObservedFdbEntry[]): ReadonlyMap<string, readonly ObservedFdbEntry[]> {
  return Map.groupBy(fdb, ({ dev }) => dev);
}

/** A link that is about to be made starts empty, also when one of its name is still there. */
function entriesOf(
  held: ReadonlyMap<string, readonly ObservedFdbEntry[]>,
  link: string | undefined,
): readonly ObservedFdbEntry[] {
  return link === undefined ? [] : held.get(link) ?? [];
}

function missingPeers(peers: readonly string[], entries: readonly ObservedFdbEntry[]): readonly string[] {
  const flooded = new Set(entries.filter(({ mac }) => mac === floodMac).map(({ dst }) => dst));
  return peers.filter((peer) => !flooded.has(peer));
}

/**
 * Entries towards those who are no peers: flood entries and learned ones alike, for the pod IP may be
 * another's by now. A learned one may age out before it is deleted; the kernel then refuses the line, which
 * is harmless.
 */
function strayEntries(
  peers: readonly string[],
  entries: readonly ObservedFdbEntry[],
): readonly ObservedFdbEntry[] {
  const wanted = new Set(peers);
  return entries.filter(({ dst }) => !wanted.has(dst)).sort(byDestination);
}

function byDestination(a: ObservedFdbEntry, b: ObservedFdbEntry): number {
  const [left, right] = [`${a.dst} ${a.mac}`, `${b.dst} ${b.mac}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
