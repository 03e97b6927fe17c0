// Who has which keys, and whom does each key have? Both are found without going through all.
import { SharedLists } from "./shared_lists.ts";

/** Who alone has a key: a Map for each of those would take four times as much. */
class Holder<Value> {
  constructor(readonly uid: string, readonly value: Value) {}
}

/** Uids by key and keys by uid, with a value for each pair. `isSame`: when a value counts as unchanged. */
export class TwoWayIndex<Value> {
  readonly #uids = new Map<string, Map<string, Value> | Holder<Value>>();
  readonly #keys = new Map<string, readonly string[]>();
  readonly #lists = new SharedLists();
  readonly #isSame: (a: Value | undefined, b: Value | undefined) => boolean;

  constructor(isSame: (a: Value | undefined, b: Value | undefined) => boolean = Object.is) {
    this.#isSame = isSame;
  }

  /** Makes `uid` have exactly these keys; gives those that it has otherwise than before. */
  put(uid: string, keys: ReadonlyMap<string, Value>): readonly string[] {
    const changed = [...new Set([...this.of(uid), ...keys.keys()])]
      .filter((key) => !this.#isSame(this.get(uid, key), keys.get(key)));
    for (const key of changed) this.#set(key, uid, keys.get(key));
    if (keys.size === 0) this.#keys.delete(uid);
    else this.#keys.set(uid, this.#lists.of([...keys.keys()]));
    return changed;
  }

  /** Keys of one; empty when it has none. */
  of(uid: string): readonly string[] {
    return this.#keys.get(uid) ?? [];
  }

  /** The value of a pair. */
  get(uid: string, key: string): Value | undefined {
    const uids = this.#uids.get(key);
    if (uids instanceof Holder) return uids.uid === uid ? uids.value : undefined;
    return uids?.get(uid);
  }

  /** Those who have the key, in the order in which they came. */
  at(key: string): ReadonlyMap<string, Value> {
    const uids = this.#uids.get(key) ?? new Map();
    return uids instanceof Holder ? mapOf(uids) : uids;
  }

  /** Number of those who have each key. */
  sizes(): ReadonlyMap<string, number> {
    return new Map([...this.#uids].map(([key, uids]) => [key, uids instanceof Holder ? 1 : uids.size]));
  }

  #set(key: string, uid: string, value: Value | undefined): void {
    const before = this.#uids.get(key);
    if (value !== undefined && (before === undefined || (before instanceof Holder && before.uid === uid))) {
      this.#uids.set(key, new Holder(uid, value));
      return;
    }
    const uids = before instanceof Holder ? mapOf(before) : before ?? new Map<string, Value>();
    if (value === undefined) uids.delete(uid);
    else uids.set(uid, value);
    if (uids.size > 0) this.#uids.set(key, uids);
    else {
      this.#uids.delete(key);
      this.#lists.forget(key);
    }
  }
}

function mapOf<Value>({ uid, value }: Holder<Value>): Map<string, Value> {
  return new Map([[uid, value]]);
}

/** For an index that only says who has what. */
export function marks(keys: Iterable<string>): ReadonlyMap<string, true> {
  return new Map([...keys].map((key) => [key, true]));
}
