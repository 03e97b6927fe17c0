// How long do people wait: from the agent running to the interface, and from a pod IP to its entry in all peers.
import type { ProblemKind } from "../network/problem.ts";
import type { Clock } from "../time/clock.ts";
import type { Step } from "../overlay/step.ts";
import type { PodReport, ReportedPod, Reporter } from "./report.ts";

/** Who is where, as the store knows it. */
export interface JoinProgress {
  /** Segments in which the pod is reachable. */
  readonly segmentsOf: (uid: string) => Iterable<string>;
  readonly membersOf: (segment: string) => Iterable<string>;
}

export interface StopwatchOptions {
  readonly clock: Clock;
  readonly whereabouts: JoinProgress;
  /** Both take milliseconds. */
  readonly onInterfaceReady: (ms: number) => void;
  readonly onPeerEntry: (ms: number) => void;
}

interface Newcomer {
  readonly at: number;
  /** Looks that began at this number or later know of him. */
  readonly order: number;
}

/** Milliseconds between two counts of who has looked: how exact the second figure is. */
const granularity = 250;

/** What a pod's author must mend: that time is his. */
const foreignTroubles: ReadonlySet<ProblemKind> = new Set([
  "invalid-option",
  "unknown-network",
  "conflict",
  "forbidden",
  "host-network",
  "agent-missing",
  "agent-unfit",
]);

/**
 * Measures by watching the reports. A peer counts as one that must have the entry while its agent runs and its last
 * look did not fail; it has the entry once a look at it that began after the newcomer was known has ended well.
 */
export class JoinLatency implements Reporter {
  readonly #options: StopwatchOptions;
  /** When the agent of a pod was first seen to run. */
  readonly #agentSince = new Map<string, number>();
  /** Pods in which an interface was made since. */
  readonly #made = new Set<string>();
  readonly #active = new Set<string>();
  readonly #failing = new Set<string>();
  readonly #reachable = new Set<string>();
  readonly #newcomers = new Map<string, Newcomer>();
  /** Order at which the look under way, and the last good look, at a pod began. */
  readonly #lookBegan = new Map<string, number>();
  readonly #looked = new Map<string, number>();
  #order = 0;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: StopwatchOptions) {
    this.#options = options;
  }

  /** What a pod says of itself has changed. `measured` is false for what was there before we came. */
  seen(
    uid: string,
    { agentRuns, measured }: { readonly agentRuns: boolean; readonly measured: boolean },
  ): void {
    const now = this.#options.clock.now();
    if (!agentRuns) this.#active.delete(uid);
    else if (!this.#active.has(uid)) {
      this.#active.add(uid);
      if (!this.#agentSince.has(uid)) this.#agentSince.set(uid, now);
    }
    if (this.#reachable.has(uid) || [...this.#options.whereabouts.segmentsOf(uid)].length === 0) return;
    this.#reachable.add(uid);
    if (measured) this.#newcomers.set(uid, { at: now, order: ++this.#order });
  }

  /** A look at the pod begins: it knows of all newcomers until now. */
  looking(uid: string): void {
    this.#lookBegan.set(uid, this.#order);
  }

  changed({ uid }: ReportedPod, steps: readonly Step[]): void {
    if (steps.some(({ kind }) => kind === "add-link")) this.#made.add(uid);
  }

  report({ pod, state, holds }: PodReport): void {
    const { uid } = pod;
    if (state.kind === "waiting") return;
    const isFailing = state.kind === "failing" && !holds;
    if (isFailing) this.#failing.add(uid);
    else this.#failing.delete(uid);
    if (isFailing && state.problems.some(({ kind }) => foreignTroubles.has(kind))) {
      this.#agentSince.delete(uid);
    }
    if (isFailing) return;
    this.#tellReady(uid);
    this.#looked.set(uid, this.#lookBegan.get(uid) ?? 0);
    this.#countSoon();
  }

  released(): void {}

  forget({ uid }: { readonly uid: string }): void {
    for (const set of [this.#made, this.#active, this.#failing, this.#reachable]) set.delete(uid);
    for (const map of [this.#agentSince, this.#newcomers, this.#lookBegan, this.#looked]) map.delete(uid);
  }

  /** Looks that end later are not measured. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #tellReady(uid: string): void {
    const since = this.#agentSince.get(uid);
    this.#agentSince.delete(uid);
    // What we only found as it was has not been waited for.
    if (!this.#made.delete(uid) || since === undefined) return;
    this.#options.onInterfaceReady(this.#options.clock.now() - since);
  }

  #countSoon(): void {
    if (this.#closed || this.#newcomers.size === 0 || this.#cancel !== undefined) return;
    this.#cancel = this.#options.clock.after(granularity, () => {
      this.#cancel = undefined;
      this.#count();
    });
  }

  /** Costs the members of the segments in which somebody is new, whatever the number of newcomers. */
  #count(): void {
    const { clock, whereabouts, onPeerEntry } = this.#options;
    const slowest = new Map<string, Slowest>();
    for (const [uid, { at, order }] of this.#newcomers) {
      const segments = [...whereabouts.segmentsOf(uid)];
      for (const segment of segments) {
        if (!slowest.has(segment)) slowest.set(segment, this.#slowestOf(whereabouts.membersOf(segment)));
      }
      const looks = segments.map((segment) => lookBut(uid, slowest.get(segment)));
      if (looks.some((look) => look < order)) continue;
      this.#newcomers.delete(uid);
      // Nobody had to learn of him.
      if (looks.every((look) => look === Infinity)) continue;
      onPeerEntry(clock.now() - at);
    }
  }

  #slowestOf(members: Iterable<string>): Slowest {
    let slowest: Slowest = { uid: "", first: Infinity, second: Infinity };
    for (const uid of members) {
      if (!this.#active.has(uid) || this.#failing.has(uid)) continue;
      const look = this.#looked.get(uid) ?? -1;
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

function lookBut(uid: string, slowest: Slowest | undefined): number {
  if (slowest === undefined) return Infinity;
  return slowest.uid === uid ? slowest.second : slowest.first;
}
