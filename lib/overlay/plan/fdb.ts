// Which forwarding entries the interfaces get and lose: one flood entry for each peer, and nothing towards
// anybody else.
import { floodMac } from "../iproute2/render.ts";
import type { ObservedFdbEntry } from "../observation.ts";
import type { Step } from "../step.ts";
import type { WantedInterface, WantedState } from "../wanted.ts";
import type { StandingLink } from "./parts.ts";
import { isOldUnicast, missingUnicasts } from "./static_neighbours.ts";

/** Steps for all interfaces, each list sorted by interface. */
export interface FdbSteps {
  readonly appends: readonly Step[];
  readonly deletions: readonly Step[];
}

interface Entries {
  readonly fdb: readonly ObservedFdbEntry[];
  /** The pod's own IPs, which may be among the peers'. */
  readonly own: ReadonlySet<string>;
}

/** Plans the entries of all standing links. */
export function fdbSteps(standing: readonly Pick<StandingLink, "wanted">[], entries: Entries): FdbSteps {
  const held = Map.groupBy(entries.fdb, ({ dev }) => dev);
  const sorted = standing.map(({ wanted }) => wanted).sort((a, b) =>
    a.interfaceName < b.interfaceName ? -1 : 1
  );
  return {
    appends: sorted.flatMap((wanted) => {
      const { interfaceName, peers } = wanted;
      const there = { fdb: held.get(interfaceName) ?? [], own: entries.own };
      return [
        ...missingPeers(peers, there).map((dst) => ({ kind: "append-fdb", interfaceName, dst }) as const),
        ...missingUnicasts(wanted, there),
      ];
    }),
    deletions: sorted.flatMap((wanted) =>
      strayEntries(wanted, { fdb: held.get(wanted.interfaceName) ?? [], own: entries.own }).map(deletionOf)
    ),
  };
}

/** Removes an entry. */
export function deletionOf({ dev, mac, dst }: ObservedFdbEntry): Step {
  return { kind: "delete-fdb", interfaceName: dev, mac, dst };
}

function missingPeers(peers: readonly string[], { fdb, own }: Entries): readonly string[] {
  const flooded = new Set(fdb.flatMap(({ mac, dst }) => mac === floodMac ? [dst] : []));
  return peers.filter((peer) => !flooded.has(peer) && !own.has(peer));
}

/**
 * Entries towards those who are no peers: flood entries and learned ones alike, for the pod IP may be
 * another's by now. Those towards who may be one, which nobody knows yet, stay. A learned one may age out before it is deleted; the kernel then refuses the line, which
 * is harmless.
 */
function strayEntries(wanted: WantedInterface, { fdb, own }: Entries): readonly ObservedFdbEntry[] {
  const [peers, presumed] = [new Set(wanted.peers), new Set(wanted.presumed)];
  return fdb.filter((entry) => {
    const isStray = !peers.has(entry.dst) || isOldUnicast(wanted, entry);
    return own.has(entry.dst) || (isStray && !presumed.has(entry.dst));
  }).sort(byDestination);
}

function byDestination(a: ObservedFdbEntry, b: ObservedFdbEntry): number {
  const [left, right] = [`${a.dst} ${a.mac}`, `${b.dst} ${b.mac}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Forwarding entries that are wanted and not there. */
export function missingEntries(
  { interfaces, own }: Pick<WantedState, "interfaces" | "own">,
  fdb: readonly ObservedFdbEntry[],
): number {
  return fdbSteps(interfaces.map((wanted) => ({ wanted })), { fdb, own }).appends.length;
}

/** Removes what the kernel has learned by itself, not what anybody has set. */
export function isOfLearned(step: Step): boolean {
  return step.kind === "delete-fdb" && step.mac !== floodMac;
}
