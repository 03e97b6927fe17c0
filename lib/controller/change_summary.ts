// One line for what was changed in a pod and why: the forwarding entries counted, the rest spelled out. Pure.
import { describe } from "../overlay/describe.ts";
import type { Step } from "../overlay/step.ts";

/** Steps spelled out in one line at most; the others are counted. */
const spelledOut = 8;

/** "create interface west (VNI 101 on eth0); add 192.168.11.2/29 to west; west: 3 peers added, 1 removed". */
export function changeSummary(steps: readonly Step[]): string {
  const links = steps.filter((step) => step.kind !== "append-fdb" && step.kind !== "delete-fdb").map(
    describe,
  );
  const more = links.length > spelledOut ? [`${links.length - spelledOut} more changes`] : [];
  return [...links.slice(0, spelledOut), ...more, ...peerChanges(steps)].join("; ");
}

function peerChanges(steps: readonly Step[]): readonly string[] {
  const devices = [...new Set(steps.flatMap((step) => isFdb(step) ? [step.dev] : []))].sort();
  return devices.map((dev) => {
    const added = steps.filter((step) => step.kind === "append-fdb" && step.dev === dev).length;
    const removed = new Set(
      steps.flatMap((step) => step.kind === "delete-fdb" && step.dev === dev ? [step.dst] : []),
    ).size;
    const parts = [
      ...(added > 0 ? [`${added} peer${added === 1 ? "" : "s"} added`] : []),
      ...(removed > 0 ? [`${removed} peer${removed === 1 ? "" : "s"} removed`] : []),
    ];
    return `${dev}: ${parts.join(", ")}`;
  });
}

function isFdb(step: Step): step is Step & { kind: "append-fdb" | "delete-fdb" } {
  return step.kind === "append-fdb" || step.kind === "delete-fdb";
}
