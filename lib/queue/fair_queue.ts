// Who is next among those that wait: first come first served within a group, and the groups take turns.

/** A line of keys with values. With one group it is a plain queue. */
export class FairLine<Value> {
  readonly #groupOf: (key: string) => string;
  /** Groups that have somebody waiting; the first one's turn is next. */
  readonly #groups = new Map<string, Map<string, Value>>();
  /** The group in which a key stands: what `groupOf` says may change meanwhile. */
  readonly #standing = new Map<string, string>();

  constructor(groupOf: (key: string) => string) {
    this.#groupOf = groupOf;
  }

  get size(): number {
    return this.#standing.size;
  }

  has(key: string): boolean {
    return this.#standing.has(key);
  }

  /** Stands at the end of its group's line, unless it stands there already. */
  add(key: string, value: Value): void {
    if (this.#standing.has(key)) return;
    const group = this.#groupOf(key);
    const line = this.#groups.get(group) ?? new Map<string, Value>();
    this.#groups.set(group, line.set(key, value));
    this.#standing.set(key, group);
  }

  /** Leaves the line; gives its value. */
  delete(key: string): Value | undefined {
    const group = this.#standing.get(key) ?? "";
    const line = this.#groups.get(group);
    const value = line?.get(key);
    this.#standing.delete(key);
    line?.delete(key);
    if (line?.size === 0) this.#groups.delete(group);
    return value;
  }

  /** The next one, whose group then goes to the back. */
  take(): Value | undefined {
    for (const [group, line] of this.#groups) {
      for (const key of line.keys()) {
        const value = this.delete(key);
        if (line.size > 0) {
          this.#groups.delete(group);
          this.#groups.set(group, line);
        }
        return value;
      }
    }
    return undefined;
  }

  clear(): void {
    this.#groups.clear();
    this.#standing.clear();
  }
}
