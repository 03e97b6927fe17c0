// Which forwarding entries the interfaces get and lose: one flood entry for each peer, and nothing towards
// anybody else.
import { floodMac } from "../iproute2/render.ts";
import type { ObservedFdbEntry } from "../observation.ts";
import type { Step } from "../step.ts";
import type { WantedState } from "../wanted.ts";
import type { StandingLink } from "./parts.ts";

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
    appends: sorted.flatMap(({ interfaceName, peers }) =>
      missingPeers(peers, { fdb: held.get(interfaceName) ?? [], own: entries.own })
        .map((dst) => ({ kind: "append-fdb", interfaceName, dst }) as const)
    ),
    deletions: sorted.flatMap(({ interfaceName, peers }) =>
      strayEntries(peers, { fdb: held.get(interfaceName) ?? [], own: entries.own })
        .map(({ mac, dst }) => ({ kind: "delete-fdb", interfaceName, mac, dst }) as const)
    ),
  };
}

function missingPeers(peers: readonly string[], { fdb, own }: Entries): readonly string[] {
  const flooded = new Set(fdb.flatMap(({ mac, dst }) => mac === floodMac ? [dst] : []));
  return peers.filter((peer) => !flooded.has(peer) && !own.has(peer));
}

/**
 * Entries towards those who are no peers: flood entries and learned ones alike, for the pod IP may be
 * another's by now. A learned one may age out before it is deleted; the kernel then refuses the line, which
 * is harmless.
 */
function strayEntries(peers: readonly string[], { fdb, own }: Entries): readonly ObservedFdbEntry[] {
  const wanted = new Set(peers);
  return fdb.filter(({ dst }) => !wanted.has(dst) || own.has(dst)).sort(byDestination);
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
