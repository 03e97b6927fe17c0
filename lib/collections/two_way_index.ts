// Who has which keys, and whom does each key have? Both are found without going through all.

/** Uids by key and keys by uid, with a value for each pair. `isSame`: when a value counts as unchanged. */
export class TwoWayIndex<Value> {
  readonly #uids = new Map<string, Map<string, Value>>();
  /** Many have the same keys: of these each has the same list, which is found by its last key. */
  readonly #keys = new Map<string, readonly string[]>();
  readonly #lists = new Map<string, readonly string[]>();
  readonly #isSame: (a: Value | undefined, b: Value | undefined) => boolean;

  constructor(isSame: (a: Value | undefined, b: Value | undefined) => boolean = Object.is) {
    this.#isSame = isSame;
  }

  /** Makes `uid` have exactly these keys; gives those that it has otherwise than before. */
  put(uid: string, keys: ReadonlyMap<string, Value>): readonly string[] {
    const changed = [...new Set([...this.of(uid), ...keys.keys()])]
      .filter((key) => !this.#isSame(this.get(uid, key), keys.get(key)));
    for (const key of changed) {
      const uids = this.#uids.get(key) ?? new Map<string, Value>();
      const value = keys.get(key);
      if (value === undefined) uids.delete(uid);
      else uids.set(uid, value);
      if (uids.size > 0) this.#uids.set(key, uids);
      else [this.#uids, this.#lists].forEach((map) => map.delete(key));
    }
    if (keys.size === 0) this.#keys.delete(uid);
    else this.#keys.set(uid, this.#shared([...keys.keys()]));
    return changed;
  }

  /** Keys of one; empty when it has none. */
  of(uid: string): readonly string[] {
    return this.#keys.get(uid) ?? [];
  }

  /** The value of a pair. */
  get(uid: string, key: string): Value | undefined {
    return this.#uids.get(key)?.get(uid);
  }

  /** Those who have the key, in the order in which they came. */
  at(key: string): ReadonlyMap<string, Value> {
    return this.#uids.get(key) ?? new Map();
  }

  /** Number of those who have each key. */
  sizes(): ReadonlyMap<string, number> {
    return new Map([...this.#uids].map(([key, { size }]) => [key, size]));
  }

  #shared(keys: readonly string[]): readonly string[] {
    const last = keys.at(-1) ?? "";
    const known = this.#lists.get(last) ?? [];
    if (known.length === keys.length && known.every((key, at) => key === keys[at])) return known;
    this.#lists.set(last, keys);
    return keys;
  }
}

/** For an index that only says who has what. */
export function marks(keys: Iterable<string>): ReadonlyMap<string, true> {
  return new Map([...keys].map((key) => [key, true]));
}
