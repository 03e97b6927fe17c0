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

/** More than an object can have at the same time, or all of them would be said again at every retry. */
const reasonsPerKey = 160;

/** Longer reasons are compared by their beginning, so that memory has a bound. */
const comparedCharacters = 300;

/** A bounded memory: what was seen least recently is forgotten, and so may be said again. */
export function createLogDeduplicator({ limit = 10_000 }: { readonly limit?: number } = {}): LogDeduplicator {
  const known = new Map<string, { readonly reasons: Set<string>; suppressed: number }>();

  return {
    problem(key, reason): Deduplicated {
      const text = reason.slice(0, comparedCharacters);
      const object = known.get(key) ?? { reasons: new Set<string>(), suppressed: 0 };
      known.delete(key);
      known.set(key, object);
      dropOldest(known, limit);
      const say = !object.reasons.delete(text);
      object.reasons.add(text);
      dropOldest(object.reasons, reasonsPerKey);
      const suppressed = say ? object.suppressed : object.suppressed + 1;
      object.suppressed = say ? 0 : suppressed;
      return { say, suppressed };
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

/** Maps and sets keep the order in which things came. */
function dropOldest(all: Map<string, unknown> | Set<string>, limit: number): void {
  const [oldest] = all.size > limit ? all.keys() : [];
  if (oldest !== undefined) all.delete(oldest);
}
