// What time is it, and wake me later: the only door to time and chance, passed in so that tests can hold both.

/** Monotonic time, timers and randomness. Wall-clock time is never used for an interval: it jumps. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes backwards. */
  now(): number;
  /** Wall-clock time, for timestamps that people read. Never subtract two of them. */
  wall(): Date;
  /** Calls `run` once after `ms` milliseconds, be it years; the returned function cancels it at any time. */
  after(ms: number, run: () => void): () => void;
  /** A number in [0, 1), for jitter. */
  random(): number;
}

/** Milliseconds (24.8 days) beyond which a timer of JavaScript fires at once. */
const longestTimer = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => new Date(),
  after: (ms, run) => {
    const due = performance.now() + ms;
    const arm = (left: number): ReturnType<typeof setTimeout> =>
      setTimeout(left > longestTimer ? again : run, Math.min(left, longestTimer));
    const again = (): void => {
      timer = arm(due - performance.now());
    };
    let timer = arm(ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** Resolves after `ms` milliseconds, or at once when `signal` is aborted (look at the signal afterwards). */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const stop = (): void => {
      cancel();
      resolve();
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Resolves when `signal` is (or already was) aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => onAbort(signal, resolve));
}

/** Calls `run` when (or if already) aborted; gives the way to take that back. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) run();
  else signal.addEventListener("abort", run, { once: true });
  return () => signal.removeEventListener("abort", run);
}

/** What `work` gives, unless `signal` is aborted first: then it rejects with the signal's reason. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const forget = onAbort(signal, () => stopped.reject(signal.reason));
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    forget();
  }
}

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
