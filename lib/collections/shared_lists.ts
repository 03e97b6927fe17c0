// Lists of keys: many have the same ones, and of these each has the same list.

/** Found by their last key. */
export class SharedLists {
  readonly #lists = new Map<string, readonly string[]>();

  /** The same list, as it was met before. */
  of(keys: readonly string[]): readonly string[] {
    const last = keys.at(-1) ?? "";
    const known = this.#lists.get(last) ?? [];
    if (known.length === keys.length && known.every((key, at) => key === keys[at])) return known;
    this.#lists.set(last, keys);
    return keys;
  }

  /** Nobody has the key any more. */
  forget(key: string): void {
    this.#lists.delete(key);
  }
}
