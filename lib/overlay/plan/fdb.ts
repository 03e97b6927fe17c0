// Which forwarding entries the interfaces get and lose: one flood entry for each peer, and nothing towards
// anybody else.
import { floodMac } from "../iproute2/render.ts";
import type { Observation, ObservedFdbEntry } from "../observation.ts";
import type { Step } from "../step.ts";
import type { WantedState } from "../wanted.ts";
import type { Plan, StandingLink } from "./parts.ts";

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
        .map((dst) => ({ kind: "append-fdb", interfaceName: wanted.interfaceName, dst }) as const)
    ),
    deletions: standing.flatMap(({ wanted, link }) =>
      strayEntries(wanted.peers, entriesOf(held, link?.name))
        .map(({ mac, dst }) =>
          ({ kind: "delete-fdb", interfaceName: wanted.interfaceName, mac, dst }) as const
        )
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

/**
 * The observation that fdb steps leave behind, for steps planned from this very observation: what is appended
 * is not there yet, what is deleted is. All other steps are ignored: after those, look again.
 */
export function afterFdbSteps(observed: Observation, steps: readonly Step[]): Observation {
  const deleted = new Set(
    steps.flatMap((step) => step.kind === "delete-fdb" ? [keyOf({ ...step, dev: step.interfaceName })] : []),
  );
  const appended = steps.flatMap((step) =>
    step.kind === "append-fdb" ? [{ dev: step.interfaceName, mac: floodMac, dst: step.dst }] : []
  );
  // A rollout only appends, to thousands of entries again and again: no key is made for them then.
  const kept = deleted.size === 0 ? observed.fdb : observed.fdb.filter((entry) => !deleted.has(keyOf(entry)));
  return { ...observed, fdb: [...kept, ...appended] };
}

function keyOf({ dev, mac, dst }: ObservedFdbEntry): string {
  return `${dev} ${mac} ${dst}`;
}

/** Counts only when something is left to do: a thousand entries are not compared to say that none is missing. */
export function missingEntries(
  left: Plan,
  { observed, wanted }: { readonly observed: Observation; readonly wanted: WantedState },
): number {
  if (left.steps.length + left.obstacles.length === 0) return 0;
  const held = new Set(observed.fdb.map(({ dev, dst }) => `${dev} ${dst}`));
  return wanted.interfaces.reduce(
    (sum, { interfaceName, peers }) =>
      sum + peers.filter((peer) => !held.has(`${interfaceName} ${peer}`)).length,
    0,
  );
}
