// Who of those that ask for a network is let in, when more ask than it may have? A rule over all of them. Pure.
import { type Network, peerKey } from "../network/network.ts";
import type { Membership } from "./member.ts";

/** One that asks for a segment. */
export interface Candidate {
  readonly uid: string;
  /** Its date; the order of the texts is that of the ages. */
  readonly created: string;
  /**
   * - `holder`: has it. Never put out, also not by a lowered limit, or by an older one that asks later.
   * - `presumed`: may have it from before we came; a look at its kernel will tell.
   * - `entrant`: has it not.
   */
  readonly standing: "holder" | "presumed" | "entrant";
}

/** Holders and presumed ones are in; the oldest entrants take what is left. */
export function admitted(candidates: Iterable<Candidate>, limit: number): ReadonlySet<string> {
  const all = [...candidates];
  if (all.length <= limit) return new Set(all.map(({ uid }) => uid));
  const inside = all.filter(isInside);
  const entrants = all.filter((each) => !isInside(each)).sort(byAge).slice(
    0,
    Math.max(0, limit - inside.length),
  );
  return new Set([...inside, ...entrants].map(({ uid }) => uid));
}

/**
 * Who is in (undefined: all who ask, by uid), and who is or is not and was otherwise `before`. Whether one that is presumed is
 * to be looked at first depends on whether there is room for all.
 */
export function decided(
  asking: ReadonlyMap<string, Candidate>,
  { before, room }: { readonly before: ReadonlySet<string> | undefined; readonly room: number },
): { readonly inside: ReadonlySet<string> | undefined; readonly moved: readonly string[] } {
  const all = new Set(asking.keys());
  const inside = asking.size > room ? admitted(asking.values(), room) : undefined;
  const moved = [...(inside ?? all).symmetricDifference(before ?? all)];
  if ((inside === undefined) === (before === undefined)) return { inside, moved };
  const presumed = [...asking.values()].filter(({ standing }) => standing === "presumed");
  return { inside, moved: [...moved, ...presumed.map(({ uid }) => uid)] };
}

/** It is in, or is taken to be, whoever else asks. */
export function isInside(candidate: Candidate | undefined): boolean {
  return candidate !== undefined && candidate.standing !== "entrant";
}

/** Said of a network that has grown past a tenth of its limit. */
export function largeText(
  segment: string,
  { members, limit }: { readonly members: number; readonly limit: number },
): string {
  return `Network "${segment}" (name, VNI, port, IP family) has ${members} members, and each holds an entry for every ` +
    `other; beyond ${limit} no more are let in (--max-members-per-network)`;
}

function byAge(a: Candidate, b: Candidate): number {
  const [older, newer] = [`${a.created} ${a.uid}`, `${b.created} ${b.uid}`];
  return older < newer ? -1 : 1;
}

/** One that may ask for any. */
interface Asking {
  readonly uid: string;
  readonly pod: { readonly created: string };
  readonly asked: Membership;
  /** The form in which it last had each of its networks. */
  readonly good: readonly Network[];
  /** Its kernel was looked at. */
  readonly seen: boolean;
  readonly isHeld: (network: Network) => boolean;
}

/** Where a pod asks to be in, as what; until it is, it has its place where it was. By segment. */
export function candidacies(one: Asking): ReadonlyMap<string, Candidate> {
  const { asked, uid, pod: { created }, seen, good } = one;
  if (asked.kind !== "member") return new Map();
  const { networks } = asked.member;
  const had = good.filter((network) =>
    one.isHeld(network) && networks.some(({ name }) => name === network.name)
  );
  const other = seen ? "entrant" : "presumed";
  return new Map([...had, ...networks].map((network) => [
    peerKey(network),
    { uid, created, standing: one.isHeld(network) ? "holder" : other },
  ]));
}
