// Why has the conversation with an agent ended: may that pass, and is the agent unfit? Pure.
import { endedWithContainer, type ExecOutcome, isProgramMissing } from "../kube/exec/exec.ts";
import { SessionEnded } from "../kube/exec/session.ts";
import { messageOf } from "../text/defined.ts";
import { answerCaps, isOverflow } from "./answer_caps.ts";

/** An end that is normal while pods start and end: worth a retry, not yet a message. */
export interface PassingEnd {
  readonly reason: string;
  /** What is said when it has lasted for `excused` ms. */
  readonly message: string;
  readonly excused: number;
}

/** Milliseconds for which what is normal while pods start and end is excused; a missing program will not come. */
const excused = 60_000;
const programExcused = 5_000;

/**
 * Undefined for what does not pass by itself. The status may be older than the container's end. And "gone" is not the last
 * word, the event of its deletion is: a kubelet that has just started answers 404 for pods that it has not seen again yet.
 */
export function passingEnd(
  error: SessionEnded,
  { container, answerCap }: {
    readonly container: string;
    /** Bytes that the next answer may have. */
    readonly answerCap: number;
  },
): PassingEnd | undefined {
  const { outcome, message } = error;
  if (isOverflow(error) && answerCap < answerCaps.most) {
    return { reason: `it has more to tell than there was room for: ${message}`, message, excused };
  }
  if (isProgramMissing(outcome)) {
    const reason =
      `Cannot use container "${container}" as an agent: it lacks a program: ${outcome.reason}; ` +
      "its image needs ip, bridge and kill";
    return { reason, message: reason, excused: programExcused };
  }
  const reason = absence(outcome, container);
  return reason === undefined
    ? undefined
    : { reason, message: `Cannot look into the pod: ${reason}`, excused };
}

/** What somebody who only looks is told of a look that failed, with the remedy where there is one. */
export function endText(error: unknown, container: string): string {
  const end = error instanceof SessionEnded
    ? passingEnd(error, { container, answerCap: answerCaps.ofMany })
    : undefined;
  return end?.message ?? messageOf(error);
}

/** Why nobody was there to talk to; undefined when somebody was. */
function absence(outcome: ExecOutcome, container: string): string | undefined {
  if (outcome.kind === "gone") return `the pod is not there for exec: ${outcome.reason}`;
  if (outcome.kind === "not-ready") return `container ${container} is not ready for exec: ${outcome.reason}`;
  return endedWithContainer(outcome) ? `container ${container} has ended` : undefined;
}

/** No pod answers to its name, or another one. */
export function isGone(error: unknown): boolean {
  return error instanceof SessionEnded && error.outcome.kind === "gone";
}

/** A tool that ends at once with a status of its own does not know the options we use: the agent is too old. */
export function isUnfit(error: unknown): boolean {
  if (!(error instanceof SessionEnded)) return false;
  const { outcome, stderr } = error;
  const isTooOld = outcome.kind === "exit" && /option|unknown|usage/i.test(stderr);
  return isTooOld || isProgramMissing(outcome);
}
