// What must be done in the end, though a fault of ours is in its way: later again, and less and less often.
import { backoffDelay } from "./backoff.ts";
import { type Clock, sleep } from "./clock.ts";

export interface RetryOptions {
  readonly clock: Clock;
  /** Once it is aborted nothing is done any more. */
  readonly signal: AbortSignal;
  /** Told of every exception. */
  readonly onFault: (error: unknown) => void;
}

/** Milliseconds after the first fault, and at most. */
const pauses = { base: 1_000, max: 60_000 };

/** Does `work` at once, and again until it throws nothing. Never rejects. */
export async function untilDone(work: () => void, { clock, signal, onFault }: RetryOptions): Promise<void> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      return work();
    } catch (error) {
      onFault(error);
    }
    await sleep(clock, backoffDelay(failures, { ...pauses, random: clock.random() }), signal);
  }
}
