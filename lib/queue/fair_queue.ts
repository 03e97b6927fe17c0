// Who is next among those that wait: first come first served within a group; groups take turns, the least busy first, and in each its ranks.

/** Keys with values, one behind the other. With one group it is a plain queue. */
export class FairQueue<Value> {
  readonly #groupOf: (value: Value) => string;
  readonly #rankOf: (value: Value) => number;
  /** Groups that have somebody waiting, and in each the ranks that have; the first one's turn is next. */
  readonly #groups = new Map<string, Map<number, Map<string, Value>>>();
  /** Group and rank in which a key stands: what the functions say may change meanwhile. */
  readonly #standing = new Map<string, readonly [string, number]>();

  constructor(groupOf: (value: Value) => string, rankOf: (value: Value) => number = () => 0) {
    [this.#groupOf, this.#rankOf] = [groupOf, rankOf];
  }

  get size(): number {
    return this.#standing.size;
  }

  /** Stands at the end of its group's line, unless it stands there already. */
  add(key: string, value: Value): void {
    if (this.#standing.has(key)) return;
    const [group, rank] = [this.#groupOf(value), this.#rankOf(value)];
    const ranks = this.#groups.get(group) ?? new Map<number, Map<string, Value>>();
    const line = ranks.get(rank) ?? new Map<string, Value>();
    this.#groups.set(group, ranks.set(rank, line.set(key, value)));
    this.#standing.set(key, [group, rank]);
  }

  /** Leaves the line; gives its value. */
  delete(key: string): Value | undefined {
    const [group, rank] = this.#standing.get(key) ?? ["", 0];
    const ranks = this.#groups.get(group);
    const line = ranks?.get(rank);
    const value = line?.get(key);
    this.#standing.delete(key);
    line?.delete(key);
    if (line?.size === 0) ranks?.delete(rank);
    if (ranks?.size === 0) this.#groups.delete(group);
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
    const ranks = chosen === undefined ? undefined : this.#groups.get(chosen);
    if (chosen === undefined || ranks === undefined) return undefined;
    this.#groups.delete(chosen);
    this.#groups.set(chosen, ranks);
    for (const [rank, line] of ranks) {
      ranks.delete(rank);
      ranks.set(rank, line);
      for (const key of line.keys()) return this.delete(key);
    }
  }
}
