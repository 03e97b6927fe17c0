// How do the peers of a member reach it, in each of its networks?
import { type Membership, openNames } from "../member/member.ts";
import { podIpOf } from "../member/pod.ts";
import { type Network, peerKey } from "../network/network.ts";
import { defined } from "../text/defined.ts";
import { type Neighbour, neighboursIn } from "./wanted.ts";

/** Under what its peers reach a member. */
export interface Reachable {
  /** Pod IP. */
  readonly ip: string;
  readonly neighbours: readonly Neighbour[];
  /** Its peers set them, instead of finding them out. */
  readonly neigh?: Network["neigh"];
}

/** What all members of a segment share: pod IPs, sorted, and known addresses in their order. */
export interface PeerLists {
  readonly ips: readonly string[];
  readonly neighbours: readonly Neighbour[];
}

/** Of any number of members, in any order. */
export function peerListsOf(segment: Iterable<Reachable>): PeerLists {
  const members = [...segment].sort((a, b) => a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);
  return {
    ips: [...new Set(members.map(({ ip }) => ip))],
    neighbours: members.flatMap(({ neighbours }) => neighbours),
  };
}

/** Do peers reach both in the same way? `undefined` is a member that there is not. */
export function isReachedAlike(a: Reachable | undefined, b: Reachable | undefined): boolean {
  return a?.ip === b?.ip && textOf(a) === textOf(b);
}

function textOf(reachable: Reachable | undefined): string {
  return (reachable?.neighbours ?? []).map(({ address, mac, dst }) => `${address} ${mac} ${dst}`).join();
}

/** Segment → how peers reach the pod there. Empty for who is no peer, or no longer. */
export function reachableIn(judged: Membership): ReadonlyMap<string, Reachable> {
  if (judged.kind !== "member" || judged.member.leaving?.terminated) return new Map();
  const { member } = judged;
  return new Map(member.networks.flatMap((network): [string, Reachable][] => {
    const ip = podIpOf(member, network.family);
    if (ip === undefined) return [];
    const neighbours = neighboursIn(network, member);
    return [[peerKey(network), { ip, neighbours, ...defined({ neigh: network.neigh }) }]];
  }));
}

/**
 * How peers would reach a member in networks of which its text does not say that it has them: those of which only its kernel
 * knows, by `nameKey`, and those in whose name a link of ours stands that nobody looks after, by `adriftKey`.
 */
export function perhapsReachableIn(
  judged: Membership,
  { mayHold, adrift }: {
    readonly mayHold: boolean;
    /** Networks in whose name links of ours stand, whatever they are. */
    readonly adrift: readonly string[];
  },
): ReadonlyMap<string, Reachable> {
  if (judged.kind !== "member" || judged.member.leaving?.terminated) return new Map();
  const { member } = judged;
  const open = openNames(member);
  const mayBe = (name: string): boolean => !member.annotationParsed && !member.forbidden.includes(name);
  const left = adrift.filter((name) => open.includes(name) || mayBe(name));
  const names = mayHold ? [...open, ...member.meant ?? []] : left;
  return new Map(names.flatMap((name) =>
    ([4, 6] as const).flatMap((family): [string, Reachable][] => {
      const [ip, key] = [podIpOf(member, family), nameKey({ name, family })];
      return ip === undefined ? [] : [[mayHold ? key : adriftKey(key), { ip, neighbours: [] }]];
    })
  ));
}

/** Of a `nameKey` or `peerKey`: who has a link in that name which is not what can be read. */
export function adriftKey(segment: string): string {
  return nameKeyOf(segment).replace(/\??$/, "?");
}

/** What all segments of one name and family share. */
export function nameKey({ name, family }: Pick<Network, "name" | "family">): string {
  return `${name}/${family}`;
}

/** The same, of a `peerKey`. */
export function nameKeyOf(segment: string): string {
  return segment.replace(/\/.*\//, "/");
}
