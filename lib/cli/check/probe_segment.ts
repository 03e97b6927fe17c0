// Probing the members of one network: what stands in each, who answers whom, and which way frames pass where nobody does.
import { AgentClient } from "../../agents/agent_client.ts";
import type { AgentTools } from "../../agents/agent_tools.ts";
import { answerCaps } from "../../agents/answer_caps.ts";
import type { AgentAddress } from "../../agents/session_pool.ts";
import { podIpOf } from "../../member/pod.ts";
import type { Network } from "../../network/network.ts";
import type { ObservedLink } from "../../overlay/observation.ts";
import type { ProbeTarget } from "../../reach/neighbour_probe.ts";
import { probeAll } from "../../reach/probe_all.ts";
import type { Outcome, ProbedPair, Station } from "../../reach/reach_report.ts";
import { askable, targetAddress } from "../../reach/target_address.ts";
import { messageOf } from "../../text/defined.ts";
import type { Clock } from "../../time/clock.ts";
import { arrivals, type End, type OpenPair } from "./directions.ts";
import { eachOf } from "./each_of.ts";

/** One member of one network. */
export interface SegmentMember extends Station {
  readonly uid: string;
  readonly network: Network;
  readonly podIPs: readonly string[];
  /** Where it is talked to; or why it is not. */
  readonly agent: AgentAddress | { readonly unfit: string };
}

interface Means {
  readonly tools: AgentTools;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Pairs without an answer of which the direction is looked for; with more nobody reads them one by one. */
const mostDirections = 200;

/** Milliseconds for one exchange. */
const deadline = 10_000;

/** A member with its interface as its kernel has it, or why it cannot be probed. */
interface Looked {
  readonly member: SegmentMember;
  readonly link: ObservedLink | string;
}

/** Probes these pairs, by index of the members. */
export async function probePairs(
  { members, pairs }: {
    readonly members: readonly SegmentMember[];
    readonly pairs: readonly (readonly [number, number])[];
  },
  means: Means,
): Promise<readonly ProbedPair[]> {
  const looked = new Map<number, Looked>();
  await eachOf([...new Set(pairs.flat())], async (at) => {
    const member = members[at];
    if (member !== undefined) looked.set(at, { member, link: await linkOf(member, means.tools) });
  });
  const asked = pairs.flatMap(([one, other]) => {
    const [from, to] = [looked.get(one), looked.get(other)];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
  const probed = await probe(asked, means);
  const open = probed.filter(({ outcome }) => outcome.kind === "unreachable").slice(0, mostDirections);
  const ends = open.flatMap((pair): readonly (OpenPair & { readonly pair: typeof pair })[] => {
    const [from, to] = [endOf(pair.from), endOf(pair.to)];
    return from === undefined || to === undefined ? [] : [{ from, to, pair }];
  });
  const again = async (): Promise<void> => void await probe(ends.map(({ pair }) => pair), means);
  const arrived = ends.length === 0 ? [] : await arrivals(ends, { tools: means.tools, probeAgain: again });
  const passing = new Set(ends.filter((_, at) => arrived[at]).map(({ pair }) => pair));
  return probed.map((pair) => ({
    from: pair.from.member,
    to: pair.to.member,
    outcome: passing.has(pair) ? { kind: "unreachable", arrives: true } : pair.outcome,
  }));
}

interface AskedPair {
  readonly from: Looked;
  readonly to: Looked;
}

async function probe(
  pairs: readonly AskedPair[],
  means: Means,
): Promise<readonly (AskedPair & { readonly outcome: Outcome })[]> {
  const probed: (AskedPair & { readonly outcome: Outcome })[] = [];
  await eachOf([...Map.groupBy(pairs, ({ from }) => from)], async ([from, its]) => {
    const outcomes = await probeFrom(from, { targets: its.map(({ to }) => to.link), means });
    for (const [at, pair] of its.entries()) {
      const outcome = outcomes[at];
      if (outcome !== undefined) probed.push({ ...pair, outcome });
    }
  });
  return probed;
}

/** The interface as its kernel has it, or why it cannot be probed. */
async function linkOf(
  { pod, agent, network }: SegmentMember,
  tools: AgentTools,
): Promise<ObservedLink | string> {
  if ("unfit" in agent) return `${pod}: ${agent.unfit}`;
  const ensureLeader = (): never => {
    throw new Error("Cannot change anything: check only probes");
  };
  const client = new AgentClient({ tools, ensureLeader, onStep: () => {} });
  try {
    const { links } = await client.observe(agent, {
      wanted: { interfaces: [], own: new Set() },
      cap: answerCaps.ofMany,
    });
    const link = links.find(({ name }) => name === network.interfaceName);
    if (link === undefined) return `${pod}: it has no interface ${network.interfaceName}`;
    return link.up ? askable(link, network) : `${pod}: its interface ${network.interfaceName} is down`;
  } catch (error) {
    return messageOf(error);
  }
}

async function probeFrom(
  { member: { agent }, link }: Looked,
  { targets, means }: { readonly targets: readonly (ObservedLink | string)[]; readonly means: Means },
): Promise<readonly Outcome[]> {
  const not = (reason: string): Outcome => ({ kind: "not probed", reason });
  if ("unfit" in agent || typeof link !== "object") return targets.map(() => not(String(link)));
  const found = targets.map((target) =>
    typeof target === "object" ? targetAddress(link, target) : { reason: target }
  );
  const asked = found.flatMap((one): readonly ProbeTarget[] =>
    "address" in one ? [{ ...one, device: link.name }] : []
  );
  const outcomes = [
    ...await means.tools.with(agent, {
      tool: "ip",
      use: (session) =>
        probeAll(asked, {
          ...means,
          ask: async (lines, answers) => (await session.exchange(lines, { answers, deadline })).answers,
        }),
    }).catch((error) => asked.map(() => not(messageOf(error)))),
  ];
  return found.map((one) => "address" in one ? outcomes.shift() ?? not("no answer") : not(one.reason));
}

function endOf({ member, link }: Looked): End | undefined {
  const { agent, network } = member;
  const podIP = podIpOf(member, network.family);
  if ("unfit" in agent || typeof link !== "object" || podIP === undefined) return undefined;
  return { agent, device: link.name, sender: { mac: link.mac, podIP } };
}
