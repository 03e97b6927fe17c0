// How long do people wait: from the agent running to the interface, and from a pod IP to its entry in all peers.
import type { ProblemKind } from "../network/problem.ts";
import type { Clock } from "../time/clock.ts";
import { Timer } from "../time/timer.ts";
import type { Step } from "../overlay/step.ts";
import type { PodReport, ReportedPod, Reporter } from "./report.ts";

export interface JoinLatencyOptions {
  readonly clock: Clock;
  /** Where the times of a pod are kept; undefined when it is gone. */
  readonly recordOf: (uid: string) => Timed | undefined;
  /** Segments in which a pod is reachable, and who is in them, as the store knows it. */
  readonly whereabouts: {
    readonly segmentsOf: (uid: string) => readonly string[];
    readonly membersOf: (segment: string) => Iterable<string>;
  };
  /** Both take milliseconds. */
  readonly onInterfaceReady?: (ms: number) => void;
  readonly onPeerEntry?: (ms: number) => void;
}

/** The part of a pod's record that is kept here. */
export interface Timed {
  times?: Times | undefined;
}

interface Times {
  /** Its agent runs, and since when (monotonic ms) it has been waited for; absent when that is told, or its author's time. */
  agentRuns: boolean;
  agentSince?: number | undefined;
  /** An interface was made since. */
  made: boolean;
  failing: boolean;
  reachable: boolean;
  /** Order at which the look under way, and the last good look, began. */
  lookBegan: number;
  looked: number;
}

/** Milliseconds between two counts of who has looked: how exact the second figure is. */
const granularity = 250;

/** What is ours to mend; all else is the pod's author's, and so is the time until then. */
const ownTroubles: ReadonlySet<ProblemKind> = new Set(["setup-failed", "exhausted", "unreachable"]);

/**
 * Measures by watching the reports. A peer counts as one that must have the entry while its agent runs and its last
 * look did not fail; it has the entry once a look at it that began after the newcomer was known has ended well.
 */
export class JoinLatency implements Reporter {
  readonly #options: JoinLatencyOptions;
  /** When each came, and the order of that; looks that began at this number or later know of it. */
  readonly #newcomers = new Map<string, { readonly at: number; readonly order: number }>();
  #order = 0;
  readonly #countDue: Timer;

  constructor(options: JoinLatencyOptions) {
    [this.#options, this.#countDue] = [options, new Timer(options.clock)];
  }

  /** What a pod says of itself has changed. `measured` is false for what was there before we came. */
  seen(
    uid: string,
    { agentRuns, measured }: { readonly agentRuns: boolean; readonly measured: boolean },
  ): void {
    const pod = this.#of(uid);
    const at = this.#options.clock.now();
    if (agentRuns && !pod.agentRuns) pod.agentSince ??= at;
    pod.agentRuns = agentRuns;
    if (pod.reachable || this.#options.whereabouts.segmentsOf(uid).length === 0) return;
    pod.reachable = true;
    if (measured) this.#newcomers.set(uid, { at, order: ++this.#order });
  }

  /** A look at the pod begins: it knows of all newcomers until now. */
  looking(uid: string): void {
    this.#of(uid).lookBegan = this.#order;
  }

  changed({ uid }: ReportedPod, steps: readonly Step[]): void {
    if (steps.some(({ kind }) => kind === "add-link")) this.#of(uid).made = true;
  }

  report({ pod: { uid }, state, holds }: PodReport): void {
    if (state.kind === "waiting") return;
    const pod = this.#of(uid);
    pod.failing = state.kind === "failing" && !holds;
    if (pod.failing) {
      const problems = state.kind === "failing" ? state.problems : [];
      if (!problems.every(({ kind }) => ownTroubles.has(kind))) pod.agentSince = undefined;
      return;
    }
    // What we only found as it was has not been waited for.
    if (pod.made && pod.agentSince !== undefined) {
      this.#options.onInterfaceReady?.(this.#options.clock.now() - pod.agentSince);
    }
    pod.made = false;
    pod.agentSince = undefined;
    pod.looked = pod.lookBegan;
    if (this.#newcomers.size > 0) this.#countDue.start(granularity, () => this.#count());
  }

  /** Call when no look is under way any more. */
  close(): void {
    this.#countDue.cancel();
  }

  #of(uid: string): Times {
    const record: Timed = this.#options.recordOf(uid) ?? {};
    return record.times ??= {
      agentRuns: false,
      made: false,
      failing: false,
      reachable: false,
      lookBegan: 0,
      looked: -1,
    };
  }

  /** Costs the members of the segments in which somebody is new, whatever the number of newcomers. */
  #count(): void {
    const { clock, whereabouts, onPeerEntry } = this.#options;
    const slowest = new Map<string, Slowest>();
    for (const [uid, { at, order }] of this.#newcomers) {
      const segments = whereabouts.segmentsOf(uid);
      for (const segment of segments) {
        if (!slowest.has(segment)) slowest.set(segment, this.#slowestOf(whereabouts.membersOf(segment)));
      }
      const looks = segments.map((segment) => {
        const all = slowest.get(segment);
        return (all?.uid === uid ? all.second : all?.first) ?? Infinity;
      });
      if (looks.some((look) => look < order)) continue;
      this.#newcomers.delete(uid);
      // Nobody had to learn of him, or he has gone.
      if (looks.every((look) => look === Infinity)) continue;
      onPeerEntry?.(clock.now() - at);
    }
  }

  #slowestOf(members: Iterable<string>): Slowest {
    let slowest: Slowest = { uid: "", first: Infinity, second: Infinity };
    for (const uid of members) {
      const { agentRuns, failing, looked: look } = this.#of(uid);
      if (!agentRuns || failing) continue;
      if (look < slowest.first) slowest = { uid, first: look, second: slowest.first };
      else if (look < slowest.second) slowest = { ...slowest, second: look };
    }
    return slowest;
  }
}

/** The two oldest looks of a segment, so that each member can leave its own out. */
interface Slowest {
  readonly uid: string;
  readonly first: number;
  readonly second: number;
}
