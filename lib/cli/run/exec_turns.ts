// Whose exec is next when only so many may be started in a time: those that somebody waits for before the others.
import type { Clock } from "../../time/clock.ts";
import { onAbort } from "../../time/clock.ts";
import type { TokenBucket } from "../../time/token_bucket.ts";

/** One turn in so many goes to those that do not hurry, though others wait: entries of pods that are gone must go. */
const othersTurn = 8;

/** Two lines before one bucket. Whoever is in one holds up nobody in the other for long. */
export class ExecTurns {
  readonly #clock: Clock;
  readonly #limit: Pick<TokenBucket, "take">;
  readonly #urgent = new Set<() => void>();
  readonly #others = new Set<() => void>();
  #turns = 0;
  #armed = false;

  constructor({ clock, limit }: { readonly clock: Clock; readonly limit: Pick<TokenBucket, "take"> }) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Resolves when it is its turn, or at once when `signal` is aborted (look at the signal afterwards). */
  async next(
    { urgent, signal }: { readonly urgent: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const line = urgent ? this.#urgent : this.#others;
    const { promise, resolve } = Promise.withResolvers<void>();
    line.add(resolve);
    const forget = signal === undefined ? undefined : onAbort(signal, () => {
      line.delete(resolve);
      resolve();
    });
    this.#serve();
    await promise;
    forget?.();
  }

  #serve(): void {
    if (this.#armed) return;
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      const wait = this.#limit.take();
      if (wait > 0) {
        this.#armed = true;
        this.#clock.after(wait, () => {
          this.#armed = false;
          this.#serve();
        });
        return;
      }
      this.#turns++;
      this.#urgent.delete(next);
      this.#others.delete(next);
      next();
    }
  }

  #first(): (() => void) | undefined {
    const [urgent] = this.#urgent;
    const [other] = this.#others;
    return (this.#turns + 1) % othersTurn === 0 ? other ?? urgent : urgent ?? other;
  }
}
