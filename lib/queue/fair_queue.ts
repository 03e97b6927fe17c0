// Who is next among those that wait: first come first served within a group; groups take turns, the least busy first.

/** A line of keys with values. With one group it is a plain queue. */
export class FairLine<Value> {
  readonly #groupOf: (value: Value) => string;
  /** Groups that have somebody waiting; the first one's turn is next. */
  readonly #groups = new Map<string, Map<string, Value>>();
  /** The group in which a key stands: what `groupOf` says may change meanwhile. */
  readonly #standing = new Map<string, string>();

  constructor(groupOf: (value: Value) => string) {
    this.#groupOf = groupOf;
  }

  get size(): number {
    return this.#standing.size;
  }

  /** Stands at the end of its group's line, unless it stands there already. */
  add(key: string, value: Value): void {
    if (this.#standing.has(key)) return;
    const group = this.#groupOf(value);
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

  /**
   * The next one of the group with the least load, which then goes to the back; of equal groups the one that has waited
   * longest. `loadOf` gives what a group occupies already; Infinity keeps it waiting. Default: all are equal.
   */
  take(loadOf: (group: string) => number = () => 0): Value | undefined {
    let [least, chosen]: [number, string | undefined] = [Infinity, undefined];
    for (const group of this.#groups.keys()) {
      const load = loadOf(group);
      if (load < least) [least, chosen] = [load, group];
    }
    const line = chosen === undefined ? undefined : this.#groups.get(chosen);
    if (chosen === undefined || line === undefined) return undefined;
    this.#groups.delete(chosen);
    this.#groups.set(chosen, line);
    const [key = ""] = line.keys();
    return this.delete(key);
  }

  /** Everybody who waits, in no order that means anything. */
  *values(): Iterable<Value> {
    for (const line of this.#groups.values()) yield* line.values();
  }
}
