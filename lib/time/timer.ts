// One timer that is set again and again: whoever has it need not remember how to take it back.
import type { Clock } from "./clock.ts";

/** Waits for one date at most. */
export class Timer {
  readonly #clock: Pick<Clock, "after">;
  #cancel: (() => void) | undefined;

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  /** It waits for a date. */
  get isSet(): boolean {
    return this.#cancel !== undefined;
  }

  /** Calls `work` in so many ms, unless it waits already. */
  start(ms: number, work: () => void): void {
    this.#cancel ??= this.#clock.after(ms, () => {
      this.#cancel = undefined;
      work();
    });
  }

  /** Calls `work` in so many ms, and not what it waited for until now. */
  restart(ms: number, work: () => void): void {
    this.cancel();
    this.start(ms, work);
  }

  /** What it waited for does not happen. */
  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
