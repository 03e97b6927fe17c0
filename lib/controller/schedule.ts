// When is who looked at: those who changed at once, those around them by one tick, everybody now and then.
import type { Clock } from "../time/clock.ts";
import type { WorkQueue } from "../queue/work_queue.ts";
import type { Affected } from "./store/work_item.ts";
import type { Store } from "./store/store.ts";

/** Milliseconds for which the others wait for those who may have had more than is known of them. */
const headStart = 3_000;

/** Milliseconds that changes of peers are collected at most: a millisecond for each who is concerned. */
const longestTick = 2_000;

export interface ScheduleOptions {
  readonly store: Store;
  readonly queue: Pick<WorkQueue, "add">;
  readonly clock: Clock;
  /** Milliseconds that changes of peers are collected at least. */
  readonly coalesce: number;
  /** Its containers wait for it: before those that do not hurry. */
  readonly isAwaited: (uid: string) => boolean;
  readonly onExpired: (affected: Affected) => void;
}

/** Turns what a change affects into work. Does nothing before `lookAtAll`, and nothing after `stop`. */
export class Schedule {
  readonly #options: ScheduleOptions;
  #running = false;
  #cancelHeadStart: (() => void) | undefined;
  #cancelTick: (() => void) | undefined;
  #cancelExpiry: (() => void) | undefined;
  /** Changed meanwhile. */
  readonly #held = new Set<string>();
  /** Set while those are looked at who may have had more than is known of them: begins with the others. */
  #beginRest: (() => void) | undefined;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** When many change at once (an edit of the ConfigMap), those go first for which somebody waits. */
  changed(uids: ReadonlySet<string>): void {
    if (!this.#running) return;
    const { store, queue, isAwaited } = this.#options;
    for (const uid of uids) {
      // Nothing can be done for it, or said of it, before it has a pod IP.
      if (store.workItem(uid)?.kind === "pending") continue;
      if (this.#beginRest !== undefined) this.#held.add(uid);
      else queue.add(uid, { fresh: true, urgent: uids.size === 1 || isAwaited(uid) });
    }
    this.#armTick();
    this.#armExpiry();
  }

  /**
   * Those first who may have had more than is known of them: until they were looked at, their peers would drop what they
   * should keep. Who cannot be looked at holds up nobody for long.
   */
  lookAtAll(): void {
    const { store, queue, clock, isAwaited } = this.#options;
    this.#running = true;
    this.#beginRest?.();
    const first = new Set(store.unclaimed());
    for (const uid of first) queue.add(uid, { fresh: true });
    this.#cancelHeadStart = clock.after(headStart, () => this.#beginRest?.());
    this.#beginRest = () => {
      this.#cancelHeadStart?.();
      this.#beginRest = undefined;
      for (const uid of store.tracked.keys()) {
        if (!first.has(uid)) queue.add(uid, { urgent: isAwaited(uid) });
      }
      const held = new Set(this.#held);
      this.#held.clear();
      this.changed(held);
    };
    this.claimed();
    this.#armExpiry();
  }

  /** Somebody was looked at for the first time. */
  claimed(): void {
    if (this.#beginRest !== undefined && this.#options.store.unclaimed().length === 0) this.#beginRest();
  }

  stop(): void {
    this.#running = false;
    for (const cancel of [this.#cancelHeadStart, this.#cancelTick, this.#cancelExpiry]) cancel?.();
  }

  /**
   * One timer for all whose peers have changed. It waits longer where many would have to be looked at, so that a rollout
   * costs them in proportion to its time and not to the number of those who come.
   */
  #armTick(): void {
    const { store, queue, clock, coalesce } = this.#options;
    const isIdle = !this.#running || this.#beginRest !== undefined || this.#cancelTick !== undefined;
    const members = isIdle ? 0 : store.surroundings.touchable;
    if (members === 0) return;
    this.#cancelTick = clock.after(Math.max(coalesce, Math.min(longestTick, members)), () => {
      this.#cancelTick = undefined;
      for (const uid of store.takeTouched()) queue.add(uid);
    });
  }

  /** One timer for the next pod whose grace period runs out. */
  #armExpiry(): void {
    const { store, clock, onExpired } = this.#options;
    this.#cancelExpiry?.();
    const next = store.nextExpiry();
    this.#cancelExpiry = next === undefined
      ? undefined
      : clock.after(Math.max(0, next - clock.now()), () => onExpired(store.expire(clock.now())));
  }
}
