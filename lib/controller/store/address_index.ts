// Which members of a segment have been given the same address, of IP or MAC: the index that finds them without comparing all.
import type { Member } from "../../member/member.ts";
import { parseMac } from "../../network/grammar/address.ts";
import { peerKey } from "../../network/network.ts";
import type { Problem } from "../../network/problem.ts";
import { plain, quoted } from "../../text/quoted.ts";
import { TwoWayIndex } from "./two_way_index.ts";

/** What one member claims: segment → addresses of its interface there. */
export type AddressClaims = ReadonlyMap<string, readonly string[]>;

/** An address that a member shares with others. */
export interface SharedAddress {
  readonly segment: string;
  readonly address: string;
  /** Uid of another member that has it: the one that has had it longest, so that newcomers change nothing. */
  readonly other: string;
}

/** A change costs in proportion to the addresses of one member and to those who share them. */
export class AddressIndex {
  /** Segment and address, those who have them in the order in which they came. */
  readonly #claims = new TwoWayIndex<true>();

  /** Makes `uid` claim exactly this; gives the others of whom something else is to be said now, or all of a segment. */
  put(
    uid: string,
    claims: AddressClaims,
  ): { readonly members: ReadonlySet<string>; readonly segments: ReadonlySet<string> } {
    const keys = new Set(
      [...claims].flatMap(([segment, addresses]) => addresses.map((address) => keyOf(segment, address))),
    );
    const before = [...keys.symmetricDifference(this.#claims.of(uid))]
      .map((key) => [key, this.#firstTwo(key)] as const);
    this.#claims.put(uid, new Map([...keys].map((key) => [key, true])));
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
    return [...this.#claims.of(uid).keys()].flatMap((key): SharedAddress[] => {
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

/** Neither part holds a blank. */
function keyOf(segment: string, address: string): string {
  return `${segment} ${address}`;
}

/**
 * One problem for each shared address. It stops nothing: the interface is made all the same, because a pod that waits
 * for its predecessor to go, which waits for its successor to be ready, would wait for ever.
 */
export function addressConflicts(
  member: Member,
  { shared, nameOf }: {
    readonly shared: readonly SharedAddress[];
    /** The pod with this uid, as `namespace/name`. */
    readonly nameOf: (uid: string) => string;
  },
): readonly Problem[] {
  const names = new Map(member.networks.map((network) => [peerKey(network), network.name]));
  return shared.flatMap(({ segment, address, other }): Problem[] => {
    const network = names.get(segment);
    if (network === undefined) return [];
    const isMac = parseMac(address).kind === "value";
    const [what, remedy] = isMac
      ? ["MAC address", "leave mac out, then each member has its own"]
      : ["address", "give each member its own with ip=…"];
    return [{
      kind: "conflict",
      source: { kind: "pod", namespace: member.namespace, pod: member.name },
      network,
      token: address,
      message: `Cannot rely on ${what} ${address} of network ${quoted(network)}: it is also used by ` +
        `${plain(nameOf(other))}; ${remedy}`,
    }];
  });
}
