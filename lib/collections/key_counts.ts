// How many have each key? Where nobody asks who, a number does for thousands of entries.
import { SharedLists } from "./shared_lists.ts";

/** Keys by uid, and by key how many have it. */
export class KeyCounts {
  readonly #counts = new Map<string, number>();
  readonly #keys = new Map<string, readonly string[]>();
  readonly #lists = new SharedLists();

  /** Makes `uid` have exactly these keys; gives those that it has gained or lost. */
  put(uid: string, keys: Iterable<string>): readonly string[] {
    const [before, now] = [new Set(this.#keys.get(uid)), new Set(keys)];
    const changed = [...before.symmetricDifference(now)];
    for (const key of changed) this.#count(key, now.has(key) ? 1 : -1);
    if (now.size === 0) this.#keys.delete(uid);
    else this.#keys.set(uid, this.#lists.of([...now]));
    return changed;
  }

  /** How many have it. */
  at(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** How many have each that anybody has. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  #count(key: string, by: number): void {
    const count = this.at(key) + by;
    if (count > 0) this.#counts.set(key, count);
    else {
      this.#counts.delete(key);
      this.#lists.forget(key);
    }
  }
}
