// Which way do frames pass between two that do not reach each other? Both are asked anew, and what each has learned is read.
import type { AgentTools } from "../../agents/agent_tools.ts";
import type { AgentAddress } from "../../agents/session_pool.ts";
import { forgetLearned, type Sender, showLearned, type Trace, traceOf } from "../../reach/learned.ts";
import { eachOf } from "./each_of.ts";

/** One end of a pair without an answer. */
export interface End {
  readonly agent: AgentAddress;
  readonly device: string;
  readonly sender: Sender;
}

export interface OpenPair {
  readonly from: End;
  readonly to: End;
}

/** Milliseconds for one exchange, and bytes of its answer. */
const exchange = { answers: 1, deadline: 20_000, outputCap: 8 << 20 } as const;

/**
 * Of each pair, in their order: true where the frames of the first have arrived at the second. Learned entries are taken out,
 * then `probeAgain` has each prober ask once more. What cannot be read says nothing.
 */
export async function arrivals(
  pairs: readonly OpenPair[],
  { tools, probeAgain }: { readonly tools: AgentTools; readonly probeAgain: () => Promise<void> },
): Promise<readonly boolean[]> {
  // Both ends are read of each pair: whoever hears is asked of all whom it may have heard.
  const heard = [...new Map(pairs.map(({ to }) => [`${to.agent.uid} ${to.device}`, to])).values()];
  const sendersTo = (to: End): readonly Sender[] =>
    pairs.filter((pair) => pair.to.agent.uid === to.agent.uid).map(({ from }) => from.sender);
  const before = new Map<string, string>();
  await eachOf(heard, async (to) => {
    const answer = await read(to, { tools, lines: [] });
    if (answer === undefined) return;
    before.set(to.agent.uid, answer);
    const learned = sendersTo(to).filter((sender) => trace(answer, sender, to) === "learned");
    await read(to, { tools, lines: learned.map((sender) => forgetLearned(sender, to.device)) });
  });
  await probeAgain();
  const after = new Map<string, string | undefined>();
  await eachOf(heard, async (to) => {
    after.set(to.agent.uid, await read(to, { tools, lines: [] }));
  });
  return pairs.map(({ from, to }) => {
    const [old, now] = [before.get(to.agent.uid), after.get(to.agent.uid)];
    return old !== undefined && now !== undefined && trace(now, from.sender, to) === "learned";
  });
}

function trace(answer: string, sender: Sender, { device }: End): Trace {
  return traceOf(answer, { sender, device });
}

/** Undefined where the agent cannot be asked. */
async function read(
  { agent }: End,
  { tools, lines }: { readonly tools: AgentTools; readonly lines: readonly string[] },
): Promise<string | undefined> {
  try {
    return await tools.with(agent, {
      tool: "bridge",
      use: async (session) => (await session.exchange([...lines, showLearned], exchange)).answers[0],
    });
  } catch {
    return undefined;
  }
}
