// How often may something be done: a bucket that fills by time and empties by use.
import type { Clock } from "./clock.ts";

export interface TokenBucketOptions {
  readonly clock: Pick<Clock, "now">;
  /** Uses in a row that are free. */
  readonly burst: number;
  /** Milliseconds until one more is. */
  readonly refill: number;
}

/** A limit without timers: whoever has to wait does so by himself. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #at: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#at = options.clock.now();
  }

  /** Uses one if there is one; gives 0, or the milliseconds until there is one (and uses none). */
  take(): number {
    this.#fill();
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - this.#tokens) * this.#options.refill);
  }

  /** It was not used for so long that it need not be remembered. */
  get isFull(): boolean {
    this.#fill();
    return this.#tokens >= this.#options.burst;
  }

  /** Uses one in any case; gives the milliseconds to wait before doing what it is for. */
  reserve(): number {
    this.#fill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens * this.#options.refill);
  }

  #fill(): void {
    const { clock, burst, refill } = this.#options;
    const now = clock.now();
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#at) / refill);
    this.#at = now;
  }
}
