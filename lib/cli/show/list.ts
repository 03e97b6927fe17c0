// The command `list`: which pods are members, which networks there are.
import type { Store } from "../../controller/store/store.ts";
import type { PodView } from "../../member/pod.ts";
import { type Network, peerKey } from "../../network/network.ts";
import { exitStatus } from "../host.ts";
import { type CommandSpec, UsageError } from "../program.ts";
import { type ClusterView, viewOptions, withClusterView } from "./cluster_view.ts";
import { listOwn } from "./own_view.ts";
import { textTable } from "./text_table.ts";

export const listCommand: CommandSpec<typeof viewOptions> = {
  name: "list",
  summary: "list member pods, or networks with their members",
  args: [{ name: "<what>", description: "pods or networks" }],
  options: viewOptions,
  action: ({ settings, args: [what] }, host) => {
    const asked = listed(what);
    const table = asked === "pods" ? podTable : networkTable;
    return withClusterView(settings, {
      host,
      use: (view) => {
        for (const line of table(view)) host.print(line);
        return exitStatus.ok;
      },
      own: (view) => listOwn(asked, view),
    });
  },
};

function listed(what: string | undefined): "pods" | "networks" {
  if (what === "pods") return "pods";
  if (what === "networks" || what === "nets") return "networks";
  throw new UsageError(`Cannot list "${what ?? ""}": expected pods or networks`);
}

function podTable({ pods, store }: ClusterView): readonly string[] {
  const rows = pods.map((pod) => [
    pod.namespace,
    pod.name,
    pod.podIPs[0] ?? "-",
    ...stateOf(pod, store),
  ]);
  return textTable(["NAMESPACE", "POD", "POD IP", "NETWORKS", "PROBLEMS"], rows);
}

/** Networks and number of problems, as far as they can be known without looking into the pod. */
function stateOf(pod: PodView, store: Store): readonly [string, string] {
  const item = store.workItem(pod.uid);
  if (item === undefined) return ["-", pod.annotation === undefined ? "no annotation" : "finished"];
  const problems = store.problemsOf(pod.uid);
  switch (item.kind) {
    case "member":
      return [
        item.member.networks.map((network) => network.name).join(",") || "-",
        problems.length === 0 ? "-" : String(problems.length),
      ];
    case "former":
      return ["-", "no annotation"];
    case "refused":
      return ["-", `refused: ${problems[0]?.kind ?? "unknown"}`];
    case "pending":
      return ["-", "no pod IP yet"];
    default:
      return item satisfies never;
  }
}

function networkTable({ pods, store }: ClusterView): readonly string[] {
  const segments = new Map<string, { readonly network: Network; readonly members: string[] }>();
  for (const pod of pods) {
    const item = store.workItem(pod.uid);
    if (item?.kind !== "member") continue;
    for (const network of item.member.networks) {
      const segment = segments.get(peerKey(network)) ?? { network, members: [] };
      segment.members.push(`${pod.namespace}/${pod.name}`);
      segments.set(peerKey(network), segment);
    }
  }
  const rows = [...segments.values()]
    .sort((a, b) => a.network.name.localeCompare(b.network.name) || a.network.vni - b.network.vni)
    .map(({ network, members }) => [
      network.name,
      String(network.vni),
      String(network.port),
      `IPv${network.family}`,
      String(members.length),
      someOf(members),
    ]);
  return textTable(["NETWORK", "VNI", "PORT", "UNDERLAY", "MEMBERS", "PODS"], rows);
}

function someOf(members: readonly string[]): string {
  const shown = members.slice(0, 4).join(", ");
  return members.length > 4 ? `${shown}, …` : shown;
}
