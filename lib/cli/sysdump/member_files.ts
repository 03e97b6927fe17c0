// What of members goes into an archive: their pods, and of those with an agent what its kernel holds and what is amiss.
import { withTools } from "../agent_access.ts";
import { endText } from "../../agents/ended.ts";
import type { AgentTools } from "../../agents/agent_tools.ts";
import type { AgentAddress } from "../../agents/session_pool.ts";
import { podCollection } from "../../controller/watch/resources.ts";
import type { Tool } from "../../overlay/step.ts";
import { isRecord, recordAt } from "../../text/json.ts";
import { readSome } from "../bounded_reading.ts";
import type { Host } from "../host.ts";
import type { ClusterView } from "../show/cluster_view.ts";
import { inspection } from "../inspect/inspection.ts";
import { attempt, type Gathering } from "./cluster_files.ts";
import { podRecord } from "./pod_record.ts";

type AnyRecord = Readonly<Record<string, unknown>>;

const mostPods = 2_000;
/** Pods that are looked into at a time, and until when others are begun with (ms). */
const atOnce = 8;
const longest = 120_000;

/** The pods with our label in these namespaces, as the archive has them. */
export async function addPods(
  gathering: Gathering,
  namespaces: readonly (string | undefined)[],
): Promise<readonly AnyRecord[]> {
  const { dump, settings, ours } = gathering;
  const all: AnyRecord[] = [];
  for (const namespace of namespaces) {
    const { what, path, labelSelector = "" } = podCollection(settings, namespace);
    const pods = await attempt(
      dump,
      readSome(gathering, {
        what,
        path,
        selectors: { labelSelector },
        most: mostPods,
        read: (pod) => isRecord(pod) ? podRecord(pod, ours) : undefined,
      }),
    );
    if (pods?.isCut) dump.missing(`${what}: the first ${mostPods} are there`);
    all.push(...pods?.items ?? []);
  }
  for (const pod of all) {
    const { namespace, name } = recordAt(pod, "metadata");
    dump.addValue(`pods/${namespace}/${name}.json`, pod);
  }
  return all;
}

/** Looks into members, those that are not ready first. */
export async function addAgents(
  gathering: Gathering,
  { view, host, most }: { readonly view: ClusterView; readonly host: Host; readonly most: number },
): Promise<void> {
  const { dump, clock } = gathering;
  const members = view.shown.filter(({ uid }) => view.store.workItem(uid)?.kind === "member");
  const rank = ({ shown }: ClusterView["shown"][number]): number => shown?.ready === "True" ? 1 : 0;
  const sorted = [...members].sort((a, b) => rank(a) - rank(b));
  if (sorted.length > most) {
    dump.missing(`agents: ${most} of ${sorted.length} members were looked into (--agents)`);
  }
  const left = sorted.slice(0, most);
  const end = clock.now() + longest;
  await withTools({ connection: view.connection, clock }, {
    sessions: 2 * atOnce,
    use: async (tools) => {
      const work = async (): Promise<void> => {
        for (let pod = left.shift(); pod !== undefined && !host.stop.aborted; pod = left.shift()) {
          const name = `${pod.namespace}/${pod.name}`;
          if (clock.now() > end) dump.missing(`agent of ${name}: not looked into, the time was up`);
          else await addAgent(gathering, { pod, view, host, tools });
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    },
  });
}

async function addAgent(
  { dump }: Gathering,
  { pod, view, host, tools }: {
    readonly pod: ClusterView["shown"][number];
    readonly view: ClusterView;
    readonly host: Host;
    readonly tools: AgentTools;
  },
): Promise<void> {
  const { namespace, name, uid } = pod;
  const item = view.store.workItem(uid);
  if (item?.kind !== "member") return;
  const { phase, podIPs } = item.member;
  const agent = phase.kind === "wait" ? undefined : { uid, podIPs, namespace, pod: name, ...phase.agent };
  if (agent === undefined) {
    dump.missing(`agent of ${namespace}/${name}: ${phase.kind === "wait" ? phase.reason : ""}`);
  } else if (!await addKernel(agent, { dump, tools })) return;
  dump.addValue(`inspect/${namespace}/${name}.json`, await inspection(pod, { view, host }));
}

/** Without a device: a `show` of one that is not there answers nothing. */
const questions: Readonly<Record<Exclude<Tool, "ip6">, readonly string[]>> = {
  ip: ["address show", "route show table all", "rule show", "neigh show"],
  bridge: ["fdb show"],
};

/** Bytes that one tool may answer. */
const answerCap = 2 * 1024 * 1024;
const deadline = 10_000;

/** What `ip -json -details` and `bridge -json` say; false when they did not. */
async function addKernel(
  agent: AgentAddress,
  { dump, tools }: { readonly dump: Gathering["dump"]; readonly tools: AgentTools },
): Promise<boolean> {
  for (const tool of ["ip", "bridge"] as const) {
    const lines = questions[tool];
    try {
      const { answers } = await tools.with(agent, {
        tool,
        use: (session) => session.exchange(lines, { answers: lines.length, deadline, outputCap: answerCap }),
      });
      for (const [at, answer] of answers.entries()) {
        const file = `${tool} ${lines[at]}`.replaceAll(" ", "-");
        dump.add(`agents/${agent.namespace}/${agent.pod}/${file}.json`, spread(answer));
      }
    } catch (error) {
      dump.missing(`agent of ${agent.namespace}/${agent.pod}: ${endText(error, agent.container)}`);
      return false;
    }
  }
  return true;
}

/** As people can read it; what is no JSON stays as it came. */
function spread(answer: string): string {
  try {
    return `${JSON.stringify(JSON.parse(answer), null, 1)}\n`;
  } catch {
    return answer;
  }
}
