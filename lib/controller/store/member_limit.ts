// How many members may one network have: who comes when it is full waits until another goes.
import type { Member, Membership } from "../../member/member.ts";
import { type Network, peerKey } from "../../network/network.ts";
import { quoted } from "../../text/quoted.ts";
import type { PeerIndex } from "./peer_index.ts";

/** Members of one network when nothing else is said: each of them holds an entry for every other. */
export const defaultMaxMembers = 5_000;

/** Applies the limit. Nobody who is in is ever put out; who was first is known only as long as the program runs. */
export class MemberLimit {
  readonly #limit: number;
  readonly #segments: PeerIndex;
  /** Those who were turned away, by segment. */
  readonly #waiting = new Map<string, Set<string>>();
  /** Segments that have grown past a tenth of the limit. */
  readonly #large = new Set<string>();
  #notices: string[] = [];

  constructor(segments: PeerIndex, limit: number) {
    this.#segments = segments;
    this.#limit = limit;
  }

  /** The same, but for networks that are full: those cannot be had, which is a problem of the pod. */
  review(judged: Membership): Membership {
    if (judged.kind !== "member") return judged;
    const { member } = judged;
    this.#stopWaiting(member.uid);
    const held = this.#segments.of(member.uid);
    const full = member.networks.filter((network) => {
      const segment = peerKey(network);
      return !held.has(segment) && this.#segments.size(segment) >= this.#limit;
    });
    if (full.length === 0) return judged;
    for (const network of full) this.#wait(member.uid, peerKey(network));
    return { kind: "member", member: this.#without(full, member) };
  }

  /** Forgets a pod that is gone. */
  forget(uid: string): void {
    this.#stopWaiting(uid);
  }

  /** Pods that may now be let in, because somebody has left one of these segments: judge them anew. */
  admissible(left: Iterable<string>): ReadonlySet<string> {
    const uids = new Set<string>();
    for (const segment of left) {
      const free = this.#limit - this.#segments.size(segment);
      for (const uid of [...this.#waiting.get(segment) ?? []].slice(0, Math.max(0, free))) uids.add(uid);
    }
    return uids;
  }

  /** To be called when a pod has come into segments: large ones are worth a warning. */
  noteGrowth(joined: Iterable<string>): void {
    const large = Math.max(2, Math.ceil(this.#limit / 10));
    for (const segment of joined) {
      if (this.#segments.size(segment) < large || this.#large.has(segment)) continue;
      this.#large.add(segment);
      this.#notices.push(
        `Network "${segment}" (name, VNI, port, IP family) has ${large} members, and each holds an entry for every ` +
          `other; beyond ${this.#limit} no more are let in (--max-members-per-network)`,
      );
    }
  }

  /** What is to be said, once. */
  takeNotices(): readonly string[] {
    const notices = this.#notices;
    this.#notices = [];
    return notices;
  }

  #without(full: readonly Network[], member: Member): Member {
    const names = new Set(full.map(({ name }) => name));
    const problems = full.map(({ name }) => ({
      kind: "forbidden" as const,
      source: { kind: "pod" as const, namespace: member.namespace, pod: member.name },
      network: name,
      message:
        `Cannot give the pod network ${quoted(name)}: it is full with ${this.#limit} members; wait until ` +
        "one goes, or raise --max-members-per-network",
    }));
    return {
      ...member,
      networks: member.networks.filter(({ name }) => !names.has(name)),
      unresolved: [...member.unresolved, ...names].sort(),
      problems: [...member.problems, ...problems],
    };
  }

  #wait(uid: string, segment: string): void {
    const waiting = this.#waiting.get(segment) ?? new Set<string>();
    this.#waiting.set(segment, waiting.add(uid));
  }

  /** Few segments are ever full. */
  #stopWaiting(uid: string): void {
    for (const [segment, waiting] of this.#waiting) {
      waiting.delete(uid);
      if (waiting.size === 0) this.#waiting.delete(segment);
    }
  }
}
