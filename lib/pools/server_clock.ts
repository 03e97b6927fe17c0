// What time is it at the API server, at least and at most? Our own wall clock may be wrong, and jumps.
import type { Clock } from "../time/clock.ts";

/** Between two whole seconds since 1970, both by the API server's clock. */
export interface ServerTime {
  readonly earliest: number;
  readonly latest: number;
}

/** Follows the dates of its answers. */
export class ServerClock {
  readonly #clock: Pick<Clock, "now">;
  #seen: { readonly seconds: number; readonly sentAt: number; readonly readAt: number } | undefined;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** An answer to what was sent at `sentAt` (monotonic ms) has this date. */
  note(date: Date, sentAt: number): void {
    this.#seen = { seconds: Math.floor(date.getTime() / 1000), sentAt, readAt: this.#clock.now() };
  }

  /** Undefined before the first answer. */
  now(): ServerTime | undefined {
    if (this.#seen === undefined) return undefined;
    const { seconds, sentAt, readAt } = this.#seen;
    const now = this.#clock.now();
    return {
      earliest: seconds + Math.floor((now - readAt) / 1000),
      // The date is cut to whole seconds, and was written after the request was sent.
      latest: seconds + 1 + Math.ceil((now - sentAt) / 1000),
    };
  }
}
