// What do the rounds say together: the ratios of the pairs, their median beside its limits, where the time went, what was
// counted?
import { type Costs, costsLines } from "./exec_cost.ts";
import { brokenCounts, medianOf, meshLimit, verdictOf } from "./goal.ts";
import { excessText } from "./machine.ts";
import type { ClusterRollout, RolloutKind } from "./rollout.ts";
import { type Shares, sharesText, totalOf } from "./shares.ts";

/** What is compared, with the same containers without us, and how many execs a pod it may cost. */
export interface Kind extends RolloutKind {
  readonly twin: RolloutKind;
  readonly execsPerPod: number;
}

/** A rollout of ours and that of its twin in the same round. */
export interface Pair {
  readonly kind: Kind;
  readonly ours: ClusterRollout;
  readonly twin: ClusterRollout;
}

/** Lines for each size and kind, in the order of their first rounds. */
export function summary(pairs: readonly Pair[]): readonly string[] {
  const keyOf = ({ kind, ours }: Pair): string => `${ours.pods} ${kind.name}`;
  return [...Map.groupBy(pairs, keyOf)].flatMap(([key, same]) => linesOf(key, same));
}

function linesOf(key: string, same: readonly Pair[]): readonly string[] {
  const middle = (of: (pair: Pair) => number): number => medianOf(same.map(of));
  const ratio = middle(ratioOf);
  const median = same.find((pair) => ratioOf(pair) === ratio);
  const cpuOf = (of: (costs: Costs) => Shares): number =>
    medianOf(
      same.flatMap(({ twin: { execCosts } }) => execCosts === undefined ? [] : [totalOf(of(execCosts))]),
    );
  const measured = {
    ratio,
    baseCpu: middle(({ twin }) => totalOf(twin.shares)),
    execs: middle(({ ours }) => ours.members?.counted.execs ?? NaN),
    controllerCpu: middle(({ ours }) => ours.shares.controller),
  };
  return [
    `${key}: ${same.length} round(s), ratios ${same.map((pair) => ratioOf(pair).toFixed(2)).join(" ")}; ` +
    verdictOf(measured, { first: cpuOf(({ exec }) => exec), bare: cpuOf(({ bareExec }) => bareExec) }),
    `  all ready ${middle(({ ours }) => ours.ready).toFixed(1)} s, the same containers ` +
    `${middle(({ twin }) => twin.ready).toFixed(1)} s; processor seconds ` +
    `${middle(({ ours }) => totalOf(ours.shares)).toFixed(1)}, ${measured.baseCpu.toFixed(1)}`,
    `  ${countsText(same)}`,
    ...costsLines(same.find(({ twin }) => twin.execCosts)?.twin.execCosts),
    // The two rounds of the median, share by share.
    ...median === undefined ? [] : [
      `  ours ${sharesText(median.ours.whole)}`,
      `  same ${sharesText(median.twin.whole)}`,
      `  beyond ${excessText(median.ours.whole, median.twin.whole)}`,
    ],
  ];
}

/** Of all rounds the most, a pod. */
function countsText(same: readonly Pair[]): string {
  const most = (of: (members: NonNullable<ClusterRollout["members"]>) => number): number =>
    Math.max(...same.flatMap(({ ours: { members } }) => members === undefined ? [] : [of(members)]));
  const perPod = (of: (members: NonNullable<ClusterRollout["members"]>) => number): string =>
    most((members) => of(members) / members.counted.pods).toFixed(2);
  const asked = (method: string): string => perPod(({ counted }) => counted.requests.get(method) ?? 0);
  const held = (found: number, limit: number): string =>
    `at most ${limit}: ${found <= limit ? "held" : "MISSED"}`;
  const limit = same[0]?.kind.execsPerPod ?? NaN;
  const late = most(({ counted }) => counted.meshAfterLastInterface);
  return `the most of any round, a pod: ${perPod(({ counted }) => counted.execs)} execs (` +
    `${held(most(({ counted }) => counted.execs / counted.pods), limit)}), ${asked("PATCH")} patches, ` +
    `${asked("POST")} Events, ${asked("GET")} GET, ${perPod(({ exchanges }) => exchanges)} exchanges; ` +
    `mesh ${late.toFixed(1)} s after the last interface (${held(late, meshLimit)})`;
}

/** Until all pods are ready and the mesh is complete, over the readiness of the same containers. */
function ratioOf({ ours, twin }: Pair): number {
  return Math.max(ours.ready, ours.members?.mesh ?? 0) / twin.ready;
}

/** What a rollout of ours did not keep, one sentence each. */
export function brokenOf({ name, execsPerPod }: Kind, { pods, members }: ClusterRollout): readonly string[] {
  if (members === undefined) return [];
  const found = [...brokenCounts(members.counted, execsPerPod), ...members.violations.slice(0, 3)];
  return found.map((what) => `${pods} ${name}: ${what}`);
}
