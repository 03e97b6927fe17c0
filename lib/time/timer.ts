// One timer that is set again and again: whoever has it need not remember how to take it back.
import type { Clock } from "./clock.ts";

/** Waits for one date at most. */
export class Timer {
  readonly #clock: Pick<Clock, "after">;
  #cancel: (() => void) | undefined;

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  /** Calls `work` in so many ms, unless it waits already. */
  start(ms: number, work: () => void): void {
    this.#cancel ??= this.#clock.after(ms, () => {
      this.#cancel = undefined;
      work();
    });
  }

  /** What it waited for does not happen. */
  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
