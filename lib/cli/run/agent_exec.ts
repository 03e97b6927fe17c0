// Execs of the controller as the metrics see them: every start of a tool is counted and timed.
import type { OpenSession } from "../../controller/agent/session_pool.ts";
import type { Executor } from "../../kube/exec/exec.ts";
import { type ExecSession, openSession, SessionEnded } from "../../kube/exec/session.ts";
import { type Clock, sleep } from "../../time/clock.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { TokenBucket } from "../../time/token_bucket.ts";
import { batchCommand } from "../../overlay/iproute2/render.ts";

/** Milliseconds until an exec session must be open. */
const openDeadline = 15_000;

/** What every exec passes through. */
export interface ExecGate {
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** How many may be started in a time, of all kinds together: who comes too soon waits his turn. */
  readonly limit: TokenBucket;
}

/** Sessions into agents, counted and timed. */
export function sessionOpener(executor: Executor, gate: ExecGate): OpenSession {
  const { metrics, clock } = gate;
  return async ({ namespace, pod, container }, tool, { signal }) => {
    await turn(gate, signal);
    const start = clock.now();
    const target = { namespace, pod, container };
    try {
      const session = await openSession(executor, {
        target,
        command: batchCommand(tool),
        clock,
        deadline: openDeadline,
        signal,
      });
      metrics.exec({ tool, outcome: "ok", ms: clock.now() - start });
      return timed(session, { clock, onExchange: (ms) => metrics.exchanged({ tool, ms }) });
    } catch (error) {
      const outcome = error instanceof SessionEnded ? error.outcome.kind : "unknown";
      metrics.exec({ tool, outcome, ms: clock.now() - start });
      throw error;
    }
  };
}

/** The session, telling how long each exchange took, whether it went well or not. */
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

/** One-shot commands, counted and timed. */
export function countedExecutor(executor: Executor, gate: ExecGate): Pick<Executor, "run"> {
  const { metrics, clock } = gate;
  return {
    run: async (options) => {
      await turn(gate, options.signal);
      const start = clock.now();
      const result = await executor.run(options);
      const tool = options.command[0] === "kill" ? "kill" : "touch";
      metrics.exec({ tool, outcome: result.outcome.kind, ms: clock.now() - start });
      return result;
    },
  };
}

async function turn({ clock, limit }: ExecGate, signal: AbortSignal | undefined): Promise<void> {
  const wait = limit.reserve();
  if (wait > 0) await sleep(clock, wait, signal);
}
