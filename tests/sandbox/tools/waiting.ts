// Has it happened yet? Waiting for a condition, with a message that says what was waited for.

/** How long at most, in ms: generous, because machines are slow at times, and nobody waits that long when all is well. */
const patience = 60_000;

/** How often a condition is looked at that nothing announces, in ms. */
const interval = 20;

/** A condition: anything but false and undefined means that it holds. */
export type Condition<T> = () => T | false | undefined | Promise<T | false | undefined>;

/**
 * Waits until `condition` gives a value other than false and undefined, and gives that.
 * Throws an Error after the timeout (ms, default 60 s) that names `what`; an error of the condition is passed on.
 */
export async function waitFor<T>(
  condition: Condition<T>,
  options: { readonly what: string; readonly timeout?: number; readonly state?: () => string },
): Promise<T> {
  const timeout = options.timeout ?? patience;
  const until = performance.now() + timeout;
  while (true) {
    const found = await condition();
    if (found !== false && found !== undefined) return found;
    if (performance.now() > until) break;
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
  const state = options.state === undefined ? "" : `; ${options.state()}`;
  throw new Error(`Waited ${timeout / 1000} s in vain for this: ${options.what}${state}`);
}
