// How long to wait before the next try? Pure: doubling, with a limit and jitter.

export interface BackoffOptions {
  /** ms before the second try. */
  readonly base: number;
  /** ms that no wait exceeds. */
  readonly max: number;
  /** In [0, 1): spreads clients that failed at the same moment. */
  readonly random: number;
}

/** ms to wait after `failures` failures in a row (1, 2, …): between half of the doubled base and all of it. */
export function backoffDelay(failures: number, options: BackoffOptions): number {
  const doubled = options.base * 2 ** Math.min(Math.max(failures, 1) - 1, 30);
  return Math.min(doubled, options.max) * (1 - options.random / 2);
}
