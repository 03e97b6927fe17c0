// How do commands get into agents: sessions of their own, for as long as the command takes.
import { AgentClient } from "../agents/agent_client.ts";
import type { AgentTools } from "../agents/agent_tools.ts";
import { AgentExecs } from "../agents/agent_execs.ts";
import { SessionPool } from "../agents/session_pool.ts";
import type { Connection } from "../kube/config/connection.ts";
import type { Executor } from "../kube/exec/exec.ts";
import { createExecutor } from "../kube/exec/executor.ts";
import type { Clock } from "../time/clock.ts";

/** Hands over the tools of agents, and closes every session afterwards. */
export async function withTools<T>(
  { connection, clock }: { readonly connection: Connection; readonly clock: Clock },
  { sessions, use }: {
    /** How many may be open at a time. */
    readonly sessions: number;
    readonly use: (tools: AgentTools, executor: Executor) => Promise<T>;
  },
): Promise<T> {
  const executor = createExecutor(connection, { clock });
  const execs = new AgentExecs({ executor, clock });
  const pool = new SessionPool({
    clock,
    limit: () => ({ sessions, isForAll: false }),
    onLateStderr: () => {},
    keep: { ip: 1_000, ip6: 1_000, bridge: 1_000 },
    open: (agent, tool, options) => execs.open(agent, tool, options),
  });
  try {
    return await use(pool, executor);
  } finally {
    await pool.close();
    executor.close();
  }
}

/** Hands over the agents, and closes every session afterwards. `ensureMayWrite` throws where nothing may be changed. */
export async function withAgents<T>(
  { connection, clock }: { readonly connection: Connection; readonly clock: Clock },
  { sessions, ensureMayWrite, use }: {
    /** How many may be open at a time. */
    readonly sessions: number;
    readonly ensureMayWrite: () => void;
    readonly use: (agents: AgentClient) => Promise<T>;
  },
): Promise<T> {
  return await withTools({ connection, clock }, {
    sessions,
    use: (tools) => use(new AgentClient({ tools, ensureLeader: ensureMayWrite, onStep: () => {} })),
  });
}
