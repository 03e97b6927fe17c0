// How to wait without holding up the end? One timer that an abort cuts short.
import type { Clock } from "./clock.ts";

/** Resolves after `ms` milliseconds, or at once when the signal is aborted (look at it afterwards). */
export function pause(
  ms: number,
  options: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, signal } = options;
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal.addEventListener("abort", finish, { once: true });
  });
}
