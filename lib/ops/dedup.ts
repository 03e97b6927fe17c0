// Has this been said already: a problem is said once per object and reason, then only counted until it heals.
import { createHash } from "node:crypto";
import { steady } from "../text/steady.ts";
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
  /** The object is well again: gives how often its problem was seen in silence, or undefined if it had none. */
  recovered(key: string): number | undefined;
  /** Number of objects remembered. */
  readonly size: number;
}

/** More than an object can have at the same time, or all of them would be said again at every retry. */
const reasonsPerKey = 160;

/** More than all objects together, or a hundred hostile pods would hold what was said of thousands. */
const reasonsInAll = 100_000;

/**
 * A bounded memory: what was seen least recently is forgotten, and so may be said again. Of a reason only a hash is kept,
 * for pods choose how long it is.
 */
export function createLogDeduplicator({ limit = 10_000 }: { readonly limit?: number } = {}): LogDeduplicator {
  const known = new Map<string, { readonly reasons: Set<string>; suppressed: number }>();
  let reasons = 0;

  function forget(key: string): void {
    reasons -= known.get(key)?.reasons.size ?? 0;
    known.delete(key);
  }

  return {
    problem(key, reason): Deduplicated {
      const hash = hashed(reason);
      const object = known.get(key) ?? { reasons: new Set<string>(), suppressed: 0 };
      forget(key);
      known.set(key, object);
      const say = !object.reasons.delete(hash);
      object.reasons.add(hash);
      const [oldest] = object.reasons.size > reasonsPerKey ? object.reasons : [];
      if (oldest !== undefined) object.reasons.delete(oldest);
      reasons += object.reasons.size;
      const [leastRecent] = known.size > limit || reasons > reasonsInAll ? known.keys() : [];
      if (leastRecent !== undefined) forget(leastRecent);
      const suppressed = say ? object.suppressed : object.suppressed + 1;
      object.suppressed = say ? 0 : suppressed;
      return { say, suppressed };
    },
    recovered(key): number | undefined {
      const before = known.get(key);
      forget(key);
      return before?.suppressed;
    },
    get size(): number {
      return known.size;
    },
  };
}

function hashed(text: string): string {
  return createHash("sha256").update(text).digest("base64").slice(0, 16);
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
  readonly #said = createLogDeduplicator();

  constructor(log: Log) {
    this.#log = log;
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
