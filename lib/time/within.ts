// Has it happened in time? Waiting with a bound, without leaving a timer behind.
import { type Clock, sleep } from "./clock.ts";

/** True when `work` is settled within `ms` milliseconds; false when it was not waited for any longer. Rejects as it does. */
export async function within(
  work: Promise<void>,
  { clock, ms }: { readonly clock: Clock; readonly ms: number },
): Promise<boolean> {
  const inTime = new AbortController();
  const late = sleep(clock, ms, inTime.signal).then(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    inTime.abort();
  }
}
