// What has changed between two lists of peers: asked by every member of a network after each change, answered once.
import type { Observation } from "../observation.ts";
import { isOfBridge, type Step } from "../step.ts";
import type { WantedState } from "../wanted.ts";
import { floodMac } from "../iproute2/render.ts";
import type { FdbSteps } from "./fdb.ts";
import type { Plan, StandingLink } from "./parts.ts";

/** What came and what went. */
export interface PeerChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Remembers the last answer for each list it was asked about. All members of a network share their list. */
export class PeerChanges {
  readonly #answers = new WeakMap<readonly string[], { to: readonly string[]; change: PeerChange }>();

  /** Both are sorted. */
  between(from: readonly string[], to: readonly string[]): PeerChange {
    if (from === to) return noChange;
    const known = this.#answers.get(from);
    if (known?.to === to) return known.change;
    const [before, after] = [new Set(from), new Set(to)];
    const change = {
      added: to.filter((ip) => !before.has(ip)),
      removed: from.filter((ip) => !after.has(ip)),
    };
    this.#answers.set(from, { to, change });
    return change;
  }

  /** Steps for the interfaces that are known to flood to `held` (interface → pod IPs). */
  steps(wanted: WantedState, held: ReadonlyMap<string, readonly string[]>): FdbSteps {
    const [appends, deletions]: Step[][] = [[], []];
    for (const { interfaceName, peers } of wanted.interfaces) {
      const from = held.get(interfaceName);
      if (from === undefined) continue;
      const { added, removed } = this.between(from, peers);
      for (const dst of added) {
        if (!wanted.own.has(dst)) appends?.push({ kind: "append-fdb", interfaceName, dst });
      }
      for (const dst of removed) {
        if (!wanted.own.has(dst)) deletions?.push({ kind: "delete-fdb", interfaceName, mac: floodMac, dst });
      }
    }
    return { appends: appends ?? [], deletions: deletions ?? [] };
  }
}

const noChange: PeerChange = { added: [], removed: [] };

/** What interfaces of these names flood to once all is as wanted. */
export function peersOf(
  wanted: WantedState,
  names: Iterable<string>,
): ReadonlyMap<string, readonly string[]> {
  const kept = new Set(names);
  return new Map(
    wanted.interfaces.flatMap(({ interfaceName, peers }) =>
      kept.has(interfaceName) ? [[interfaceName, peers] as const] : []
    ),
  );
}

/** Interfaces whose link is there as it should be, so that peers are all it may want. */
export function standingIn(
  { steps }: Pick<Plan, "steps">,
  { wanted, observed }: {
    readonly wanted: WantedState;
    readonly observed: Pick<Observation, "links">;
  },
): readonly string[] {
  const names = new Set(
    observed.links.flatMap(({ name, alias }) =>
      wanted.interfaces.some((each) => each.interfaceName === name && each.alias === alias) ? [name] : []
    ),
  );
  return [...names].filter((name) => !steps.some((step) => isOfBridge(step) && step.interfaceName === name));
}

/** Forwarding entries that are wanted. */
export function entriesOf(wanted: WantedState): number {
  return wanted.interfaces.reduce((sum, each) => sum + each.peers.length, 0);
}

/** The wanted interfaces that are known to flood to `held` (interface → pod IPs). */
export function heldBy(
  held: ReadonlyMap<string, readonly string[]> | undefined,
  { interfaces }: WantedState,
): readonly Pick<StandingLink, "wanted">[] {
  return interfaces.flatMap((wanted) => held?.has(wanted.interfaceName) ? [{ wanted }] : []);
}
