// Which Events a report is worth: one for each reason, its text all that is to be said under it. Pure.
import { dedupKey, type Problem, problemTextOn } from "../network/problem.ts";
import { digestOf } from "../text/digest.ts";
import { conditionReasons } from "../member/current_status.ts";
import type { WantedEvent } from "../events/event_request.ts";
import type { PodReport } from "../report/report.ts";
import { cutBytes } from "../text/printable.ts";

/** The API refuses more bytes. */
const longestNote = 1024;

/** Sorted by reason. None while a pod waits or when it is no member any more. */
export function eventsOf({ state, warnings, networks }: PodReport): readonly WantedEvent[] {
  switch (state.kind) {
    case "waiting":
    case "former":
      return [];
    case "ready": {
      const names = networks.map(({ network }) => `${network.name} (VNI ${network.vni})`).join(", ");
      const note = cutBytes(`Networks are ready: ${names || "none asked for"}`, longestNote);
      return [
        { reason: "VxlanReady", type: "Normal", note, dedupKey: digestOf(note) },
        ...warningsOf("Pod", warnings),
      ];
    }
    case "failing":
      return warningsOf("Pod", [...state.problems, ...warnings]);
    default:
      return state satisfies never;
  }
}

/** Problems grouped by reason, for Events on such an object. */
export function warningsOf(
  object: "Pod" | "ConfigMap",
  problems: readonly Problem[],
): readonly WantedEvent[] {
  const byReason = [...Map.groupBy(problems, reasonOf)];
  return byReason.sort(([a], [b]) => a < b ? -1 : 1).map(([reason, all]) => ({
    reason,
    type: "Warning",
    note: cutBytes(all.map((problem) => problemTextOn(object, problem)).join("; "), longestNote),
    dedupKey: digestOf(all.map(dedupKey).join("; ")),
  }));
}

function reasonOf({ kind }: Problem): string {
  return kind === "unreachable" ? "VxlanUnreachable" : `Vxlan${conditionReasons[kind]}`;
}
