// Who may be in a network that more ask for than it may have: a rule over all who ask, whatever came first.
import { admitted, type Candidate, isInside } from "../../member/admitted.ts";
import { TwoWayIndex } from "../../collections/two_way_index.ts";

/** Members of one network when nothing else is said: each of them holds an entry for every other. */
export const defaultMaxMembers = 5_000;

/** Applies the rule to each segment in which something has changed. A segment below the limit costs nothing. */
export class MemberLimit {
  readonly limit: number;
  readonly #asking = new TwoWayIndex<Candidate>((a, b) =>
    a?.standing === b?.standing && a?.created === b?.created
  );
  /** Of segments that more ask for than may be in: who is in. */
  readonly #inside = new Map<string, ReadonlySet<string>>();
  readonly #changed = new Set<string>();
  /** Segments that have grown past a tenth of the limit. */
  readonly #large = new Set<string>();
  readonly #say: (notice: string) => void;

  constructor(limit: number, say: (notice: string) => void) {
    [this.limit, this.#say] = [limit, say];
  }

  /** Makes `uid` ask for exactly these segments. */
  put(uid: string, segments: ReadonlyMap<string, Candidate>): void {
    const before = new Map(Array.from(segments.keys(), (key) => [key, this.#asking.get(uid, key)]));
    for (const segment of this.#asking.put(uid, segments)) {
      // That one who counted as in is in is no news to anybody else.
      if (isInside(before.get(segment)) && isInside(segments.get(segment))) continue;
      const { size } = this.#asking.at(segment);
      if (size > this.limit || this.#inside.has(segment)) this.#changed.add(segment);
      this.#noteGrowth(segment, size);
    }
  }

  /** Decides anew where something has changed; gives those who are in or out now and were not before. */
  settle(): ReadonlySet<string> {
    const moved = new Set<string>();
    for (const segment of this.#changed) {
      const asking = this.#asking.at(segment);
      const before = this.#inside.get(segment);
      const after = admitted(asking.values(), this.limit);
      const isFull = asking.size > this.limit;
      if (isFull) this.#inside.set(segment, after);
      else this.#inside.delete(segment);
      for (const uid of after.symmetricDifference(before ?? new Set(asking.keys()))) moved.add(uid);
      if (isFull === (before !== undefined)) continue;
      for (const { uid, standing } of asking.values()) if (standing === "presumed") moved.add(uid);
    }
    this.#changed.clear();
    return moved;
  }

  /** May it be in? `unsure`: it is taken to be in, but must be looked at before anything is done for it. */
  verdict(uid: string, segment: string): "in" | "unsure" | "out" {
    const inside = this.#inside.get(segment);
    if (inside === undefined) return "in";
    if (!inside.has(uid)) return "out";
    return this.#asking.get(uid, segment)?.standing === "presumed" ? "unsure" : "in";
  }

  /** Large ones are worth a warning. */
  #noteGrowth(segment: string, size: number): void {
    const large = Math.max(2, Math.ceil(this.limit / 10));
    if (size < large || this.#large.has(segment)) return;
    this.#large.add(segment);
    this.#say(
      `Network "${segment}" (name, VNI, port, IP family) has ${large} members, and each holds an entry for every ` +
        `other; beyond ${this.limit} no more are let in (--max-members-per-network)`,
    );
  }
}
