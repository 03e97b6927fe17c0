// Around which members has something changed since they were last looked at: each comes once, however much has.
import type { Tracked } from "./work_item.ts";

/** Changes in segments and of single members, numbered, until somebody takes the members that they concern. */
export class TouchedMembers {
  readonly #segments = new Map<string, number>();
  readonly #members = new Map<string, number>();
  #changes = 0;

  /** Number of the latest change. */
  get changes(): number {
    return this.#changes;
  }

  segments(changed: Iterable<string>): void {
    this.#note(this.#segments, changed);
  }

  members(changed: Iterable<string>): void {
    this.#note(this.#members, changed);
  }

  /** Of how many members `take` would have to think. */
  size(sizeOf: (segment: string) => number): number {
    return [...this.#segments.keys()].reduce((sum, segment) => sum + sizeOf(segment), this.#members.size);
  }

  /** Those who do not know of it yet and are not going to be looked at anyway; they count as going to be from now on. */
  take(
    { membersOf, tracked }: {
      readonly membersOf: (segment: string) => Iterable<string>;
      readonly tracked: (uid: string) => Tracked | undefined;
    },
  ): ReadonlySet<string> {
    const dates = new Map(this.#members);
    for (const [segment, at] of this.#segments) {
      for (const uid of membersOf(segment)) dates.set(uid, Math.max(at, dates.get(uid) ?? 0));
    }
    this.#segments.clear();
    this.#members.clear();
    const touched = new Set<string>();
    for (const [uid, at] of dates) {
      const one = tracked(uid);
      if (one === undefined || one.due || one.began >= at) continue;
      one.due = true;
      touched.add(uid);
    }
    return touched;
  }

  #note(where: Map<string, number>, changed: Iterable<string>): void {
    for (const key of changed) where.set(key, ++this.#changes);
  }
}
