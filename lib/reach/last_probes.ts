// What came of the last probes between members: bounded, and forgotten with the members.
import type { Network } from "../network/network.ts";
import { peerKey } from "../network/network.ts";
import type { Outcome, Station } from "./reach_report.ts";

/** One end of a probe. */
export interface ProbeEnd extends Station {
  readonly uid: string;
}

/** The last probe from one member to another in one network. */
export interface LastProbe {
  readonly network: Network;
  readonly from: ProbeEnd;
  readonly to: ProbeEnd;
  readonly outcome: Outcome;
  /** Milliseconds of the clock. */
  readonly at: number;
}

/** Probes that are kept; the oldest go first. */
const mostKept = 2_000;

export class LastProbes {
  /** In the order of their time. */
  readonly #probes = new Map<string, LastProbe>();

  put(probe: LastProbe): void {
    const key = keyOf(probe);
    this.#probes.delete(key);
    this.#probes.set(key, probe);
    const [oldest] = this.#probes.keys();
    if (this.#probes.size > mostKept && oldest !== undefined) this.#probes.delete(oldest);
  }

  /** Nobody can ask this member any more in other networks than these (keys as of `peerKey`). */
  keep(uid: string, networks: ReadonlySet<string>): void {
    for (const [key, { network, from, to }] of this.#probes) {
      const isOf = from.uid === uid || to.uid === uid;
      if (isOf && !networks.has(peerKey(network))) this.#probes.delete(key);
    }
  }

  /** Whom this member did not reach in this network. */
  failedFrom(uid: string, network: string): readonly string[] {
    const failed: string[] = [];
    // Asked at every look at a member: of the others' probes nothing is copied.
    for (const probe of this.#probes.values()) {
      if (probe.from.uid !== uid || probe.outcome.kind !== "unreachable") continue;
      if (peerKey(probe.network) === network) failed.push(probe.to.uid);
    }
    return failed;
  }

  /** What came of asking one member, or of its asking others. */
  of(uid: string): readonly LastProbe[] {
    return this.all().filter(({ from, to }) => from.uid === uid || to.uid === uid);
  }

  all(): readonly LastProbe[] {
    return [...this.#probes.values()];
  }

  /** Pairs that were probed, and of those the ones without an answer; who asked whom makes no difference. */
  counts(): { readonly probed: number; readonly unreachable: number } {
    const pairs = new Map<string, boolean>();
    for (const { network, from, to, outcome } of this.#probes.values()) {
      if (outcome.kind === "not probed") continue;
      // The later one counts.
      pairs.set([peerKey(network), ...[from.uid, to.uid].sort()].join(" "), outcome.kind === "unreachable");
    }
    return { probed: pairs.size, unreachable: [...pairs.values()].filter(Boolean).length };
  }
}

function keyOf({ network, from, to }: LastProbe): string {
  return `${peerKey(network)} ${from.uid} ${to.uid}`;
}
