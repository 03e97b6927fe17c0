// Probes from one member to others, in one session of `ip`: ask all at once, look until each is decided, take away again.
import type { AgentTools } from "../../agents/agent_client.ts";
import type { AgentAddress } from "../../agents/session_pool.ts";
import {
  endProbe,
  type NeighbourState,
  neighbourState,
  type ProbeTarget,
  showNeighbour,
  startProbe,
} from "../../reach/neighbour_probe.ts";
import type { Outcome } from "../../reach/reach_report.ts";
import { type Clock, sleep } from "../../time/clock.ts";

/** Milliseconds between two looks, and until a kernel has given up asking: it does after 3 to 5 s. */
const lookEvery = 200;
const longest = 7_000;
const deadline = 10_000;

/** Outcomes in the order of the targets. Throws SessionEnded. */
export async function probeAll(
  agent: AgentAddress,
  { targets, tools, clock }: {
    readonly targets: readonly ProbeTarget[];
    readonly tools: AgentTools;
    readonly clock: Clock;
  },
): Promise<readonly Outcome[]> {
  if (targets.length === 0) return [];
  return await tools.with(agent, {
    tool: "ip",
    use: async (session) => {
      const show = async (before: readonly string[] = []): Promise<readonly NeighbourState[]> => {
        const lines = [...before, ...targets.map(showNeighbour)];
        const { answers } = await session.exchange(lines, { answers: targets.length, deadline });
        return answers.map(neighbourState);
      };
      const before = await show();
      const asked = targets.map((target, at) => startProbe(target, before[at] ?? "absent"));
      let states = await show(asked.filter((line) => line !== undefined));
      const began = clock.now();
      while (states.some(isOpen) && clock.now() - began < longest) {
        await sleep(clock, lookEvery);
        states = await show();
      }
      const made = targets.filter((_, at) => before[at] === "absent");
      await show(made.map(endProbe));
      return states.map(outcomeOf);
    },
  });
}

/** `idle` too: an entry that is asked for by `nud probe` shows the state before for a moment. */
function isOpen(state: NeighbourState): boolean {
  return state === "pending" || state === "idle" || state === "absent";
}

function outcomeOf(state: NeighbourState): Outcome {
  switch (state) {
    case "reachable":
      return { kind: "reachable" };
    case "permanent":
      return { kind: "not probed", reason: "somebody set its neighbour entry" };
    case "failed":
    case "pending":
    case "absent":
    case "idle":
      return { kind: "unreachable" };
    default:
      return state satisfies never;
  }
}
