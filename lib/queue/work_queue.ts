// Which key is worked on when: one worker per key, adds collapse, failures back off, the stuck hold up nobody.
import type { Clock } from "../time/clock.ts";
import { FairLine } from "./fair_queue.ts";

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Does the work. A throw counts as a retry with its message. */
  readonly work: (key: string) => Promise<Outcome>;
  /** Keys worked on at the same time. */
  readonly workers: number;
  /** Of these, how many may be taken by keys whose last run failed: the rest stays free for the healthy. */
  readonly workersForFailing: number;
  /**
   * Groups of keys take turns among those that are due, so that a thousand of one do not hold up one of another.
   * Default: all are one group, first come first served.
   */
  readonly groupOf?: (key: string) => string;
  readonly observe?: WorkQueueObserver;
}

/** Told of everything that happens, for metrics and logs. */
export interface WorkQueueObserver {
  added(): void;
  started(key: string, waitedMs: number): void;
  finished(key: string, seen: { readonly outcome: Outcome; readonly ms: number }): void;
  depth(due: number): void;
}

export interface AddOptions {
  /** Milliseconds until it is due; an earlier date of the same key wins. Default 0. */
  readonly delay?: number;
  /** A change of the object itself: what failed before may work now, so the backoff starts anew. */
  readonly fresh?: boolean;
}

interface Item {
  readonly key: string;
  readonly due: number;
  /** From when its waiting for a worker counts. */
  readonly since: number;
}

/** First retry after this many ms, doubling up to the second. */
const firstBackoff = 250;
const longestBackoff = 60_000;

/** Timers are not finer than this (ms): keys that fall due close together start together, and one scan serves them. */
const granularity = 10;

/** A bounded set of keys with dates. Bounded by the number of objects: a key is in it once. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Not yet due. */
  readonly #delayed = new Map<string, Item>();
  /** Due; those that failed last time stand in a line of their own. */
  readonly #ready: FairLine<Item>;
  readonly #readyFailing: FairLine<Item>;
  readonly #running = new Map<string, number>();
  /** Adds that came while the key was being worked on. */
  readonly #rerun = new Map<string, AddOptions>();
  /** Failed runs in a row. */
  readonly #failures = new Map<string, number>();
  #failingRunning = 0;
  #cancelTimer: (() => void) | undefined;
  #timerDue = Infinity;
  #stopped = false;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    const groupOf = options.groupOf ?? (() => "");
    this.#ready = new FairLine(groupOf);
    this.#readyFailing = new FairLine(groupOf);
  }

  /** Asks for a run of the key. */
  add(key: string, options: AddOptions = {}): void {
    if (this.#stopped) return;
    this.#options.observe?.added();
    if (options.fresh) this.#forgive(key);
    if (this.#running.has(key)) {
      this.#rerun.set(key, merge(this.#rerun.get(key), options));
      return;
    }
    if (this.#ready.has(key) || this.#readyFailing.has(key)) return;
    this.#delay(key, this.#dateFor(key, options));
  }

  /** Drops what is known of a key; a run under way goes on. */
  forget(key: string): void {
    this.#delayed.delete(key);
    this.#ready.delete(key);
    this.#readyFailing.delete(key);
    this.#rerun.delete(key);
    this.#failures.delete(key);
  }

  /** Takes no more; resolves when the runs under way have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const line of [this.#delayed, this.#ready, this.#readyFailing, this.#rerun]) line.clear();
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** For how long (ms) the longest run under way has lasted; 0 when nothing runs. */
  longestRunning(): number {
    const now = this.#options.clock.now();
    return [...this.#running.values()].reduce((longest, start) => Math.max(longest, now - start), 0);
  }

  /** Keys that are due and wait for a worker. */
  get depth(): number {
    return this.#ready.size + this.#readyFailing.size;
  }

  get running(): number {
    return this.#running.size;
  }

  #forgive(key: string): void {
    this.#failures.delete(key);
    const item = this.#readyFailing.delete(key);
    if (item !== undefined) this.#ready.add(key, item);
  }

  /** An event of somebody else does not shorten the wait of a key that fails. */
  #dateFor(key: string, options: AddOptions): number {
    const wanted = this.#options.clock.now() + (options.delay ?? 0);
    const planned = this.#delayed.get(key);
    if (planned === undefined) return wanted;
    if (this.#failures.has(key)) return planned.due;
    return Math.min(wanted, planned.due);
  }

  #delay(key: string, due: number): void {
    this.#delayed.set(key, { key, due, since: due });
    this.#arm(due);
  }

  /** One timer, for the earliest date. */
  #arm(due: number): void {
    if (this.#stopped || due >= this.#timerDue) return;
    this.#cancelTimer?.();
    const delay = Math.max(granularity, due - this.#options.clock.now());
    this.#timerDue = this.#options.clock.now() + delay;
    this.#cancelTimer = this.#options.clock.after(delay, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerDue = Infinity;
    this.#cancelTimer = undefined;
    const now = this.#options.clock.now();
    const due = [...this.#delayed.values()].filter((item) => item.due <= now).sort((a, b) => a.due - b.due);
    for (const item of due) {
      this.#delayed.delete(item.key);
      const line = this.#failures.has(item.key) ? this.#readyFailing : this.#ready;
      line.add(item.key, item);
    }
    this.#fillWorkers();
    let next = Infinity;
    for (const item of this.#delayed.values()) next = Math.min(next, item.due);
    if (Number.isFinite(next)) this.#arm(next);
  }

  #fillWorkers(): void {
    const { workers, workersForFailing, observe } = this.#options;
    while (this.#ready.size > 0 && this.#running.size < workers) {
      this.#start(this.#ready.take(), { failing: false });
    }
    while (
      this.#readyFailing.size > 0 && this.#running.size < workers && this.#failingRunning < workersForFailing
    ) this.#start(this.#readyFailing.take(), { failing: true });
    observe?.depth(this.depth);
  }

  #start(item: Item | undefined, { failing }: { readonly failing: boolean }): void {
    if (item === undefined) return;
    const { clock, observe } = this.#options;
    const start = clock.now();
    this.#running.set(item.key, start);
    if (failing) this.#failingRunning++;
    observe?.started(item.key, start - item.since);
    void this.#run(item.key).then((outcome) => {
      this.#running.delete(item.key);
      if (failing) this.#failingRunning--;
      observe?.finished(item.key, { outcome, ms: clock.now() - start });
      this.#settle(item.key, outcome);
    });
  }

  async #run(key: string): Promise<Outcome> {
    try {
      return await this.#options.work(key);
    } catch (error) {
      return { kind: "retry", reason: error instanceof Error ? error.message : String(error) };
    }
  }

  #settle(key: string, outcome: Outcome): void {
    if (this.#stopped) return this.#tellIdle();
    const rerun = this.#rerun.get(key);
    this.#rerun.delete(key);
    this.#scheduleNext(key, outcome);
    if (rerun !== undefined) this.add(key, rerun);
    this.#fillWorkers();
  }

  #scheduleNext(key: string, outcome: Outcome): void {
    const now = this.#options.clock.now();
    if (outcome.kind === "retry") {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      this.#delay(key, now + (outcome.requeueAfter ?? this.#backoff(failures)));
      return;
    }
    this.#failures.delete(key);
    if (outcome.requeueAfter !== undefined) this.#delay(key, now + outcome.requeueAfter);
  }

  /** Doubling, with up to a tenth of jitter so that what failed together does not return together. */
  #backoff(failures: number): number {
    const plain = Math.min(longestBackoff, firstBackoff * 2 ** Math.min(failures, 16));
    return plain * (0.9 + 0.1 * this.#options.clock.random());
  }

  #tellIdle(): void {
    if (this.#running.size > 0) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}

function merge(a: AddOptions | undefined, b: AddOptions): AddOptions {
  if (a === undefined) return b;
  return { delay: Math.min(a.delay ?? 0, b.delay ?? 0), fresh: (a.fresh ?? false) || (b.fresh ?? false) };
}

/**
 * - `done`: it holds. `again` (ms): look once more then, for something that is only seen later.
 * - `wait`: nothing can be done now; an event will say when.
 * - `retry`: it should have worked; again with backoff, or after `after` ms when the other side said when.
 */
export type Outcome =
  | { readonly kind: "done"; readonly requeueAfter?: number }
  | { readonly kind: "wait"; readonly reason: string; readonly requeueAfter?: number }
  | { readonly kind: "retry"; readonly reason: string; readonly requeueAfter?: number };
