// The conversation with an agent broke: what that means for the pod, and when to try again. Pure.
import type { Member } from "../network/member.ts";
import { SessionEnded } from "../kube/exec_session.ts";
import { runtimeProblem, waitingReport } from "./judgement.ts";
import type { Outcome } from "./outcome.ts";
import { NotPermitted } from "./permit.ts";
import type { PodReport } from "./report.ts";
import type { AgentAddress } from "./session_pool.ts";

export interface Broken {
  readonly report: PodReport;
  readonly outcome: Outcome;
}

/** Reads an exception from `converge` or `release`. */
export function brokenConversation(
  error: unknown,
  { member, agent }: { readonly member: Member; readonly agent: AgentAddress },
): Broken {
  if (error instanceof NotPermitted) {
    return { report: waitingReport(member, error.message), outcome: { kind: "wait", reason: error.message } };
  }
  if (error instanceof SessionEnded && error.outcome.kind === "gone") {
    const reason = "the pod is gone";
    return { report: waitingReport(member, reason), outcome: { kind: "wait", reason } };
  }
  if (error instanceof SessionEnded && error.outcome.kind === "not-ready") {
    // The status may be older than the container's end: normal while a pod starts, worth a retry, not a complaint.
    const reason = `container ${agent.container} is not ready for exec: ${error.outcome.reason}`;
    return { report: waitingReport(member, reason), outcome: { kind: "retry", reason } };
  }
  const reason = error instanceof Error ? error.message : String(error);
  return {
    report: {
      ...waitingReport(member, reason),
      standing: {
        kind: "failing",
        problems: [...member.problems, runtimeProblem(member, { kind: kindOf(error), message: reason })],
      },
    },
    outcome: { kind: "retry", reason },
  };
}

/** A tool that ends at once with a status of its own does not know the options we use: the agent is too old. */
function kindOf(error: unknown): "agent-unfit" | "setup-failed" {
  const tooOld = error instanceof SessionEnded && error.outcome.kind === "exit" &&
    /option|unknown|usage/i.test(error.stderr);
  return tooOld ? "agent-unfit" : "setup-failed";
}
