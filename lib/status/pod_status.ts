// What a pod should show of itself after a look: condition, annotation and Events; or nothing, or what it shows now.
import { gistOf, isSharedAddress, type Problem } from "../network/problem.ts";
import { type ConditionText, digestOfCondition, type ShownStatus } from "../member/current_status.ts";
import { networkStatus } from "./network_status.ts";
import { podCondition } from "./pod_condition.ts";
import type { PodReport } from "../report/report.ts";
import { eventsOf } from "./events.ts";
import type { WantedEvent } from "../events/event_request.ts";
import { defined } from "../text/defined.ts";
import { digestOf } from "../text/digest.ts";

/**
 * - `keep`: a pod that waits shows what it showed: an agent that restarts takes no interface away, and a pod that never
 *   was ready has no condition yet, which a readinessGate takes for not ready.
 * - `remove`: it is no member any more.
 */
export type PodStatus = { readonly kind: "keep" } | { readonly kind: "remove" } | WantedStatus;

export interface WantedStatus {
  readonly kind: "show";
  readonly condition: ConditionText;
  /** Absent: as it is. */
  readonly annotation?: string;
  readonly events: readonly WantedEvent[];
  /** Digests that stand for the same: of the text itself, then of the text without what is no news. */
  readonly sameConditions: readonly string[];
  readonly sameAnnotations: readonly string[];
}

/** Decides by the state. `ready`: status of the condition that the pod has, if any. */
export function podStatus(report: PodReport, ready: string | undefined): PodStatus {
  switch (report.state.kind) {
    case "waiting":
      return { kind: "keep" };
    case "former":
      return { kind: "remove" };
    case "ready":
    case "failing": {
      const texts = [report, withoutNames(report)];
      const annotations = texts.flatMap((each) => networkStatus(each) ?? []);
      const [annotation] = annotations;
      return {
        kind: "show",
        condition: podCondition(report, ready),
        ...defined({ annotation }),
        events: eventsOf(report),
        sameConditions: texts.map((each) => digestOfCondition(podCondition(each, ready))),
        sameAnnotations: annotations.map(digestOf),
      };
    }
    default:
      return report.state satisfies never;
  }
}

/** What of it is not shown yet, as the body of a strategic merge patch; undefined when nothing is to be written. */
export interface StatusDifference {
  readonly condition?: ConditionText;
  /** The condition's status was another one (or there was none): its time of transition is now. */
  readonly transition: boolean;
  readonly annotation?: string;
}

/** Compares with what the pod shows. */
export function statusDifference(wanted: WantedStatus, shown: ShownStatus): StatusDifference | undefined {
  const { condition, annotation } = wanted;
  const isShown = wanted.sameConditions.includes(shown.condition ?? "");
  const isNoted = annotation === undefined || wanted.sameAnnotations.includes(shown.annotation ?? "");
  if (isShown && isNoted) return undefined;
  return {
    ...(isShown ? {} : { condition }),
    transition: shown.ready !== condition.status,
    ...(isNoted ? {} : { annotation }),
  };
}

/** The report as it would be with any other member in the place of those it names, and other numbers in what others say. */
function withoutNames(report: PodReport): PodReport {
  const { state } = report;
  if (state.kind !== "failing") return report;
  const problems = state.problems.map((problem): Problem => {
    return { ...problem, message: isSharedAddress(problem) ? "" : gistOf(problem) };
  });
  return { ...report, state: { ...state, problems } };
}
