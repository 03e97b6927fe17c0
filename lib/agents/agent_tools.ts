// The tools of an agent, and do they run in the pod that is meant? Execs go by name, and another may have that by now.
import { type ExecSession, SessionEnded } from "../kube/exec/session.ts";
import { addressOf } from "../network/grammar/address.ts";
import { observeAddresses } from "../overlay/iproute2/questions.ts";
import { readLinks } from "../overlay/iproute2/read_links.ts";
import type { Tool } from "../overlay/step.ts";
import { listed } from "../text/quoted.ts";
import { answerCaps } from "./answer_caps.ts";
import type { AgentAddress, Purpose } from "./session_pool.ts";

type Session = Pick<ExecSession, "exchange">;

/** The tools of every agent, each in a session of its own or all behind one exec. */
export interface AgentTools {
  /** Gives `use` the running tool; when it throws, the tool is ended. */
  with<T>(
    agent: AgentAddress,
    asked: Purpose & { readonly use: (session: Session) => Promise<T> },
  ): Promise<T>;
  /** Ends the tool, if it runs: the next use starts it anew. */
  closeSession(agent: AgentAddress, tool: Tool): void;
}

/** The successor of a pod answers to its name, and nobody has told us yet that the pod is gone. */
export class AnotherPod extends SessionEnded {
  override name = "AnotherPod";
  constructor({ podIPs }: AgentAddress) {
    const reason =
      `none of its IPs (${listed(podIPs)}) is on an interface of the pod that answers to its name: ` +
      "it was replaced, or its IP was taken off";
    super({ kind: "gone", reason }, "", reason);
  }
}

/** Milliseconds to learn whose pod it is. */
const deadline = 10_000;

/** Ends every tool of an agent. */
export function closeAll(tools: AgentTools, agent: AgentAddress): void {
  for (const tool of ["ip", "ip6", "bridge"] as const) tools.closeSession(agent, tool);
}

/**
 * The same tools, which write nothing into pods that `podOf` does not know (any more), nor by `ip` before an answer has
 * shown an address of the pod: mostly that is the first look, so it costs nothing. A session never changes its pod. The
 * other tools tell no addresses; every look begins with `ip`, and in a pod that nobody knows yet no device of ours is
 * there for a line of theirs. `with` throws AnotherPod.
 */
export function toolsOfSamePod(
  tools: AgentTools,
  podOf: (uid: string) => unknown,
): AgentTools {
  const guarded = new WeakMap<Session, Session>();
  return {
    closeSession: (agent, tool) => tools.closeSession(agent, tool),
    with: async (agent, { use, ...purpose }) => {
      try {
        return await tools.with(agent, {
          ...purpose,
          use: (session) => {
            const known = guarded.get(session) ?? guard(session, { agent, tool: purpose.tool, podOf });
            guarded.set(session, known);
            return use(known);
          },
        });
      } catch (error) {
        if (error instanceof AnotherPod) closeAll(tools, agent);
        throw error;
      }
    },
  };
}

function guard(
  session: Session,
  { agent, tool, podOf }: {
    readonly agent: AgentAddress;
    readonly tool: Tool;
    readonly podOf: (uid: string) => unknown;
  },
): Session {
  let isMet = tool !== "ip";
  const meet = (answer: string | undefined): void => {
    if (!isMet && !holdsOneOf(agent.podIPs, answer ?? "[]")) throw new AnotherPod(agent);
    isMet = true;
  };
  return {
    exchange: async (lines, options) => {
      const isWriting = lines.some((line) => !/^\S+ show\b/.test(line));
      if (isWriting && podOf(agent.uid) === undefined) throw gone();
      if (isWriting && !isMet) {
        const asked = { answers: 1, deadline, outputCap: answerCaps.most };
        meet((await session.exchange([observeAddresses], asked)).answers[0]);
      }
      const exchange = await session.exchange(lines, options);
      if (lines[0] === observeAddresses) meet(exchange.answers[0]);
      return exchange;
    },
  };
}

function gone(): SessionEnded {
  const reason = "it was deleted while it was looked at";
  return new SessionEnded({ kind: "gone", reason }, "", reason);
}

/** Mostly found as text: what was answered is read anyway, and it may be long. */
function holdsOneOf(podIPs: readonly string[], answer: string): boolean {
  if (podIPs.some((ip) => answer.includes(`"local":"${ip}"`))) return true;
  const held = readLinks(answer).flatMap(({ addresses }) => addresses.map(addressOf));
  return podIPs.some((ip) => held.includes(ip));
}
