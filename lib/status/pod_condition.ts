// What the condition on a pod says: ready or not, and why. Pure.
import { problemTextOn } from "../network/problem.ts";
import {
  conditionReasons,
  type ConditionText,
  longestMessage,
  networksReady,
} from "../member/current_status.ts";
import type { PodReport } from "../report/report.ts";
import { cutBytes } from "../text/printable.ts";

/**
 * True only when everything the pod asked for is there and was read back, so that it can be a readinessGate. A
 * shared address alone leaves it True, with the reason: the interfaces hold, and a successor with the same `ip=`
 * must be able to become ready before its predecessor goes. And a pod that was ready stays so (`before`) when its agent
 * cannot be talked to: what was not looked at is not denied, or a broken exec would take every Service down.
 */
export function podCondition(report: PodReport, before: string | undefined): ConditionText {
  const { state, holds, networks } = report;
  if (state.kind !== "failing") {
    const names = networks.map(({ network }) => network.name);
    const message = names.length === 0 ? "no networks are asked for" : `networks ready: ${names.join(", ")}`;
    return { status: "True", reason: networksReady, message: cutBytes(message, longestMessage) };
  }
  const [first] = state.problems;
  const text = state.problems.map((problem) => problemTextOn("Pod", problem)).join("; ");
  // An agent that is gone for good will not say more, and what is forbidden its peers have dropped: that is known unseen.
  const { entriesMissing, isHalfSeen = false } = report;
  const isSeen = (entriesMissing !== undefined && (entriesMissing > 0 || !isHalfSeen)) ||
    state.problems.some(({ kind }) => kind === "agent-missing" || kind === "forbidden");
  return {
    status: holds || (!isSeen && before === "True") ? "True" : "False",
    reason: first === undefined ? "SetupFailed" : conditionReasons[first.kind],
    message: cutBytes(text, longestMessage),
  };
}
