// Has this been said already: a problem is said once per object and reason, then only counted until it heals.
import { digestOf } from "../text/digest.ts";
import { steady } from "../text/steady.ts";
import type { Clock } from "../time/clock.ts";
import type { Log } from "./log.ts";

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
  /**
   * The object is well again: gives how often its problem was seen in silence, or undefined if nothing was said of one
   * since it was well.
   */
  recovered(key: string): number | undefined;
  /** The object is no more. */
  forget(key: string): void;
  /** Number of objects remembered. */
  readonly size: number;
}

/** More than an object can have at the same time, or all of them would be said again at every retry. */
const reasonsPerKey = 160;

/** More than all objects together, or a hundred hostile pods would hold what was said of thousands. */
const reasonsInAll = 100_000;

/** Milliseconds until a problem that went and came back is said again: the second time, and at most, doubling. */
const pauses = { first: 10_000, longest: 3_600_000 };

interface Said {
  readonly at: number;
  readonly pause: number;
  /** Since the object was well. */
  readonly isCurrent: boolean;
}

/**
 * A bounded memory: what was seen least recently is forgotten, and so may be said again. Of a reason only a hash is kept,
 * for pods choose how long it is. What comes and goes is said less and less often.
 */
export function createLogDeduplicator(
  { limit = 10_000, clock }: { readonly limit?: number; readonly clock: Pick<Clock, "now"> },
): LogDeduplicator {
  const known = new Map<string, { readonly reasons: Map<string, Said>; suppressed: number }>();
  let reasons = 0;

  function forget(key: string): void {
    reasons -= known.get(key)?.reasons.size ?? 0;
    known.delete(key);
  }

  function ageOf({ at }: Said): number {
    return clock.now() - at;
  }

  function sayAgain(before: Said | undefined): Said {
    const isOld = before === undefined || ageOf(before) > pauses.longest;
    const pause = isOld ? pauses.first : Math.min(pauses.longest, 2 * before.pause);
    return { at: clock.now(), pause, isCurrent: true };
  }

  return {
    problem(key, reason): Deduplicated {
      const hash = digestOf(reason);
      const object = known.get(key) ?? { reasons: new Map<string, Said>(), suppressed: 0 };
      forget(key);
      known.set(key, object);
      const before = object.reasons.get(hash);
      const say = before === undefined || (!before.isCurrent && ageOf(before) >= before.pause);
      object.reasons.delete(hash);
      object.reasons.set(hash, say ? sayAgain(before) : before);
      const [oldest] = object.reasons.size > reasonsPerKey ? object.reasons.keys() : [];
      if (oldest !== undefined) object.reasons.delete(oldest);
      reasons += object.reasons.size;
      const [leastRecent] = known.size > limit || reasons > reasonsInAll ? known.keys() : [];
      if (leastRecent !== undefined) forget(leastRecent);
      const suppressed = say ? object.suppressed : object.suppressed + 1;
      object.suppressed = say ? 0 : suppressed;
      return { say, suppressed };
    },
    recovered(key): number | undefined {
      const object = known.get(key);
      if (object === undefined) return undefined;
      const all = [...object.reasons];
      const recent = all.filter(([, said]) => ageOf(said) <= pauses.longest);
      forget(key);
      if (recent.length > 0) {
        const past = new Map(recent.map(([hash, said]) => [hash, { ...said, isCurrent: false }]));
        known.set(key, { reasons: past, suppressed: 0 });
        reasons += past.size;
      }
      return all.some(([, { isCurrent }]) => isCurrent) ? object.suppressed : undefined;
    },
    forget,
    get size(): number {
      return known.size;
    },
  };
}

/** How one ended: in a word, in a sentence, and after how many ms it is opened anew. */
export interface EndOfWatch {
  readonly end: string;
  readonly reason: string;
  readonly retryIn: number;
}

/** Speaks of several watches, by what they are of. */
export class WatchLog {
  readonly #log: Log;
  readonly #said: LogDeduplicator;

  constructor({ log, clock }: { readonly log: Log; readonly clock: Pick<Clock, "now"> }) {
    [this.#log, this.#said] = [log, createLogDeduplicator({ clock })];
  }

  /** `isUsual`: no trouble; an end that was to be expected is none anyway. */
  ended(
    what: string,
    { end, reason, retryIn, isUsual = false }: EndOfWatch & { readonly isUsual?: boolean },
  ): void {
    const text = `${reason}; trying again in ${(retryIn / 1000).toFixed(1)} s`;
    const isTrouble = !isUsual && end !== "expected" && retryIn > 0;
    if (isTrouble && this.#said.problem(what, `${end} ${steady(reason)}`).say) {
      this.#log.warn(text, { watch: what, trouble: end });
    } else this.#log.debug(text);
  }

  /** It goes on. */
  recovered(what: string): void {
    const repeated = this.#said.recovered(what);
    if (repeated !== undefined) this.#log.info(`watching ${what} again`, { repeated });
  }

  /** An object that cannot be read may change every second. */
  unreadable(text: string): void {
    if (this.#said.problem("unreadable", text).say) this.#log.warn(text);
  }
}
