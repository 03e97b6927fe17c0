// Which members of a segment have been given the same address, of IP or MAC: the index that finds them without comparing all.
import type { Member } from "../../member/member.ts";
import { parseMac } from "../../network/grammar/address.ts";
import { peerKey } from "../../network/network.ts";
import type { Problem } from "../../network/problem.ts";
import { plain, quoted } from "../../text/quoted.ts";

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
  /** Segment and address → uids, in the order in which they came. */
  readonly #holders = new Map<string, Set<string>>();
  readonly #claims = new Map<string, AddressClaims>();

  /** Makes `uid` claim exactly this; gives the others of whom something else is to be said now, or all of a segment. */
  put(
    uid: string,
    claims: AddressClaims,
  ): { readonly members: ReadonlySet<string>; readonly segments: ReadonlySet<string> } {
    const before = new Set(keysOf(this.#claims.get(uid) ?? noClaims));
    const after = new Set(keysOf(claims));
    const members = new Set<string>();
    const segments = new Set<string>();
    for (const key of before.symmetricDifference(after)) {
      const holders = this.#holders.get(key) ?? new Set<string>();
      const named = firstTwo(holders);
      if (after.has(key)) holders.add(uid);
      else holders.delete(uid);
      if (holders.size === 0) this.#holders.delete(key);
      else this.#holders.set(key, holders);
      const [first, second] = firstTwo(holders);
      // All name the first, and the first names the second: who comes third is news to nobody but himself.
      if (first !== named[0] && second !== undefined) segments.add(segmentOf(key));
      else if (first !== undefined && (first !== named[0] || second !== named[1])) members.add(first);
    }
    if (after.size === 0) this.#claims.delete(uid);
    else this.#claims.set(uid, claims);
    members.delete(uid);
    return { members, segments };
  }

  /** Every address of this member that another one of the same segment has too. */
  sharedBy(uid: string): readonly SharedAddress[] {
    const shared: SharedAddress[] = [];
    for (const [segment, addresses] of this.#claims.get(uid) ?? noClaims) {
      for (const address of addresses) {
        const other = firstBut(uid, this.#holders.get(keyOf(segment, address)) ?? []);
        if (other !== undefined) shared.push({ segment, address, other });
      }
    }
    return shared;
  }
}

const noClaims: AddressClaims = new Map();

function firstTwo(holders: Iterable<string>): readonly [string | undefined, string | undefined] {
  const [first, second] = [...Iterator.from(holders).take(2)];
  return [first, second];
}

function firstBut(uid: string, holders: Iterable<string>): string | undefined {
  for (const holder of holders) if (holder !== uid) return holder;
  return undefined;
}

function keysOf(claims: AddressClaims): readonly string[] {
  return [...claims].flatMap(([segment, addresses]) => addresses.map((address) => keyOf(segment, address)));
}

function segmentOf(key: string): string {
  return key.slice(0, key.indexOf(" "));
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
