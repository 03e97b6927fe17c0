// The command `check`: can the members of a network, or one pod and its peers, reach each other now.
import type { ApiClient } from "../../kube/api/client.ts";
import { type Network, peerKey } from "../../network/network.ts";
import type { AgentTools } from "../../agents/agent_tools.ts";
import type { PodView } from "../../member/pod.ts";
import { choosePairs } from "../../reach/reach_report.ts";
import { withTools } from "../agent_access.ts";
import { exitStatus, type Host } from "../host.ts";
import { type CommandSpec, UsageError } from "../program.ts";
import type { OptionTable, SettingsOf } from "../settings/options.ts";
import { count } from "../settings/values.ts";
import { type ClusterView, podNamed, withClusterView } from "../show/cluster_view.ts";
import { podWords } from "../show/pod_name.ts";
import { valueText } from "../show/print_list.ts";
import { standingOf } from "../show/standing.ts";
import { valueOutput, viewOptions } from "../show/view_options.ts";
import { type CheckedSegment, checkText, checkValue } from "./check_text.ts";
import { atOnce } from "./each_of.ts";
import { departed } from "./departed.ts";
import { probePairs, type SegmentMember } from "./probe_segment.ts";

const options = {
  ...viewOptions,
  output: valueOutput,
  all: { variable: "none", description: "probe every pair, however many members there are" },
  sample: {
    variable: "none",
    value: "NUMBER",
    description: "over 30 members: so many pairs by chance, besides a ring that has each member in it",
    fallback: "60",
    parse: count,
  },
} as const satisfies OptionTable;

export const checkCommand: CommandSpec<typeof options> = {
  name: "check",
  summary: "probe whether members reach each other now (exit status 1 if any pair does not)",
  args: [
    { name: "<what>", description: "network or pod" },
    { name: "<name>", description: "of the network, or of the pod: NAME or NAMESPACE/NAME" },
  ],
  options,
  examples: [
    { does: "do the members of a network reach each other", line: "kube-vxlan-controller check network n2" },
    { does: "one pod and its peers", line: "kube-vxlan-controller check pod lab/upf-0" },
    {
      does: "every pair of a large network, for a program",
      line: "kube-vxlan-controller check network n2 --all -o json",
    },
  ],
  action: ({ settings, args: [word = "", name = ""] }, host) => {
    const what = podWords.has(word) ? "pod" : /^net(work)?s?$/.test(word) ? "network" : undefined;
    if (what === undefined) throw new UsageError(`Cannot check "${word}": expected network or pod`);
    return withClusterView(settings, {
      host,
      use: async (view) => {
        await view.readPools(view.store);
        return await check({ what, name }, { view, settings, host });
      },
    });
  },
};

/** One network of one name, and who is in it. */
interface Segment {
  readonly network: Network;
  readonly members: readonly SegmentMember[];
}

async function check(
  { what, name }: { readonly what: "network" | "pod"; readonly name: string },
  { view, settings, host }: {
    readonly view: ClusterView;
    readonly settings: SettingsOf<typeof options>;
    readonly host: Host;
  },
): Promise<number> {
  const pod = what === "pod" ? podNamed(name, view) : undefined;
  const only = typeof pod === "object" ? `${pod.namespace}/${pod.name}` : undefined;
  const wanted = segmentsOf(view).filter(({ network, members }) =>
    what === "network" ? network.name === name : members.some((member) => member.pod === only)
  );
  if (wanted.length === 0) {
    throw new Error(`Cannot check ${what} ${JSON.stringify(name)}: ${nothingReason(pod, view)}`);
  }
  const checked = await withTools({ connection: view.connection, clock: host.clock }, {
    sessions: 2 * atOnce,
    use: async (tools) => {
      const all: CheckedSegment[] = [];
      for (const segment of wanted) {
        host.progress?.(`probing network ${segment.network.name}, ${segment.members.length} members`);
        all.push(await checkSegment(segment, { tools, host, settings, only, client: view.client }));
      }
      return all;
    },
  });
  if (settings.output === "text") {
    for (const line of checked.flatMap(checkText)) host.print(line);
  } else {
    host.print(valueText(checkValue(checked), settings.output));
  }
  return checked.every(({ pairs }) => pairs.every(({ outcome }) => outcome.kind === "reachable"))
    ? exitStatus.ok
    : exitStatus.failed;
}

/** Why there is nothing to probe, and where to look. */
function nothingReason(pod: PodView | string | undefined, view: ClusterView): string {
  if (typeof pod === "string") return pod;
  if (pod !== undefined) {
    const { reason, problems: [problem] } = standingOf(pod, view);
    return `it is no member (${reason || "no networks"})${problem === undefined ? "" : `: ${problem}`}`;
  }
  const names = [...new Set(segmentsOf(view).map(({ network }) => network.name))].sort();
  const known = names.slice(0, 10).join(", ") + (names.length > 10 ? ", …" : "");
  return names.length === 0
    ? "no pod is a member of any network"
    : `nobody is a member; networks are ${known}`;
}

/** Everybody by network, whoever is shown: peers are peers in all namespaces. */
function segmentsOf({ pods, store }: ClusterView): readonly Segment[] {
  const segments = new Map<string, { network: Network; members: SegmentMember[] }>();
  for (const pod of pods) {
    const item = store.workItem(pod.uid);
    // Who is being deleted is a peer until its containers have ended, which may be any moment now.
    if (item?.kind !== "member" || item.member.leaving !== undefined) continue;
    const { namespace, name, uid, phase, podIPs } = item.member;
    const agent = phase.kind === "wait"
      ? { unfit: phase.reason }
      : { uid, podIPs, namespace, pod: name, ...phase.agent };
    for (const network of item.member.networks) {
      const key = peerKey(network);
      const segment = segments.get(key) ?? { network, members: [] };
      segment.members.push({ pod: `${namespace}/${name}`, uid, node: pod.node, podIPs, network, agent });
      segments.set(key, segment);
    }
  }
  return [...segments.values()];
}

async function checkSegment(
  { network, members }: Segment,
  { tools, host, settings, only, client }: {
    readonly tools: AgentTools;
    readonly client: ApiClient;
    readonly host: Host;
    readonly settings: SettingsOf<typeof options>;
    readonly only: string | undefined;
  },
): Promise<CheckedSegment> {
  const random = (): number => host.clock.random();
  const pairs = only === undefined
    ? choosePairs(members.length, { ...settings, sample: settings.sample, random })
    : pairsOf(members.findIndex(({ pod }) => pod === only), members.length);
  const involved = [...new Set(pairs.flat())].flatMap((at) => members[at] ?? []);
  const probed = await probePairs({ members, pairs }, { tools, clock: host.clock, signal: host.stop });
  const left = await departed(probed, { members: involved, client, signal: host.stop });
  return {
    network,
    members: involved.filter(({ pod }) => !left.includes(pod)),
    pairs: probed.filter(({ from, to }) => !left.includes(from.pod) && !left.includes(to.pod)),
    left,
  };
}

/** One and each other, both ways: which direction fails is seen at the end that is asked. */
function pairsOf(one: number, count: number): readonly (readonly [number, number])[] {
  const others = [...Array(count).keys()].filter((at) => at !== one);
  return others.flatMap((at) => [[one, at], [at, one]] as const);
}
