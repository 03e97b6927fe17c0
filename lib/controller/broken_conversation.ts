// The conversation with an agent broke: what that means for the pod, and when to try again. Pure.
import type { Member } from "../network/member.ts";
import type { ExecOutcome } from "../kube/exec.ts";
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
  const excuse = error instanceof SessionEnded ? excuseOf(error.outcome, agent) : undefined;
  if (excuse !== undefined) {
    return { report: waitingReport(member, excuse), outcome: { kind: "retry", reason: excuse } };
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

/**
 * What is normal while pods start and end: worth a retry, not a complaint. The status may be older than the container's
 * end. And "gone" is not the last word, the event of its deletion is: a kubelet that has just started answers 404 for
 * pods that it has not seen again yet.
 */
function excuseOf(outcome: ExecOutcome, agent: AgentAddress): string | undefined {
  if (outcome.kind === "gone") return `the pod is not there for exec: ${outcome.reason}`;
  if (outcome.kind !== "not-ready") return undefined;
  return `container ${agent.container} is not ready for exec: ${outcome.reason}`;
}

/** A tool that ends at once with a status of its own does not know the options we use: the agent is too old. */
function kindOf(error: unknown): "agent-unfit" | "setup-failed" {
  const tooOld = error instanceof SessionEnded && error.outcome.kind === "exit" &&
    /option|unknown|usage/i.test(error.stderr);
  return tooOld ? "agent-unfit" : "setup-failed";
}
