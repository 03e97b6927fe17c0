// The conversation with an agent broke: what that means for the pod, and when to try again. Pure.
import { isUnfit, passingEnd } from "../agents/ended.ts";
import { SessionEnded } from "../kube/exec/session.ts";
import { NotLeader } from "../kube/lease/not_leader.ts";
import type { Member } from "../member/member.ts";
import { runtimeProblem } from "../network/problem.ts";
import type { Outcome } from "../queue/work_queue.ts";
import type { AgentAddress } from "../agents/session_pool.ts";
import { messageOf } from "../text/defined.ts";
import { HalfObserved } from "./agent/convergence.ts";
import { type Evaluation, waitingReport } from "./evaluate.ts";

/** Milliseconds to the next try with a pod that is being deleted: most are gone by then, and each try is an exec. */
const leavingPause = 10_000;

/** What is known of the pod besides. */
interface Circumstances {
  readonly member: Member;
  readonly agent: AgentAddress;
  /** Milliseconds since the last look that went well. */
  readonly failingFor: number;
  /** Bytes that the next answer may have. */
  readonly answerCap: number;
}

/** Reads an exception from `converge` or `release`. */
export function agentError(error: unknown, circumstances: Circumstances): Evaluation {
  if (error instanceof HalfObserved) {
    const { report, outcome } = agentError(error.cause, circumstances);
    return { report: { ...report, entriesMissing: error.entriesMissing, isHalfSeen: true }, outcome };
  }
  const { member, failingFor, answerCap, agent: { container } } = circumstances;
  const waiting = (outcome: Exclude<Outcome, { kind: "done" }>): Evaluation => ({
    report: waitingReport(member, outcome.reason),
    outcome,
  });
  if (error instanceof NotLeader) return waiting({ kind: "wait", reason: error.message });
  const isEnd = error instanceof SessionEnded;
  if (isEnd && member.leaving !== undefined) {
    const reason = `the pod is being deleted: ${error.message}`;
    return waiting({ kind: "wait", reason, requeueAfter: leavingPause });
  }
  const passing = isEnd ? passingEnd(error, { container, answerCap }) : undefined;
  if (passing !== undefined && failingFor < passing.excused) {
    return waiting({ kind: "retry", reason: passing.reason });
  }
  const reason = passing?.message ?? messageOf(error);
  const kind = isUnfit(error) ? "agent-unfit" : "setup-failed";
  const problems = [...member.problems, runtimeProblem(member, { kind, message: reason, said: reason })];
  return {
    report: { ...waitingReport(member, reason), state: { kind: "failing", problems } },
    outcome: { kind: "retry", reason },
  };
}
