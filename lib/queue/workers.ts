// Which due key gets a free worker: lines in their order, no more than a share for one group, the slow set aside or ended.
import { Usual } from "../time/usual.ts";
import { FairQueue } from "./fair_queue.ts";

/** How many runs there may be at the same time. */
export interface WorkerLimits {
  /** Keys worked on at the same time, but for slow ones. */
  readonly workers: number;
  /** Of these, how many may be taken by keys whose last run failed: the rest stays free for the healthy. */
  readonly workersForFailing: number;
  /** Of these, how many may be taken by keys for which nobody waits; default: all. */
  readonly workersForUpkeep?: number;
  /** Beside these, how many runs that last long may go on; 0 (default): being slow makes no difference. */
  readonly workersForSlow?: number;
  /** Ends a run that has lasted long, for others: none of its answer is awaited any more. Default: they wait. */
  readonly giveUp?: (key: string) => void;
  /** Groups take turns, and none ever has all workers. Default: all are one group, first come first served. */
  readonly groupOf?: (key: string) => string;
}

/** Where a due key stands, in their order: who failed or was slow is few and has waited, then who is waited for. */
const lines = ["failing", "urgent", "upkeep"] as const;
export type Line = typeof lines[number];

export interface Waiting {
  readonly key: string;
  /** Planned for this time (monotonic ms), or due since. */
  due: number;
  /** Failed runs in a row. */
  failures: number;
  /** The line it stands in, if it does. */
  line?: Line | undefined;
}

/** Of this moment, times in ms. A queue that does not move shows in `depth` and `longestWaiting`. */
export interface QueueState {
  /** Keys that are due and wait for a worker. */
  readonly depth: number;
  readonly longestWaiting: number;
  readonly running: number;
  readonly longestRunning: number;
  /** Of all runs under way together. */
  readonly unfinished: number;
}

export interface Run {
  readonly key: string;
  readonly start: number;
  readonly group: string;
  readonly line: Line;
  /** Of one that lasts long: beside the workers, and ending because even there places lack. */
  place: "worker" | "aside" | "ending";
}

/**
 * A run that lasts so many times longer than what is awaited usually does, within these bounds (ms), gives its place to
 * another: its agent does not answer. Where all are late, more of them at once would only be later.
 */
const bounds = { times: 4, least: 500, most: 2_000 };

/** After so many times the patience it was slow: next time it stands with those that failed. */
const slowTimes = 6;

/** After so many ms it ends, where places lack: it hangs. */
const endsAfter = (patience: number): number => Math.max(3_000, 2 * patience);

/** Of the workers, how much one group may have; how many groups that answer are remembered. */
const groups = { share: 0.75, remembered: 10_000 };

/** Who has failed so often, and more often, is one group; the others take turns with it, and need not wait for the hopeless. */
const hopeless = 4;

/** One in so many starts is for upkeep, though urgent keys wait: entries of pods that are gone must go. */
const upkeepTurn = 8;

/** The lines and the runs; whoever calls knows the time. */
export class Workers<Key extends Waiting> {
  readonly #limits: Required<WorkerLimits>;
  readonly #share: number;
  readonly #lines: Readonly<Record<Line, FairQueue<Key>>>;
  /** Under way, by their start. */
  readonly #runs = new Set<Run>();
  readonly #usual = new Usual();
  /** Groups in which one has gone well, and none has hung since. */
  readonly #answering = new Set<string>();
  #starts = 0;

  constructor(limits: WorkerLimits) {
    const { workers, groupOf = () => "" } = limits;
    const others = { workersForUpkeep: workers, workersForSlow: 0, giveUp: () => {}, groupOf };
    this.#limits = { ...others, ...limits };
    this.#share = limits.groupOf === undefined ? workers : Math.ceil(workers * groups.share);
    const line = (): FairQueue<Key> =>
      new FairQueue(({ key }) => groupOf(key), ({ failures }) => Math.min(failures, hopeless));
    this.#lines = { failing: line(), urgent: line(), upkeep: line() };
  }

  /** Runs under way. */
  get running(): number {
    return this.#runs.size;
  }

  /** `waiting`: keys that stand in a line or will. */
  state(now: number, waiting: Iterable<Key>): QueueState {
    const waits = [...waiting].map(({ due }) => now - due).filter((ms) => ms >= 0);
    const lasts = [...this.#runs].map(({ start }) => now - start);
    return {
      depth: waits.length,
      longestWaiting: longest(waits),
      running: lasts.length,
      longestRunning: longest(lasts),
      unfinished: lasts.reduce((sum, ms) => sum + ms, 0),
    };
  }

  /** Stands in this line from now on. */
  wait(key: Key, line: Line): void {
    if (key.line === line) return;
    this.leave(key);
    key.line = line;
    this.#lines[line].add(key.key, key);
  }

  leave(key: Key): void {
    if (key.line !== undefined) this.#lines[key.line].delete(key.key);
    key.line = undefined;
  }

  /** The next key that has a worker, and its run; undefined when there is none. */
  start(now: number): { readonly key: Key; readonly run: Run } | undefined {
    if (this.#isAwaited) this.#makeRoom(now);
    const key = this.#take();
    if (key === undefined) return undefined;
    const { line = "upkeep" } = key;
    key.line = undefined;
    const group = this.#limits.groupOf(key.key);
    const run: Run = { key: key.key, start: now, group, line, place: "worker" };
    this.#runs.add(run);
    this.#starts++;
    return { key, run };
  }

  /** Gives the worker back; tells whether the run was a slow one. */
  end(run: Run, { now, wentWell }: { readonly now: number; readonly wentWell: boolean }): boolean {
    const [lasted, patience] = [now - run.start, this.#patience];
    this.#runs.delete(run);
    if (this.#answering.size >= groups.remembered) this.#answering.clear();
    if (wentWell) this.#answering.add(run.group);
    else if (lasted >= endsAfter(patience)) this.#answering.delete(run.group);
    if (wentWell && run.line !== "upkeep") this.#usual.took(lasted);
    return this.#limits.workersForSlow > 0 && lasted >= slowTimes * patience;
  }

  /** Somebody waits for a place, and that one becomes free may be a matter of time. */
  get isHeldUp(): boolean {
    return this.#limits.workersForSlow > 0 && this.#isAwaited;
  }

  get #isAwaited(): boolean {
    return lines.some((line) => this.#lines[line].size > 0);
  }

  get #patience(): number {
    const { times, least, most } = bounds;
    return Math.min(most, Math.max(least, times * this.#usual.ms));
  }

  /** Who has lasted long steps aside; the oldest there end for those who find no place, unless they have failed before. */
  #makeRoom(now: number): void {
    const [usual, patience] = [this.#at("worker"), this.#patience];
    const late = usual.filter(({ start }) => now - start >= patience);
    const places = this.#limits.workersForSlow - (this.#runs.size - usual.length);
    for (const run of late.splice(0, places)) run.place = "aside";
    const slow = this.#at("aside").filter(({ start }) => now - start >= endsAfter(patience));
    const lacking = late.filter(({ line }) => line !== "failing").length - this.#at("ending").length;
    for (const run of slow.slice(0, Math.max(0, lacking))) {
      run.place = "ending";
      this.#limits.giveUp(run.key);
    }
  }

  #take(): Key | undefined {
    const { workers, workersForFailing, workersForUpkeep } = this.#limits;
    const usual = this.#at("worker");
    if (usual.length >= workers) return undefined;
    const [busy, all] = [usual, this.#runs].map((runs) => Map.groupBy(runs, ({ group }) => group));
    const loadOf = (group: string): number =>
      (busy?.get(group)?.length ?? 0) < this.#share ? all?.get(group)?.length ?? 0 : Infinity;
    const answering = (group: string): number => this.#answering.has(group) ? loadOf(group) : Infinity;
    const take = (line: Line, most: number, load = loadOf): Key | undefined =>
      usual.filter((run) => run.line === line).length < most ? this.#lines[line].take(load) : undefined;
    const isUpkeepsTurn = (this.#starts + 1) % upkeepTurn === 0;
    const isCrowded = this.#runs.size - usual.length >= workers;
    return take("failing", workersForFailing) ??
      (isUpkeepsTurn ? take("upkeep", workersForUpkeep) : undefined) ??
      (isCrowded && this.#starts % 2 === 0 ? take("urgent", workers, answering) : undefined) ??
      take("urgent", workers) ?? take("upkeep", workersForUpkeep) ?? take("failing", Math.floor(workers / 2));
  }

  #at(place: Run["place"]): Run[] {
    return [...this.#runs].filter((run) => run.place === place);
  }
}

function longest(times: readonly number[]): number {
  return times.reduce((a, b) => Math.max(a, b), 0);
}
