// The command `list`: which pods are members, which networks there are.
import type { Subject } from "../../controller/store/work_item.ts";
import { type Network, segmentOf } from "../../network/network.ts";
import { printable } from "../../text/printable.ts";
import { exitStatus } from "../host.ts";
import { type CommandSpec, UsageError } from "../program.ts";
import { type ClusterView, viewOptions, withClusterView } from "./cluster_view.ts";

export const listCommand: CommandSpec = {
  name: "list",
  summary: "list member pods, or networks with their members",
  args: [{ name: "<what>", description: "pods or networks" }],
  options: viewOptions,
  action: ({ settings, args: [what] }, host) => {
    const table = tableOf(what);
    return withClusterView(settings, {
      host,
      use: (view) => {
        for (const line of table(view)) host.print(line);
        return exitStatus.ok;
      },
    });
  },
};

function tableOf(what: string | undefined): (view: ClusterView) => readonly string[] {
  if (what === "pods") return podTable;
  if (what === "networks" || what === "nets") return networkTable;
  throw new UsageError(`Cannot list "${what ?? ""}": expected pods or networks`);
}

function podTable({ pods, store }: ClusterView): readonly string[] {
  const rows = pods.map((pod) => [
    pod.namespace,
    pod.name,
    pod.podIPs[0] ?? "-",
    ...standingOf(store.subject(pod.uid)),
  ]);
  return textTable(["NAMESPACE", "POD", "POD IP", "NETWORKS", "PROBLEMS"], rows);
}

/** Networks and number of problems, as far as they can be known without looking into the pod. */
function standingOf(subject: Subject | undefined): readonly [string, string] {
  if (subject === undefined) return ["-", "finished"];
  switch (subject.kind) {
    case "member":
      return [
        subject.member.networks.map((network) => network.name).join(",") || "-",
        subject.member.problems.length === 0 ? "-" : String(subject.member.problems.length),
      ];
    case "former":
      return ["-", "no annotation"];
    case "refused":
      return ["-", `refused: ${subject.membership.problems[0]?.kind ?? "unknown"}`];
    case "pending":
      return ["-", "no pod IP yet"];
    default:
      return subject satisfies never;
  }
}

function networkTable({ pods, store }: ClusterView): readonly string[] {
  const segments = new Map<string, { readonly network: Network; readonly members: string[] }>();
  for (const pod of pods) {
    const subject = store.subject(pod.uid);
    if (subject?.kind !== "member") continue;
    for (const network of subject.member.networks) {
      const segment = segments.get(segmentOf(network)) ?? { network, members: [] };
      segment.members.push(`${pod.namespace}/${pod.name}`);
      segments.set(segmentOf(network), segment);
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

/** Lines with columns as wide as their widest cell and three blanks between; foreign text made harmless. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ").trimEnd());
}
