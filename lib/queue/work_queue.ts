// Which key is worked on when: one worker per key, adds collapse, failures back off, and nobody starves.
import type { Clock } from "../time/clock.ts";
import { Timer } from "../time/timer.ts";
import { type Line, type QueueState, type Run, type Waiting, type WorkerLimits, Workers } from "./workers.ts";

export interface WorkQueueOptions extends WorkerLimits {
  readonly clock: Clock;
  /** Does the work. A throw counts as a retry with its message. */
  readonly work: (key: string) => Promise<Outcome>;
  readonly observe?: WorkQueueObserver;
}

/** Told of everything that happens, for metrics and logs. */
export interface WorkQueueObserver {
  /** Once, at the start: how to ask for the state whenever somebody wants to know. */
  attached(state: () => QueueState): void;
  added(): void;
  started(waitedMs: number): void;
  finished(seen: { readonly outcome: Outcome; readonly ms: number }): void;
}

export interface AddOptions {
  /** Milliseconds until it is due; an earlier date of the same key wins. Default 0. */
  readonly delay?: number;
  /** A change of the object itself: what failed before may work now, so the backoff starts anew. */
  readonly fresh?: boolean;
  /** Somebody waits for it: goes before those that do not hurry. Default: as `fresh`. */
  readonly urgent?: boolean;
}

/** All that is kept of a key, while it is planned, due or running, or was slow. */
interface Known extends Waiting {
  urgent: boolean;
  /** The last run took long. */
  slow: boolean;
  running: boolean;
  /** While it was running. */
  forgotten?: boolean;
  /** Adds that came while it was running. */
  rerun?: AddOptions | undefined;
}

/** First retry after this many ms, doubling up to the second. */
const firstBackoff = 250;
const longestBackoff = 60_000;

/** Timers are not finer than this (ms): keys that fall due close together start together, and one scan serves them. */
const granularity = 10;

/** Milliseconds until it is seen again who has a place for long, while others wait for one. */
const glance = 50;

/** A bounded set of keys with dates. Bounded by the number of objects: a key is in it once. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #known = new Map<string, Known>();
  readonly #delayed = new Set<Known>();
  readonly #workers: Workers<Known>;
  readonly #timer: Timer;
  #timerDue = Infinity;
  #stopped = false;
  readonly #idle = Promise.withResolvers<void>();

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    [this.#workers, this.#timer] = [new Workers(options), new Timer(options.clock)];
    options.observe?.attached(() => this.state());
  }

  /** Asks for a run of the key. */
  add(key: string, options: AddOptions = {}): void {
    if (this.#stopped) return;
    this.#options.observe?.added();
    this.#ask(key, options);
  }

  /** Drops what is known of a key; a run under way goes on, and nothing follows it. */
  forget(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#delayed.delete(known);
    this.#workers.leave(known);
    // Must not be in two workers should it come back.
    if (known.running) Object.assign(known, { forgotten: true, urgent: false, rerun: undefined });
    else this.#known.delete(key);
  }

  /** Takes no more; resolves when the runs under way have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer.cancel();
    for (const known of this.#known.values()) this.#workers.leave(known);
    this.#delayed.clear();
    this.#tellIdle();
    await this.#idle.promise;
  }

  get running(): number {
    return this.#workers.running;
  }

  /** Counts what is due by the clock: a timer that does not fire is no excuse. */
  state(): QueueState {
    const isWaiting = (known: Known): boolean => known.line !== undefined || this.#delayed.has(known);
    return this.#workers.state(this.#options.clock.now(), this.#known.values().filter(isWaiting));
  }

  #ask(key: string, options: AddOptions): void {
    const known: Known = this.#known.get(key) ??
      { key, due: 0, urgent: false, failures: 0, slow: false, running: false };
    this.#known.set(key, known);
    const { fresh = false, urgent = fresh } = options;
    if (fresh) known.failures = 0;
    known.urgent ||= urgent;
    if (known.running) known.rerun = merge(known.rerun, options);
    else if (known.line !== undefined) this.#workers.wait(known, lineOf(known));
    else this.#plan(known, this.#dateFor(known, options));
  }

  /** An event of somebody else does not shorten the wait of a key that fails. */
  #dateFor(known: Known, { delay = 0 }: AddOptions): number {
    const wanted = this.#options.clock.now() + delay;
    if (!this.#delayed.has(known)) return wanted;
    return known.failures > 0 ? known.due : Math.min(wanted, known.due);
  }

  #plan(known: Known, due: number): void {
    known.due = due;
    this.#delayed.add(known);
    this.#arm(due);
  }

  /** One timer, for the earliest date. It is only ever brought forward: adds close together must not postpone it. */
  #arm(due: number): void {
    const now = this.#options.clock.now();
    const at = Math.max(due, now + granularity);
    if (this.#stopped || at >= this.#timerDue) return;
    this.#timerDue = at;
    this.#timer.restart(at - now, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerDue = Infinity;
    const now = this.#options.clock.now();
    const due = [];
    let next = Infinity;
    for (const known of this.#delayed) {
      if (known.due > now) next = Math.min(next, known.due);
      else due.push(known);
    }
    for (const known of due.sort((a, b) => a.due - b.due)) {
      this.#delayed.delete(known);
      this.#workers.wait(known, lineOf(known));
    }
    this.#fillWorkers();
    if (next < Infinity) this.#arm(next);
  }

  #fillWorkers(): void {
    const now = this.#options.clock.now();
    for (let next = this.#workers.start(now); next !== undefined; next = this.#workers.start(now)) {
      void this.#run(next.key, next.run);
    }
    if (this.#workers.isHeldUp) this.#arm(now + glance);
  }

  async #run(known: Known, run: Run): Promise<void> {
    const { clock, observe } = this.#options;
    known.running = true;
    known.urgent = false;
    observe?.started(run.start - known.due);
    const outcome = await this.#work(known.key);
    const now = clock.now();
    known.slow = this.#workers.end(run, { now, wentWell: outcome.kind === "done" });
    observe?.finished({ outcome, ms: now - run.start });
    if (this.#stopped) return this.#tellIdle();
    this.#settle(known, outcome);
    this.#fillWorkers();
  }

  async #work(key: string): Promise<Outcome> {
    try {
      return await this.#options.work(key);
    } catch (error) {
      return { kind: "retry", reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** What follows the run. Of what was forgotten meanwhile that is only what came since. */
  #settle(known: Known, outcome: Outcome): void {
    const { key, rerun, urgent } = known;
    Object.assign(known, { running: false, rerun: undefined });
    if (known.forgotten) this.#known.delete(key);
    else this.#planNext(known, outcome);
    if (rerun !== undefined) this.#ask(key, { ...rerun, urgent });
  }

  #planNext(known: Known, { kind, requeueAfter }: Outcome): void {
    const wait = requeueAfter ?? (kind === "retry" ? this.#backoff(known.failures) : undefined);
    known.failures = kind === "retry" ? known.failures + 1 : 0;
    if (wait !== undefined) this.#plan(known, this.#options.clock.now() + wait);
    else if (!known.slow) this.#known.delete(known.key);
  }

  /** Doubling, with up to a tenth of jitter so that what failed together does not return together. */
  #backoff(failures: number): number {
    const plain = Math.min(longestBackoff, firstBackoff * 2 ** Math.min(failures, 16));
    return plain * (0.9 + 0.1 * this.#options.clock.random());
  }

  #tellIdle(): void {
    if (this.running === 0) this.#idle.resolve();
  }
}

function lineOf({ slow, failures, urgent }: Known): Line {
  if (slow || failures > 0) return "failing";
  return urgent ? "urgent" : "upkeep";
}

/** The earlier date; whether it is urgent is known of the key already. */
function merge(before: AddOptions | undefined, { delay = 0, fresh = false }: AddOptions): AddOptions {
  return { delay: Math.min(before?.delay ?? Infinity, delay), fresh: fresh || before?.fresh === true };
}

/**
 * - `done`: it holds. `requeueAfter` (ms): look once more then, for something that is only seen later.
 * - `wait`: nothing can be done now; an event will say when.
 * - `retry`: it should have worked; again with backoff, or after `requeueAfter` ms when the other side said when.
 */
export type Outcome =
  | { readonly kind: "done"; readonly requeueAfter?: number }
  | { readonly kind: "wait"; readonly reason: string; readonly requeueAfter?: number }
  | { readonly kind: "retry"; readonly reason: string; readonly requeueAfter?: number };
