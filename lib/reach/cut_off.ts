// Is a member cut off from its peers, and what is said of it? Pure.
import type { Network } from "../network/network.ts";
import { type Problem, runtimeProblem } from "../network/problem.ts";
import { plain } from "../text/quoted.ts";
import type { ProbedPair, Station } from "./reach_report.ts";

/**
 * - `yes`: nobody on another node answers, or nobody at all where none was asked there.
 * - `no`: somebody does.
 * - `unknown`: nobody could be asked.
 */
export type CutOff = "yes" | "no" | "unknown";

/** Of one member's probes in one network. */
export function cutOff(pairs: readonly ProbedPair[]): CutOff {
  const decisive = decisiveOf(pairs);
  if (decisive.length === 0) return "unknown";
  return decisive.every(({ outcome }) => outcome.kind === "unreachable") ? "yes" : "no";
}

/** What is said of one who is. Names no more than it must: the pod's condition carries it. */
export function cutOffProblem(
  member: { readonly namespace: string; readonly name: string },
  { network, pairs }: { readonly network: Network; readonly pairs: readonly ProbedPair[] },
): Problem {
  const decisive = decisiveOf(pairs);
  const crosses = decisive.some(isCrossing);
  const one = decisive.length === 1;
  const where = crosses ? `on ${one ? "another node" : "other nodes"}` : "on its own node";
  const who = decisive.slice(0, 1).map(({ to }) => stationText(to)).join() + (one ? "" : ", …");
  const others = pairs.filter((pair) => pair.outcome.kind !== "not probed" && !decisive.includes(pair));
  const answering = others.filter(({ outcome }) => outcome.kind === "reachable").length;
  const own = others.length === 0 ? "" : `, of ${others.length} on its own node ${answering} did`;
  const message = `Cannot reach peers in network "${plain(network.name)}": ` +
    `${decisive.length} ${one ? "peer" : "peers"} ${where} (${who}), asked twice, did not answer${own}; ` +
    `UDP port ${network.port} must pass ${
      answering > 0 ? "between the nodes" : "between pods"
    }, both ways: ` +
    pluginHint(network.port);
  return runtimeProblem(member, { kind: "unreachable", network: network.name, message });
}

/** The row of docs/install.md on network plugins that fits a port. */
export function pluginHint(port: number): string {
  switch (port) {
    case 8472:
      return "NetworkPolicies and firewalls; with Cilium, or flannel with VXLAN, it is the plugin's own port, so use another (dstport=4789)";
    case 4789:
      return "NetworkPolicies and firewalls; Calico drops it from pods unless allowVXLANPacketsFromWorkloads is set (stay with 8472 there)";
    default:
      return "NetworkPolicies, firewalls, and what the network plugin lets through between pods";
  }
}

function decisiveOf(pairs: readonly ProbedPair[]): readonly ProbedPair[] {
  const probed = pairs.filter(({ outcome }) => outcome.kind !== "not probed");
  const crossing = probed.filter(isCrossing);
  return crossing.length > 0 ? crossing : probed;
}

function isCrossing({ from, to }: ProbedPair): boolean {
  return from.node !== to.node;
}

function stationText({ pod, node }: Station): string {
  return node === undefined ? plain(pod) : `${plain(pod)} on ${plain(node)}`;
}
