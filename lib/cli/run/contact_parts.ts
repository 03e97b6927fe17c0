// Probes between members: what the controller knows of them, handed to those who ask.
import type { Known } from "../../controller/parts.ts";
import type { AgentAddress } from "../../agents/session_pool.ts";
import type { Member } from "../../member/member.ts";
import type { ContactView } from "../../reach/contacts.ts";

/** Milliseconds for one exchange. */
const deadline = 5_000;

/** The controller as those see it who probe. */
export function contactView({ store, pool, add }: Known): ContactView {
  const member = (uid: string): Member | undefined => {
    const item = store.workItem(uid);
    return item?.kind === "member" && item.member.leaving === undefined ? item.member : undefined;
  };
  return {
    member,
    node: (uid) => store.tracked.get(uid)?.pod.node,
    interfaceOf: (uid, name) => {
      const cached = store.tracked.get(uid)?.cache.cached;
      const link = cached?.kernel.links.find((each) => each.name === name);
      return link && { link, floodsTo: cached?.peers.get(name)?.peers ?? [] };
    },
    withIp: async (uid, { open, use }) => {
      const agent = lastingAgent(member(uid));
      if (agent === undefined || (!open && !pool.has(agent, "ip"))) return undefined;
      return await pool.with(agent, {
        tool: "ip",
        use: (session) =>
          use(async (lines, answers) => (await session.exchange(lines, { answers, deadline })).answers),
      });
    },
    lookAgain: add,
  };
}

/** Not the init agent: it ends with its release, which nothing is to wait for. */
function lastingAgent(member: Member | undefined): AgentAddress | undefined {
  if (member === undefined) return undefined;
  const { uid, podIPs, namespace, name: pod, phase } = member;
  if (phase.kind === "wait" || (phase.kind === "setup" && phase.release !== "marker")) return undefined;
  return { uid, podIPs, namespace, pod, urgent: false, ...phase.agent };
}
