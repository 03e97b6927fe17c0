// Who shares which segment: the index that makes a peer's coming and going cost only its own segments.
import type { Neighbour } from "../../overlay/wanted.ts";
import type { Reachable } from "../../overlay/reachable.ts";
import { TwoWayIndex } from "./two_way_index.ts";

/** What all members of a segment share. */
interface Lists {
  readonly ips: readonly string[];
  readonly neighbours: readonly Neighbour[];
}

/** Members (by uid) of each segment, and how their peers reach them. */
export class PeerIndex extends TwoWayIndex<Reachable> {
  /** Lists given out since the last change. */
  readonly #lists = new Map<string, Lists>();

  constructor() {
    super((a, b) => a?.ip === b?.ip && textOf(a) === textOf(b));
  }

  /**
   * Gives the segments of which its peers must know at once. Where addresses are found out, a running pod's other address is
   * no reason to wake all: it is for its author to change, as often as he likes, and kernels find out in a minute.
   */
  override put(uid: string, segments: ReadonlyMap<string, Reachable>): readonly string[] {
    const before = this.of(uid);
    const changed = super.put(uid, segments);
    for (const segment of changed) this.#lists.delete(segment);
    return changed.filter((segment) => {
      const now = segments.get(segment);
      return before.get(segment)?.ip !== now?.ip || now?.neigh !== undefined;
    });
  }

  /** Pod IPs of a segment, sorted. One list for all who ask, until it changes. */
  addressesOf(segment: string): readonly string[] {
    return this.#listsOf(segment).ips;
  }

  /** Addresses in a segment, in the order of those pod IPs. Again one list. */
  neighboursOf(segment: string): readonly Neighbour[] {
    return this.#listsOf(segment).neighbours;
  }

  #listsOf(segment: string): Lists {
    const known = this.#lists.get(segment);
    if (known !== undefined) return known;
    const members = [...this.at(segment).values()].sort((a, b) => a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);
    const lists = {
      ips: [...new Set(members.map(({ ip }) => ip))],
      neighbours: members.flatMap(({ neighbours }) => neighbours),
    };
    this.#lists.set(segment, lists);
    return lists;
  }
}

function textOf(reachable: Pick<Reachable, "neighbours"> | undefined): string {
  return (reachable?.neighbours ?? []).map(({ address, mac, dst }) => `${address} ${mac} ${dst}`).join();
}
