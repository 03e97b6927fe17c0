// Which due key gets a free worker: lines in their order, no more than a share for one group, the slow set aside.
import { FairLine } from "./fair_queue.ts";

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
  /** Groups take turns, and none ever has all workers. Default: all are one group, first come first served. */
  readonly groupOf?: (key: string) => string;
}

/** Where a due key stands, in the order in which they go: who failed is few and has waited, then who is waited for. */
const lines = ["slow", "failing", "urgent", "upkeep"] as const;
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
  readonly start: number;
  readonly group: string;
  readonly line: Line;
}

/** A run longer than this (ms) is slow: its agent does not answer, and its place is better used by others. */
export const slowAfter = 2_000;

/** Of the workers, how much one group may have. */
const groupShare = 0.75;

/** Who has failed so often, and more often, is one group; the others take turns with it, and need not wait for the hopeless. */
const hopeless = 4;

/** One in so many starts is for upkeep, though urgent keys wait: entries of pods that are gone must go. */
const upkeepTurn = 8;

/** The lines and the runs; whoever calls knows the time. */
export class Workers<Key extends Waiting> {
  readonly #limits: Required<WorkerLimits>;
  readonly #share: number;
  readonly #lines: Readonly<Record<Line, FairLine<Key>>>;
  /** By their start. */
  readonly #usual = new Set<Run>();
  readonly #slow = new Set<Run>();
  #starts = 0;

  constructor(
    { workers, workersForFailing, workersForUpkeep = workers, workersForSlow = 0, groupOf }: WorkerLimits,
  ) {
    this.#limits = {
      workers,
      workersForFailing,
      workersForUpkeep,
      workersForSlow,
      groupOf: groupOf ?? (() => ""),
    };
    this.#share = groupOf === undefined ? workers : Math.ceil(workers * groupShare);
    const line = (): FairLine<Key> =>
      new FairLine(({ key }) => this.#limits.groupOf(key), ({ failures }) => Math.min(failures, hopeless));
    this.#lines = { slow: line(), failing: line(), urgent: line(), upkeep: line() };
  }

  /** Runs under way. */
  get runs(): readonly Run[] {
    return [...this.#usual, ...this.#slow];
  }

  /** `planned`: keys that stand in no line yet. */
  state(now: number, planned: Iterable<Key>): QueueState {
    const standing = lines.flatMap((line) => [...this.#lines[line].values()]);
    const waits = [...standing, ...planned].map(({ due }) => now - due).filter((ms) => ms >= 0);
    const lasts = this.runs.map(({ start }) => now - start);
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
    this.#setSlowAside(now);
    const key = this.#takeSlow() ?? this.#takeUsual();
    if (key === undefined) return undefined;
    const { line = "upkeep" } = key;
    key.line = undefined;
    const run = { start: now, group: this.#limits.groupOf(key.key), line };
    (line === "slow" ? this.#slow : this.#usual).add(run);
    this.#starts++;
    return { key, run };
  }

  /** Gives the worker back; tells whether the run was a slow one. */
  end(run: Run, now: number): boolean {
    this.#usual.delete(run);
    this.#slow.delete(run);
    return this.#limits.workersForSlow > 0 && now - run.start >= slowAfter;
  }

  /** When the next run will have become slow, if anybody waits for its place. */
  nextSlow(): number | undefined {
    const [first] = this.#usual;
    const isAwaited = this.#mayBeSlow && lines.some((line) => this.#lines[line].size > 0);
    return isAwaited && first !== undefined ? first.start + slowAfter : undefined;
  }

  get #mayBeSlow(): boolean {
    return this.#slow.size < this.#limits.workersForSlow;
  }

  #setSlowAside(now: number): void {
    for (const run of this.#usual) {
      if (now - run.start < slowAfter || !this.#mayBeSlow) return;
      this.#usual.delete(run);
      this.#slow.add(run);
    }
  }

  #takeSlow(): Key | undefined {
    const hasRoom = this.#mayBeSlow && this.#slow.size < this.#limits.workersForFailing;
    return hasRoom ? this.#lines.slow.take() : undefined;
  }

  #takeUsual(): Key | undefined {
    const { workers, workersForFailing, workersForUpkeep } = this.#limits;
    if (this.#usual.size >= workers) return undefined;
    const usual = Map.groupBy(this.#usual, ({ group }) => group);
    const slow = Map.groupBy(this.#slow, ({ group }) => group);
    const loadOf = (group: string): number => {
      const load = usual.get(group)?.length ?? 0;
      return load < this.#share ? load + (slow.get(group)?.length ?? 0) : Infinity;
    };
    const take = (line: Line, most: number): Key | undefined =>
      [...this.#usual].filter((run) => run.line === line).length < most
        ? this.#lines[line].take(loadOf)
        : undefined;
    const isUpkeepsTurn = (this.#starts + 1) % upkeepTurn === 0;
    return take("failing", workersForFailing) ??
      (isUpkeepsTurn ? take("upkeep", workersForUpkeep) : undefined) ??
      take("urgent", workers) ?? take("upkeep", workersForUpkeep);
  }
}

function longest(times: readonly number[]): number {
  return times.reduce((a, b) => Math.max(a, b), 0);
}
