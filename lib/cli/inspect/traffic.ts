// What has gone through a pod's interfaces, and which neighbours does its kernel know: one more exec, only to look.
import type { AgentAddress } from "../../agents/session_pool.ts";
import type { Executor } from "../../kube/exec/exec.ts";
import { openSession } from "../../kube/exec/session.ts";
import {
  type Counters,
  type Neighbour,
  readCounters,
  readNeighbours,
  trafficCommand,
  trafficQuestions,
} from "../../overlay/iproute2/read_traffic.ts";
import { messageOf } from "../../text/defined.ts";
import type { Host } from "../host.ts";

/** What was read; or why it was not, which says nothing about the pod's networks. */
export type Traffic =
  | {
    readonly kind: "read";
    readonly counters: ReadonlyMap<string, Counters>;
    readonly neighbours: readonly Neighbour[];
  }
  | { readonly kind: "unread"; readonly reason: string };

/** ms until the exec must be open, and for its answers. */
const deadline = 10_000;
/** Bytes of the answers. */
const outputCap = 8 << 20;

/** Asks the agent. Throws nothing. */
export async function readTraffic(
  executor: Executor,
  { agent, host }: { readonly agent: AgentAddress; readonly host: Host },
): Promise<Traffic> {
  try {
    const session = await openSession(executor, {
      target: agent,
      command: trafficCommand,
      clock: host.clock,
      deadline,
      signal: host.stop,
      onLateStderr: () => {},
    });
    try {
      const asked = { answers: trafficQuestions.length, deadline, outputCap };
      const { answers: [links = "", neighbours = ""] } = await session.exchange(trafficQuestions, asked);
      return { kind: "read", counters: readCounters(links), neighbours: readNeighbours(neighbours) };
    } finally {
      await session.close();
    }
  } catch (error) {
    return { kind: "unread", reason: `counters and neighbours: ${messageOf(error)}` };
  }
}
