// How a check is printed: a matrix for people, a value for programs.
import { likelyCause, type Outcome, type ProbedPair, type Station } from "../../reach/reach_report.ts";
import { pluginHint } from "../../reach/cut_off.ts";
import { printable } from "../../text/printable.ts";
import { outputVersion } from "../show/print_list.ts";
import { textTable } from "../show/text_table.ts";
import type { Network } from "../../network/network.ts";

/** What came of one network. */
export interface CheckedSegment {
  /** Members that went, or began to, while they were probed. */
  readonly left: readonly string[];
  readonly network: Network;
  readonly members: readonly Station[];
  readonly pairs: readonly ProbedPair[];
}

/** Members up to which a matrix is shown; over that the pairs that fail. */
const widest = 12;

/** The lines about one network. */
export function checkText({ network, members, pairs, left }: CheckedSegment): readonly string[] {
  const failed = pairs.filter(({ outcome }) => outcome.kind === "unreachable");
  const unknown = pairs.filter(({ outcome }) => outcome.kind === "not probed");
  const cause = likelyCause(pairs, network.port);
  const head = `network ${network.name} (VNI ${network.vni}, port ${network.port}): ` +
    `${members.length} members, ${pairs.length} pair${
      pairs.length === 1 ? "" : "s"
    } probed, ${failed.length} without an answer` +
    (unknown.length === 0 ? "" : `, ${unknown.length} that could not be probed`) +
    (left.length === 0 ? "" : `; ${left.length} member${left.length === 1 ? "" : "s"} left meanwhile`);
  const reasons = Map.groupBy(unknown, ({ outcome }) => outcome.kind === "not probed" ? outcome.reason : "");
  return [
    printable(head),
    ...members.length <= widest ? matrix(members, pairs) : [],
    ...failed.slice(0, 20).map((pair) =>
      printable(`  ${placeText(pair)}: no answer; ${directionText(pair, failed)}`)
    ),
    ...failed.length > 20 ? [`  and ${failed.length - 20} more`] : [],
    ...[...reasons].slice(0, 20).map(([reason, pairs]) =>
      printable(`  ${pairsText(pairs)} not probed: ${reason}`)
    ),
    ...cause === undefined ? [] : [printable(`  likely: ${cause}`)],
    ...failed.length === 0 ? [] : [printable(`  port ${network.port}: ${pluginHint(network.port)}`)],
  ];
}

function pairsText([pair, ...others]: readonly ProbedPair[]): string {
  if (pair === undefined) return "";
  return others.length === 0 ? `${pair.from.pod} to ${pair.to.pod}` : `${others.length + 1} pairs`;
}

function matrix(members: readonly Station[], pairs: readonly ProbedPair[]): readonly string[] {
  const outcomes = new Map(pairs.map(({ from, to, outcome }) => [`${from.pod} ${to.pod}`, outcome]));
  const head = ["FROM", "NODE", ...members.map(({ pod }) => pod)];
  const rows = members.map((from) => [
    from.pod,
    from.node ?? "-",
    ...members.map((to) => cellText(outcomes.get(`${from.pod} ${to.pod}`))),
  ]);
  return textTable(head, rows).map((line) => `  ${line}`);
}

function cellText(outcome: Outcome | undefined): string {
  switch (outcome?.kind) {
    case undefined:
      return ".";
    case "reachable":
      return "ok";
    case "unreachable":
      return outcome.arrives ? "arrives" : "FAILS";
    case "not probed":
      return "?";
    default:
      return outcome satisfies never;
  }
}

/** An answer needs both ways. */
function directionText({ from, to, outcome }: ProbedPair, failed: readonly ProbedPair[]): string {
  if (outcome.kind === "unreachable" && outcome.arrives) {
    return `its frames arrive, those of ${to.pod} do not get back`;
  }
  const back = failed.find((pair) => pair.from.pod === to.pod && pair.to.pod === from.pod)?.outcome;
  return back?.kind === "unreachable" && back.arrives
    ? `its frames do not arrive, those of ${to.pod} do`
    : "the direction is not known";
}

function placeText({ from, to }: ProbedPair): string {
  const place = from.node === to.node
    ? `both on ${from.node ?? "no node"}`
    : `${from.node ?? "-"} to ${to.node ?? "-"}`;
  return `${from.pod} to ${to.pod} (${place})`;
}

/** What `-o json` prints. */
export function checkValue(checked: readonly CheckedSegment[]): object {
  return {
    apiVersion: outputVersion,
    kind: "CheckList",
    items: checked.map(({ network, members, pairs, left }) => ({
      network: network.name,
      vni: network.vni,
      port: network.port,
      members: members.map(({ pod, node }) => ({ pod, node: node ?? null })),
      pairs: pairs.map(({ from, to, outcome }) => ({
        from: from.pod,
        to: to.pod,
        acrossNodes: from.node !== to.node,
        outcome: outcome.kind,
        reason: outcome.kind === "not probed" ? outcome.reason : null,
        arrives: outcome.kind === "unreachable" ? outcome.arrives ?? null : null,
      })),
      left,
      likely: likelyCause(pairs, network.port) ?? null,
    })),
  };
}
