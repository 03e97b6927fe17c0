// How long until the API server has answered? Questions that must be answered in the end, asked again and again.
import { backoffDelay } from "../../time/backoff.ts";
import { type Clock, sleep } from "../../time/clock.ts";
import { retryAfterOf } from "./client.ts";

/** ms between two attempts; see backoff.ts. */
const backoff = { base: 5_000, max: 60_000 };
/** ms; a server that asks for more is asked again all the same. */
const longestRetryAfter = 120_000;

export interface UntilAnsweredOptions {
  readonly clock: Clock;
  /** Once it is aborted nothing is asked any more. */
  readonly signal: AbortSignal;
  /** Told of the first failure in a row; whatever was thrown. */
  readonly onTrouble: (error: unknown) => void;
}

/** Does `work` until it throws nothing, or the signal is aborted. Never rejects. */
export async function untilAnswered(
  work: () => Promise<void>,
  { clock, signal, onTrouble }: UntilAnsweredOptions,
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      return await work();
    } catch (error) {
      if (failures === 1 && !signal.aborted) onTrouble(error);
      const delay = backoffDelay(failures, { ...backoff, random: clock.random() });
      await sleep(clock, Math.max(delay, Math.min(retryAfterOf(error), longestRetryAfter)), signal);
    }
  }
}
