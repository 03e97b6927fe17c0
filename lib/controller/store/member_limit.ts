// Who may be in a network that more ask for than it may have: a rule over all who ask, whatever came first.
import { type Candidate, decided, isInside, largeText } from "../../member/admitted.ts";
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
  /** How many may be in a segment besides those who ask for it: who comes anew must leave them their places. */
  readonly #perhapsIn: (segment: string) => number;

  constructor(limit: number, say: (notice: string) => void, perhapsIn: (segment: string) => number) {
    [this.limit, this.#say, this.#perhapsIn] = [limit, say, perhapsIn];
  }

  /** Makes `uid` ask for exactly these segments. */
  put(uid: string, segments: ReadonlyMap<string, Candidate>): void {
    const before = new Map(Array.from(segments.keys(), (key) => [key, this.#asking.get(uid, key)]));
    for (const segment of this.#asking.put(uid, segments)) {
      // That one who counted as in is in is no news to anybody else.
      if (isInside(before.get(segment)) && isInside(segments.get(segment))) continue;
      const { size } = this.#asking.at(segment);
      if (size + this.#perhapsIn(segment) > this.limit || this.#inside.has(segment)) {
        this.#changed.add(segment);
      }
      this.#noteGrowth(segment, size);
    }
  }

  /** To be called where fewer of those who do not ask may be in. */
  reconsider(isMeant: (segment: string) => boolean): void {
    for (const segment of this.#inside.keys()) if (isMeant(segment)) this.#changed.add(segment);
  }

  /** Decides anew where something has changed; gives those who are in or out now and were not before. */
  settle(): ReadonlySet<string> {
    const all = [...this.#changed].flatMap((segment) => {
      const room = this.limit - this.#perhapsIn(segment);
      const before = this.#inside.get(segment);
      const { inside, moved } = decided(this.#asking.at(segment), { before, room });
      if (inside === undefined) this.#inside.delete(segment);
      else this.#inside.set(segment, inside);
      return moved;
    });
    this.#changed.clear();
    return new Set(all);
  }

  /** May it be in? `unsure`: it is taken to be in, but must be looked at before anything is done for it. */
  verdict(uid: string, segment: string): "in" | "unsure" | "out" {
    const inside = this.#inside.get(segment);
    if (inside?.has(uid) === false) return "out";
    return inside && this.#asking.get(uid, segment)?.standing === "presumed" ? "unsure" : "in";
  }

  /** Large ones are worth a warning. */
  #noteGrowth(segment: string, size: number): void {
    const large = Math.max(2, Math.ceil(this.limit / 10));
    if (size < large || this.#large.has(segment)) return;
    this.#large.add(segment);
    this.#say(largeText(segment, { members: large, limit: this.limit }));
  }
}
