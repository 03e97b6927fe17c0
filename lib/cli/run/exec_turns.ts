// Whose exec is next when only so many may be started in a time: those somebody waits for first, of them namespaces in turn.
import { FairQueue } from "../../queue/fair_queue.ts";
import { type Clock, onAbort } from "../../time/clock.ts";
import { Timer } from "../../time/timer.ts";
import type { TokenBucket } from "../../time/token_bucket.ts";

/** One turn in so many goes to those that do not hurry, though others wait: entries of pods that are gone must go. */
const othersTurn = 8;

/** An exec that is to be started. */
export interface ExecTurn {
  readonly namespace: string;
  /** Somebody waits for it. */
  readonly urgent: boolean;
  readonly signal?: AbortSignal | undefined;
}

interface Waiting extends ExecTurn {
  readonly begin: () => void;
}

/** Two lines before one bucket. Whoever is in one holds up nobody in the other for long, nor does a namespace another. */
export class ExecTurns {
  readonly #timer: Timer;
  readonly #limit: Pick<TokenBucket, "take">;
  readonly #urgent = new FairQueue<Waiting>(({ namespace }) => namespace);
  readonly #others = new FairQueue<Waiting>(({ namespace }) => namespace);
  #asked = 0;
  #turns = 0;

  constructor({ clock, limit }: { readonly clock: Clock; readonly limit: Pick<TokenBucket, "take"> }) {
    [this.#timer, this.#limit] = [new Timer(clock), limit];
  }

  /** Resolves when it is its turn, or at once when `signal` is aborted (look at the signal afterwards). */
  async next(turn: ExecTurn): Promise<void> {
    const line = turn.urgent ? this.#urgent : this.#others;
    const key = `${this.#asked++}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    line.add(key, { ...turn, begin: resolve });
    const forget = turn.signal === undefined ? undefined : onAbort(turn.signal, () => {
      line.delete(key);
      resolve();
    });
    this.#serve();
    await promise;
    forget?.();
  }

  #serve(): void {
    while (this.#urgent.size + this.#others.size > 0) {
      const wait = this.#limit.take();
      if (wait > 0) return this.#timer.start(wait, () => this.#serve());
      this.#turns++;
      this.#first()?.begin();
    }
  }

  #first(): Waiting | undefined {
    const isOthersTurn = this.#turns % othersTurn === 0;
    const [first, second] = isOthersTurn ? [this.#others, this.#urgent] : [this.#urgent, this.#others];
    return first.take() ?? second.take();
  }
}
