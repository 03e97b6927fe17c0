// Execs of the controller as the metrics see them: each is counted, timed, and waits for its turn.
import { AgentExecs } from "../../agents/agent_execs.ts";
import type { OpenSession } from "../../agents/session_pool.ts";
import type { ControllerParts } from "../../controller/parts.ts";
import type { Connection } from "../../kube/config/connection.ts";
import type { ExecOutcome, Executor, ProcessOptions } from "../../kube/exec/exec.ts";
import { createExecutor } from "../../kube/exec/executor.ts";
import type { ExecSession } from "../../kube/exec/session.ts";
import type { Clock } from "../../time/clock.ts";
import { TokenBucket } from "../../time/token_bucket.ts";
import type { ExecTool, Metrics } from "../../ops/metrics.ts";
import { ExecTurns } from "./exec_turns.ts";

/** What every exec passes through. */
export interface ExecGate {
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** How many may be started in a time, of all kinds together: who comes too soon waits its turn. */
  readonly turns: ExecTurns;
}

/** How the controller talks to agents, with `rate` execs a second at most. */
export function agentParts(
  connection: Connection,
  { metrics, clock, rate }: {
    readonly metrics: Metrics;
    readonly clock: Clock;
    readonly rate: number;
  },
): Pick<ControllerParts, "executor" | "openSession" | "terminate"> & Pick<Executor, "close"> {
  const limit = new TokenBucket({ clock, burst: rate, refill: 1_000 / rate });
  const gate = { metrics, clock, turns: new ExecTurns({ clock, limit }) };
  const executor = gatedExecutor(createExecutor(connection, { clock }), gate);
  const execs = new AgentExecs({ executor, clock });
  return {
    executor,
    openSession: timedSessions((agent, tool, options) => execs.open(agent, tool, options), gate),
    terminate: (agent) => execs.terminate(agent),
    close: () => executor.close(),
  };
}

/** The executor behind the gate. A session counts as long as it takes to open, a command to its end. */
export function gatedExecutor(executor: Executor, gate: ExecGate): Executor {
  const counted = async <T>(
    asked: Pick<ProcessOptions, "target" | "command" | "signal">,
    run: () => Promise<{ readonly outcome: ExecOutcome["kind"]; readonly result: T }>,
  ): Promise<T> => {
    const { target: { namespace, urgent = false }, signal } = asked;
    await gate.turns.next({ namespace, urgent, signal });
    const start = gate.clock.now();
    const { outcome, result } = await run();
    gate.metrics.exec({ tool: toolOf(asked.command), outcome, ms: gate.clock.now() - start });
    return result;
  };
  return {
    start: (options) =>
      counted(options, async () => {
        const result = await executor.start(options);
        return { outcome: "failed" in result ? result.failed.kind : "ok", result };
      }),
    run: (options) =>
      counted(options, async () => {
        const result = await executor.run(options);
        return { outcome: result.outcome.kind, result };
      }),
    close: () => executor.close(),
  };
}

/** Sessions that tell how long each exchange took, whether it went well or not. */
export function timedSessions(
  open: OpenSession,
  { metrics, clock }: Pick<ExecGate, "metrics" | "clock">,
): OpenSession {
  return async (agent, tool, options) => {
    const session = await open(agent, tool, options);
    return timed(session, {
      clock,
      onExchange: (ms) => metrics.exchanged({ tool: tool === "ip6" ? "ip" : tool, ms }),
    });
  };
}

function timed(
  session: ExecSession,
  { clock, onExchange }: { readonly clock: Clock; readonly onExchange: (ms: number) => void },
): ExecSession {
  return {
    get open() {
      return session.open;
    },
    exchange: async (lines, options) => {
      const start = clock.now();
      try {
        return await session.exchange(lines, options);
      } finally {
        onExchange(clock.now() - start);
      }
    },
    close: () => session.close(),
  };
}

function toolOf([program]: readonly string[]): ExecTool {
  switch (program) {
    case "vxlan-agent":
      return "agent";
    case "ip":
    case "bridge":
    case "kill":
    case "touch":
      return program;
    default:
      return "other";
  }
}
