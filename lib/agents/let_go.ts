// How is a pod told that it may go on: TERM to the init agent, or a marker that the probe of a native sidecar reads.
import {
  describeOutcome,
  endedWithContainer,
  type ExecOutcome,
  type ExecResult,
  type Executor,
  isProgramMissing,
} from "../kube/exec/exec.ts";
import { SessionEnded } from "../kube/exec/session.ts";
import type { ObservedLink } from "../overlay/observation.ts";
import { isReady } from "../overlay/step.ts";
import type { AgentClient } from "./agent_client.ts";
import { AnotherPod } from "./agent_tools.ts";
import type { AgentAddress, SessionPool, TerminateAgent } from "./session_pool.ts";

/** Commands of the agent image's contract. The second is for old agents that do not end on TERM. */
export const terminateCommands = {
  terminate: ["kill", "-TERM", "1"],
  "terminate file": ["touch", "/run/terminate"],
} as const;

/** Both, for messages. */
export const terminateText = Object.values(terminateCommands).map((command) => command.join(" ")).join(
  " and ",
);

const execDeadline = 10_000;

export interface TerminateOptions {
  readonly agents: Pick<AgentClient, "meet">;
  readonly executor: Pick<Executor, "run">;
  readonly terminate: TerminateAgent;
  readonly pool: SessionPool;
  /** Aborted: an order that is under way is not waited for any more. */
  readonly ending: AbortSignal;
  readonly how: "terminate" | "again";
}

/**
 * Orders the agent to end, by a session that is open or by an exec of its own; `again`: in the old way too where nobody
 * talks to our program. False when nobody has said that the order arrived. Throws SessionEnded when it could not be sent.
 */
export async function orderToEnd(
  agent: AgentAddress,
  { agents, executor, terminate, pool, ending, how }: TerminateOptions,
): Promise<boolean> {
  if (how === "again" && await hasEnded(agent, agents)) return true;
  const said = await terminate(agent);
  // They would end with the container anyway; closed first they end without an error.
  pool.closePod(agent.uid);
  const run = (command: readonly string[]): Promise<ExecResult> =>
    executor.run({ target: agent, command, deadline: execDeadline, signal: ending });
  const first = said === undefined
    ? await run(terminateCommands.terminate)
    : { outcome: said, stdout: "", stderr: "" };
  const isOld = how === "again" && said === undefined;
  const second = isOld ? await run(terminateCommands["terminate file"]) : first;
  const { outcome, stderr } = wasSent(second.outcome) ? second : first;
  if (wasSent(outcome)) {
    return [first, second].some((one) => one.outcome.kind !== "unknown" && wasSent(one.outcome));
  }
  if (how === "again" && isAbsent(outcome)) return true;
  const what = `Cannot release the pod by ${terminateCommands.terminate.join(" ")}`;
  const more = stderr.trim() === "" ? "" : `: ${stderr.trim()}`;
  const reason = `${what} in container ${agent.container}: ${describeOutcome(outcome)}${more}`;
  throw new SessionEnded(outcome, stderr, reason);
}

/**
 * Whether the first order was heard, and only the status is late. Before it everything was read; since then seconds have
 * gone by. Throws SessionEnded, as AnotherPod where the name leads to one that must not be told to end.
 */
async function hasEnded(agent: AgentAddress, agents: TerminateOptions["agents"]): Promise<boolean> {
  try {
    await agents.meet(agent);
    return false;
  } catch (error) {
    if (error instanceof SessionEnded && !(error instanceof AnotherPod) && isAbsent(error.outcome)) {
      return true;
    }
    throw error;
  }
}

function isAbsent(outcome: ExecOutcome): boolean {
  const isNotReady = outcome.kind === "not-ready" && !isProgramMissing(outcome);
  return outcome.kind === "gone" || isNotReady || endedWithContainer(outcome);
}

/**
 * The end of the container's main process ends everything in the container, this command too, before it can say that it
 * worked; or its connection may be cut. The status will tell.
 */
function wasSent(outcome: ExecOutcome): boolean {
  return outcome.kind === "ok" || outcome.kind === "unknown" || endedWithContainer(outcome);
}

/** Sets the marker and gives the links as they are then. Throws when it did not stay. */
export async function markReady(
  agents: AgentClient,
  { agent, cap }: { readonly agent: AgentAddress; readonly cap: number },
): Promise<readonly ObservedLink[]> {
  const steps = [{ kind: "set-ready" }] as const;
  const wanted = { interfaces: [], own: new Set<string>() };
  const { kernel: { links }, refusals } = await agents.changeKernel(agent, { steps, wanted, cap });
  if (isReady({ links })) return links;
  throw new Error(
    `Cannot mark the pod as ready: ${refusals[0]?.message ?? "the alias of lo did not stay"}`,
  );
}
