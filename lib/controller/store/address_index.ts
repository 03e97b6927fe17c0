// Which members of a segment have been given the same address, of IP or MAC: the index that finds them without comparing all.
import type { SharedAddress } from "../../member/shared_addresses.ts";
import { marks, TwoWayIndex } from "../../collections/two_way_index.ts";

/** What one member claims: segment → addresses of its interface there. */
export type AddressClaims = ReadonlyMap<string, readonly string[]>;

/** A change costs in proportion to the addresses of one member and to those who share them. */
export class AddressIndex {
  /** Segment and address, those who have them in the order in which they came. */
  readonly #claims = new TwoWayIndex<true>();

  /** Makes `uid` claim exactly this; gives the others of whom something else is to be said now, or all of a segment. */
  put(
    uid: string,
    claims: AddressClaims,
  ): { readonly members: ReadonlySet<string>; readonly segments: ReadonlySet<string> } {
    // Neither part holds a blank.
    const keys = new Set(
      [...claims].flatMap(([segment, addresses]) => addresses.map((address) => `${segment} ${address}`)),
    );
    const before = [...keys.symmetricDifference(new Set(this.#claims.of(uid)))]
      .map((key) => [key, this.#firstTwo(key)] as const);
    this.#claims.put(uid, marks(keys));
    const members = new Set<string>();
    const segments = new Set<string>();
    for (const [key, named] of before) {
      const [first, second] = this.#firstTwo(key);
      // All name the first, and the first names the second: who comes third is news to nobody but himself.
      if (first !== named[0] && second !== undefined) segments.add(partsOf(key).segment);
      else if (first !== undefined && (first !== named[0] || second !== named[1])) members.add(first);
    }
    members.delete(uid);
    return { members, segments };
  }

  /** Every address of this member that another one of the same segment has too. */
  sharedBy(uid: string): readonly SharedAddress[] {
    return this.#claims.of(uid).flatMap((key): SharedAddress[] => {
      const other = this.#firstTwo(key).find((holder) => holder !== uid);
      return other === undefined ? [] : [{ ...partsOf(key), other }];
    });
  }

  #firstTwo(key: string): readonly [string | undefined, string | undefined] {
    const [first, second] = this.#claims.at(key).keys();
    return [first, second];
  }
}

function partsOf(key: string): { readonly segment: string; readonly address: string } {
  const [segment = "", address = ""] = key.split(" ");
  return { segment, address };
}
