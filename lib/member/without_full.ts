// What is left of what a pod asks for, when some of its networks are full? Pure.
import { awaitsPool } from "../network/asked_addresses.ts";
import { claim, noClaims } from "../network/conflicts.ts";
import { type Network, peerKey } from "../network/network.ts";
import { runtimeProblem } from "../network/problem.ts";
import { quoted } from "../text/quoted.ts";
import type { Membership } from "./member.ts";

/** Who may be in which segment. */
export interface Doorkeeper {
  /** Members that a network may have. */
  readonly limit: number;
  readonly verdict: (uid: string, segment: string) => "in" | "unsure" | "out";
}

/**
 * The same, but for networks that are full, which cannot be had, or of which it is not known yet. Who had one of that name in
 * another segment keeps that, where it is in the way of nothing and is not closed to it.
 */
export function withoutFull(
  asked: Membership,
  { limit, lastGood, out: wasOut }: {
    readonly limit: Doorkeeper;
    readonly lastGood: ReadonlyMap<string, Network>;
    /** Networks that must go from the pod until it has them. */
    readonly out: readonly string[];
  },
): Membership {
  if (asked.kind !== "member") return asked;
  const { member } = asked;
  const verdictOf = (network: Network): ReturnType<Doorkeeper["verdict"]> =>
    limit.verdict(member.uid, peerKey(network));
  const by = Map.groupBy(member.networks, verdictOf);
  const [out, unsure] = [by.get("out") ?? [], by.get("unsure") ?? []];
  const missing = [...out, ...unsure];
  if (missing.length === 0) return asked;
  const lastOf = ({ name }: Network): Network | undefined => {
    const last = lastGood.get(name);
    return last !== undefined && !member.barred.includes(name) && verdictOf(last) === "in" ? last : undefined;
  };
  const { inside, kept, fallen } = keeping(by.get("in") ?? [], { missing, lastOf });
  const keptNames = new Set(kept.map(({ name }) => name));
  const problems = missing.map((network) => {
    const remedy = out.includes(network)
      ? "wait until one goes, or raise --max-members-per-network"
      : "whether the pod is one of them is not known until its agent runs";
    const message = `Cannot give the pod network ${
      quoted(network.name)
    }: it is full with ${limit.limit} members; `;
    const closed = member.barred.includes(network.name)
      ? "; what the pod had of it is not for its namespace any more"
      : "";
    const meanwhile = keptNames.has(network.name) ? "; until then the pod keeps it as it was" : closed;
    return runtimeProblem(member, {
      kind: "forbidden",
      network: network.name,
      message: message + remedy + meanwhile,
    });
  });
  problems.push(...[...fallen].map(([{ name }, reason]) => {
    const message = `Cannot give the pod network ${
      quoted(name)
    }: ${reason}; until then the pod keeps it as it was`;
    return runtimeProblem(member, { kind: "conflict", network: name, message });
  }));
  const lost = missing.map(({ name }) => name).filter((name) => !keptNames.has(name));
  const networks = [...inside, ...kept].sort((a, b) => a.name < b.name ? -1 : 1);
  return {
    kind: "member",
    member: {
      ...member,
      networks,
      // Pools are asked for what it has only.
      awaited: member.awaited.filter((name) => networks.some((one) => one.name === name && awaitsPool(one))),
      unresolved: [...member.unresolved, ...lost].sort(),
      forbidden: [...member.forbidden, ...lost.filter((name) => [...member.barred, ...wasOut].includes(name))]
        .sort(),
      problems: [...member.problems, ...problems],
    },
  };
}

/**
 * What is kept of the missing ones, and what stays as it is asked for. Who has changed, and so takes the place of what is kept,
 * falls back on what it had itself: gives why. What is new does not give way, unlike in `settle`: it could be had but for this.
 */
function keeping(
  asked: readonly Network[],
  { missing, lastOf }: {
    readonly missing: readonly Network[];
    readonly lastOf: (network: Network) => Network | undefined;
  },
): {
  readonly inside: readonly Network[];
  readonly kept: readonly Network[];
  readonly fallen: ReadonlyMap<Network, string>;
} {
  const fallen = new Map<Network, string>();
  for (;;) {
    const inside = asked.filter((network) => !fallen.has(network));
    const claims = noClaims();
    for (const network of inside) claim(network, claims);
    const [kept, lost]: [Network[], Network[]] = [[], []];
    for (const network of [...missing, ...fallen.keys()]) {
      const last = lastOf(network);
      if (last !== undefined) (claim(last, claims).length === 0 ? kept : lost).push(last);
    }
    const before = fallen.size;
    const claimsOfLost = noClaims();
    for (const network of lost) claim(network, claimsOfLost);
    for (const network of inside) {
      const last = lastOf(network);
      if (last === undefined || JSON.stringify(last) === JSON.stringify(network)) continue;
      const [reason] = claim(network, claimsOfLost);
      if (reason !== undefined) fallen.set(network, reason);
    }
    if (fallen.size === before) return { inside, kept, fallen };
  }
}
