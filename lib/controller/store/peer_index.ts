// Who shares which segment: the index that makes a peer's coming and going cost only its own segments.
import { isReachedAlike, type PeerLists, peerListsOf, type Reachable } from "../../overlay/reachable.ts";
import { TwoWayIndex } from "../../collections/two_way_index.ts";

/** Members (by uid) of each segment, and how their peers reach them. */
export class PeerIndex extends TwoWayIndex<Reachable> {
  /** Lists given out since the last change. */
  readonly #lists = new Map<string, PeerLists>();

  constructor() {
    super(isReachedAlike);
  }

  /**
   * Gives the segments of which its peers must know at once. Where addresses are found out, a running pod's other address is
   * no reason to wake all: it is for its author to change, as often as he likes, and kernels find out in a minute.
   */
  override put(uid: string, segments: ReadonlyMap<string, Reachable>): readonly string[] {
    const before = new Map(this.of(uid).map((segment) => [segment, this.get(uid, segment)?.ip]));
    const changed = super.put(uid, segments);
    for (const segment of changed) this.#lists.delete(segment);
    return changed.filter((segment) => {
      const now = segments.get(segment);
      return before.get(segment) !== now?.ip || now?.neigh !== undefined;
    });
  }

  /** One object for all who ask, until something changes. */
  listsOf(segment: string): PeerLists {
    const lists = this.#lists.get(segment) ?? peerListsOf(this.at(segment).values());
    this.#lists.set(segment, lists);
    return lists;
  }
}
