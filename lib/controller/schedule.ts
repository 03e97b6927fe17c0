// When is who looked at: those who changed at once, those around them by one tick, everybody now and then.
import type { Clock } from "../time/clock.ts";
import { forEach, type Pieces } from "../time/pieces.ts";
import { Timer } from "../time/timer.ts";
import type { WorkQueue } from "../queue/work_queue.ts";
import type { Affected } from "./store/work_item.ts";
import type { Store } from "./store/store.ts";

/** Milliseconds for which the others wait for the next of those who may have had more than is known of them, and for all. */
const headStart = { each: 3_000, all: 60_000 };

/** Milliseconds that changes of peers are collected at most: a millisecond for each who is concerned. */
const longestTick = 2_000;

export interface ScheduleOptions {
  readonly store: Store;
  readonly queue: Pick<WorkQueue, "add">;
  readonly clock: Clock;
  /** Milliseconds that changes of peers are collected at least. */
  readonly coalesce: number;
  readonly onExpired: (affected: Affected) => void;
  /** Does what a timer is for, though a fault of ours is in its way: nothing else comes back to it. */
  readonly persist: (work: () => void) => void;
}

/** Turns what a change affects into work. Does nothing before `lookAtAll`, and nothing after `stop`. */
export class Schedule {
  readonly #options: ScheduleOptions;
  #running = false;
  readonly #timers: Readonly<Record<"headStart" | "tick" | "expiry", Timer>>;
  /** Those who may have had more than is known of them, while they are looked at before all others. */
  #first: ReadonlySet<string> | undefined;
  /** Of these, those who were not looked at yet, and some who were; and when the others are at the latest. */
  #unseen = new Set<string>();
  #restBy = 0;

  constructor(options: ScheduleOptions) {
    const { clock } = this.#options = options;
    this.#timers = { headStart: new Timer(clock), tick: new Timer(clock), expiry: new Timer(clock) };
  }

  /** When many change at once (an edit of the ConfigMap), those go first for which somebody waits. */
  *changed(uids: ReadonlySet<string>): Pieces<void> {
    if (!this.#running) return;
    const { store, queue } = this.#options;
    yield* forEach(uids, (uid) => {
      const [pod, isFirst] = [store.tracked.get(uid), this.#first?.has(uid)];
      // All are going to be looked at once the first were; who is new has nothing to lose. Without a pod IP nothing can be done.
      const mayGo = isFirst === undefined || (isFirst ? pod?.mayHaveMore : pod?.seen) === true;
      if (pod?.workItem?.kind === "pending" || !mayGo) return;
      queue.add(uid, { fresh: true, urgent: uids.size === 1 || pod?.isAwaited === true });
    });
    this.#armTick();
    this.#armExpiry();
  }

  /**
   * Into those first who may have had more than is known of them: until that is known of all, they and their peers would drop
   * what they should keep. Who cannot be looked at holds up nobody for long.
   */
  lookAtAll(): void {
    const { store, queue, clock } = this.#options;
    this.#running = true;
    this.#first = new Set(store.unclaimed());
    this.#unseen = new Set(this.#first);
    this.#restBy = clock.now() + headStart.all;
    for (const uid of this.#first) queue.add(uid, { fresh: true });
    this.claimed();
    this.#armExpiry();
  }

  /** Somebody was looked at. */
  claimed(): void {
    if (this.#first === undefined) return;
    const { clock, store: { tracked }, persist } = this.#options;
    const left = Math.max(0, Math.min(headStart.each, this.#restBy - clock.now()));
    this.#timers.headStart.restart(left, () => persist(() => this.#beginRest()));
    for (const uid of this.#unseen) {
      if (tracked.get(uid)?.mayHaveMore) return;
      this.#unseen.delete(uid);
    }
    this.#beginRest();
  }

  #beginRest(): void {
    const { store, queue } = this.#options;
    this.#timers.headStart.cancel();
    this.#first = undefined;
    for (const [uid, { isAwaited }] of store.tracked) queue.add(uid, { fresh: true, urgent: isAwaited });
    this.#armTick();
  }

  stop(): void {
    [this.#running, this.#first] = [false, undefined];
    for (const timer of Object.values(this.#timers)) timer.cancel();
  }

  /**
   * One timer for all whose peers have changed. It waits longer where many would have to be looked at, so that a rollout
   * costs them in proportion to its time and not to the number of those who come.
   */
  #armTick(): void {
    const { store, queue, coalesce, persist } = this.#options;
    const isIdle = !this.#running || this.#first !== undefined || this.#timers.tick.isSet;
    const members = isIdle ? 0 : store.surroundings.touchable;
    if (members === 0) return;
    const tell = (): void => store.surroundings.takeTouched().forEach((uid) => queue.add(uid));
    this.#timers.tick.start(Math.max(coalesce, Math.min(longestTick, members)), () => persist(tell));
  }

  /** One timer for the next pod whose grace period runs out. */
  #armExpiry(): void {
    const { store, clock, onExpired, persist } = this.#options;
    const next = store.nextExpiry();
    if (next === undefined) return this.#timers.expiry.cancel();
    const expire = (): void => onExpired(store.expire(clock.now()));
    this.#timers.expiry.restart(Math.max(0, next - clock.now()), () => persist(expire));
  }
}
