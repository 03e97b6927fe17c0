// The conversation with an agent broke: what that means for the pod, and when to try again. Pure.
import { endedWithContainer, type ExecOutcome } from "../kube/exec/exec.ts";
import { SessionEnded } from "../kube/exec/session.ts";
import type { Member } from "../member/member.ts";
import type { Outcome } from "../queue/work_queue.ts";
import type { PodReport } from "../report/report.ts";
import { answerCaps, isOverflow } from "../agents/agent_client.ts";
import { HalfObserved } from "./agent/convergence.ts";
import type { AgentAddress } from "../agents/session_pool.ts";
import { waitingReport } from "./evaluate.ts";
import { runtimeProblem } from "../network/problem.ts";
import { messageOf } from "../text/defined.ts";

export interface AgentError {
  readonly report: PodReport;
  readonly outcome: Outcome;
}

/** Milliseconds for which what is normal while pods start and end is excused; a missing program will not come. */
const timeout = 60_000;
const programTimeout = 5_000;

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
export function agentError(error: unknown, circumstances: Circumstances): AgentError {
  if (error instanceof HalfObserved) {
    const { report, outcome } = agentError(error.cause, circumstances);
    return { report: { ...report, entriesMissing: error.entriesMissing, isHalfSeen: true }, outcome };
  }
  const { member, failingFor } = circumstances;
  if (error instanceof NotLeader) {
    return { report: waitingReport(member, error.message), outcome: { kind: "wait", reason: error.message } };
  }
  const transient = error instanceof SessionEnded ? transientOf(error, circumstances) : undefined;
  if (transient !== undefined && failingFor < transient.timeout) {
    const { reason, next } = transient;
    return { report: waitingReport(member, reason), outcome: { ...next, reason } };
  }
  const reason = transient?.message ?? messageOf(error);
  const problem = runtimeProblem(member, { kind: kindOf(error), message: reason });
  return {
    report: {
      ...waitingReport(member, reason),
      state: { kind: "failing", problems: [...member.problems, problem] },
    },
    outcome: { kind: "retry", reason },
  };
}

interface Transient {
  readonly reason: string;
  /** What is said when it has lasted for `timeout` ms. */
  readonly message: string;
  readonly timeout: number;
  readonly next: { readonly kind: "retry" } | { readonly kind: "wait"; readonly requeueAfter: number };
}

/** Milliseconds to the next try with a pod that is being deleted: most are gone by then, and each try is an exec. */
const leavingPause = 10_000;
const retry = { kind: "retry" } as const;

/**
 * What is normal while pods start and end: worth a retry, not yet a message. The status may be older than the
 * container's end. And "gone" is not the last word, the event of its deletion is: a kubelet that has just started
 * answers 404 for pods that it has not seen again yet.
 */
function transientOf(
  error: SessionEnded,
  { member, agent: { container }, answerCap }: Circumstances,
): Transient | undefined {
  const { outcome, message } = error;
  if (member.leaving !== undefined) {
    const reason = `the pod is being deleted: ${message}`;
    const next = { kind: "wait", requeueAfter: leavingPause } as const;
    return { reason, message: reason, timeout: Infinity, next };
  }
  if (isOverflow(error) && answerCap < answerCaps.most) {
    return {
      reason: `it has more to tell than there was room for: ${message}`,
      message,
      timeout,
      next: retry,
    };
  }
  if (outcome.kind === "not-ready" && outcome.programMissing) {
    const reason =
      `Cannot use container "${container}" as an agent: it lacks a program: ${outcome.reason}; ` +
      "its image needs ip, bridge and kill";
    return { reason, message: reason, timeout: programTimeout, next: retry };
  }
  const reason = absence(outcome, container);
  return reason === undefined
    ? undefined
    : { reason, message: `Cannot look into the pod: ${reason}`, timeout, next: retry };
}

/** Why nobody was there to talk to; undefined when somebody was. */
function absence(outcome: ExecOutcome, container: string): string | undefined {
  if (outcome.kind === "gone") return `the pod is not there for exec: ${outcome.reason}`;
  if (outcome.kind === "not-ready") return `container ${container} is not ready for exec: ${outcome.reason}`;
  return endedWithContainer(outcome) ? `container ${container} has ended` : undefined;
}

/** A tool that ends at once with a status of its own does not know the options we use: the agent is too old. */
function kindOf(error: unknown): "agent-unfit" | "setup-failed" {
  if (!(error instanceof SessionEnded)) return "setup-failed";
  const { outcome, stderr } = error;
  const isTooOld = outcome.kind === "exit" && /option|unknown|usage/i.test(stderr);
  return isTooOld || (outcome.kind === "not-ready" && outcome.programMissing)
    ? "agent-unfit"
    : "setup-failed";
}

/** Nothing may be written: another replica leads, or our lease could not be renewed in time. */
export class NotLeader extends Error {
  override name = "NotLeader";
  constructor() {
    super("this replica does not lead at the moment");
  }
}

/** Throws NotLeader while another replica leads. */
export function leaderCheck({ isLeader }: { readonly isLeader?: () => boolean }): () => void {
  return () => {
    if (isLeader?.() === false) throw new NotLeader();
  };
}
