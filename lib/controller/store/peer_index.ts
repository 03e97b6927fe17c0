// Who shares which segment: the index that makes a peer's coming and going cost only its own segments.
import { TwoWayIndex } from "./two_way_index.ts";

/** Members (by uid) of each segment with the pod IP under which their peers reach them. */
export class PeerIndex extends TwoWayIndex<string> {
  /** Lists given out since the last change. */
  readonly #addresses = new Map<string, readonly string[]>();

  override put(uid: string, segments: ReadonlyMap<string, string>): readonly string[] {
    const changed = super.put(uid, segments);
    for (const segment of changed) this.#addresses.delete(segment);
    return changed;
  }

  /** Pod IPs of a segment, sorted. One list for all who ask, until it changes. */
  addressesOf(segment: string): readonly string[] {
    const known = this.#addresses.get(segment);
    if (known !== undefined) return known;
    const addresses = [...new Set(this.at(segment).values())].sort();
    this.#addresses.set(segment, addresses);
    return addresses;
  }
}
