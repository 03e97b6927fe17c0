// What is left of what a pod asks for, when some of its networks are full? Pure.
import { peerKey } from "../network/network.ts";
import { runtimeProblem } from "../network/problem.ts";
import { quoted } from "../text/quoted.ts";
import type { Membership } from "./member.ts";

/** Who may be in which segment. */
export interface Doorkeeper {
  /** Members that a network may have. */
  readonly limit: number;
  readonly verdict: (uid: string, segment: string) => "in" | "unsure" | "out";
}

/** The same, but for networks that are full, which cannot be had, or of which it is not known yet. */
export function withoutFull(asked: Membership, limit: Doorkeeper): Membership {
  if (asked.kind !== "member") return asked;
  const { member } = asked;
  const by = Map.groupBy(member.networks, (network) => limit.verdict(member.uid, peerKey(network)));
  const [out, unsure] = [by.get("out") ?? [], by.get("unsure") ?? []];
  const missing = [...out, ...unsure];
  if (missing.length === 0) return asked;
  const problems = missing.map((network) => {
    const remedy = out.includes(network)
      ? "wait until one goes, or raise --max-members-per-network"
      : "whether the pod is one of them is not known until its agent runs";
    const message = `Cannot give the pod network ${
      quoted(network.name)
    }: it is full with ${limit.limit} members; `;
    return runtimeProblem(member, { kind: "forbidden", network: network.name, message: message + remedy });
  });
  return {
    kind: "member",
    member: {
      ...member,
      networks: by.get("in") ?? [],
      unresolved: [...member.unresolved, ...missing.map(({ name }) => name)].sort(),
      problems: [...member.problems, ...problems],
    },
  };
}
