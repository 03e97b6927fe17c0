// When is a program for people told to stop? By Ctrl-C, by a signal, or because its terminal was closed.

/** The order to stop. Dispose of it to leave signals alone again. */
export interface StopOrder extends Disposable {
  /** Aborted when the order has come. */
  readonly signal: AbortSignal;
  /** Resolves when the order has come. */
  readonly given: Promise<void>;
}

const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Listens from now on, so that the program can clean up before it ends. */
export function listenForStop(): StopOrder {
  const order = new AbortController();
  const given = Promise.withResolvers<void>();
  const listener = (): void => {
    order.abort();
    given.resolve();
  };
  for (const signal of signals) Deno.addSignalListener(signal, listener);
  return {
    signal: order.signal,
    given: given.promise,
    [Symbol.dispose]: () => {
      for (const signal of signals) Deno.removeSignalListener(signal, listener);
    },
  };
}
