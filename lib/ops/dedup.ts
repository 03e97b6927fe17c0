// Has this been said already: a problem is said once per object and reason, then only counted until it heals.

/** What to do with a problem that was just seen. */
export interface Deduplicated {
  /** True: say it. False: it has been said. */
  readonly say: boolean;
  /** How often a problem of this object was seen and not said since the last time something was said of it. */
  readonly suppressed: number;
}

/** Remembers what was said about which object. */
export interface LogDeduplicator {
  /** A problem was seen: `key` is the object, `reason` the sentence. */
  problem(key: string, reason: string): Deduplicated;
  /** The object is well again: gives how often its problem was seen in silence, or undefined if it had none. */
  recovered(key: string): number | undefined;
  /** Number of objects remembered. */
  readonly size: number;
}

/** A trouble may alternate between a few faces (refused, timed out, refused); each is said once. */
const reasonsPerKey = 4;

/** Longer reasons are compared by their beginning, so that memory has a bound. */
const comparedCharacters = 300;

/**
 * A bounded memory: beyond `limit` objects the one seen least recently is forgotten, and so may be said again.
 */
export function createLogDeduplicator({ limit = 10_000 }: { readonly limit?: number } = {}): LogDeduplicator {
  const known = new Map<string, { readonly reasons: readonly string[]; readonly suppressed: number }>();

  const remember = (key: string, reasons: readonly string[], suppressed: number): void => {
    known.delete(key);
    known.set(key, { reasons, suppressed });
    if (known.size <= limit) return;
    for (const oldest of known.keys()) {
      known.delete(oldest);
      return;
    }
  };

  return {
    problem(key, reason): Deduplicated {
      const text = reason.slice(0, comparedCharacters);
      const before = known.get(key);
      if (before?.reasons.includes(text)) {
        remember(key, before.reasons, before.suppressed + 1);
        return { say: false, suppressed: before.suppressed + 1 };
      }
      remember(key, [...(before?.reasons ?? []), text].slice(-reasonsPerKey), 0);
      return { say: true, suppressed: before?.suppressed ?? 0 };
    },
    recovered(key): number | undefined {
      const before = known.get(key);
      known.delete(key);
      return before?.suppressed;
    },
    get size(): number {
      return known.size;
    },
  };
}
