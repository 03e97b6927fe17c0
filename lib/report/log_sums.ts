// What would be a line for each of many members, summed up: peers that come and go, and one cause that all suffer from.
import type { Log } from "../ops/log.ts";
import { isOfPeers, type Step } from "../overlay/step.ts";
import type { Clock } from "../time/clock.ts";
import { Timer } from "../time/timer.ts";

/** Milliseconds that are summed up. */
const peersPeriod = 5_000;
const causesPeriod = 60_000;

/** Members of which the same problem is said one by one: an example tells more than a number. */
const examples = 20;

/** Close it at the end: its timers may be under way. */
export class LogSums {
  readonly #log: Log;
  readonly #members = new Set<string>();
  #added = 0;
  #removed = 0;
  /** Members with the same problem, by its sentence. */
  readonly #causes = new Map<string, number>();
  readonly #peersDue: Timer;
  readonly #causesDue: Timer;

  constructor({ log, clock }: { readonly log: Log; readonly clock: Clock }) {
    [this.#log, this.#peersDue, this.#causesDue] = [log, new Timer(clock), new Timer(clock)];
  }

  /** Counts what was changed; false, and not counted, when that was more than peers. */
  countPeers(member: string, steps: readonly Step[]): boolean {
    if (!steps.every(isOfPeers)) return false;
    const added = steps.filter(({ kind }) => kind === "append-fdb").length;
    const removed = steps.filter(({ kind }) => kind === "delete-fdb").length;
    // What kernels are told of neighbours follows from it, and is no news of its own.
    if (added + removed === 0) return true;
    this.#members.add(member);
    this.#added += added;
    this.#removed += removed;
    this.#peersDue.start(peersPeriod, () => this.#sayPeers());
    return true;
  }

  /** Counts a member with this problem; false when that is one more of many. */
  isExample(problem: string): boolean {
    const count = (this.#causes.get(problem) ?? 0) + 1;
    this.#causes.set(problem, count);
    this.#causesDue.start(causesPeriod, () => this.#sayCauses());
    return count <= examples;
  }

  /** Says what was counted until now. */
  close(): void {
    this.#sayPeers();
    this.#sayCauses();
  }

  #sayPeers(): void {
    this.#peersDue.cancel();
    const [added, removed, members] = [this.#added, this.#removed, this.#members.size];
    if (members > 0) this.#log.info("peers have changed", { added, removed, members });
    this.#members.clear();
    this.#added = this.#removed = 0;
  }

  #sayCauses(): void {
    this.#causesDue.cancel();
    for (const [problem, count] of this.#causes) {
      if (count > examples) this.#log.warn(problem, { moreMembers: count - examples });
    }
    this.#causes.clear();
  }
}
