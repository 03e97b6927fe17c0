// The command `graph`: networks, members and nodes as a picture, in a language that draws it.
import type { Store } from "../../controller/store/store.ts";
import { dot } from "../../graph/dot.ts";
import { mermaid } from "../../graph/mermaid.ts";
import { pictureOf } from "../../graph/picture.ts";
import { svg } from "../../graph/svg.ts";
import { type MemberSeen, topologyOf } from "../../graph/topology.ts";
import type { PodView } from "../../member/pod.ts";
import { exitStatus } from "../host.ts";
import type { CommandSpec } from "../program.ts";
import type { OptionTable } from "../settings/options.ts";
import { oneOf } from "../settings/values.ts";
import { withClusterView } from "./cluster_view.ts";
import { onPod, saidBeside } from "./standing.ts";
import { viewOptions } from "./view_options.ts";

const formats = { mermaid, dot, svg: (picture: Parameters<typeof svg>[0]) => svg(picture) } as const;
const formatNames = ["mermaid", "dot", "svg"] as const;

const options = {
  ...viewOptions,
  output: {
    short: "o",
    variable: "none",
    value: "FORMAT",
    description: "language of the picture",
    fallback: "mermaid",
    choices: formatNames,
    parse: oneOf(formatNames),
  },
} as const satisfies OptionTable;

export const graphCommand: CommandSpec<typeof options> = {
  name: "graph",
  summary: "draw the networks with their members, by node",
  args: [{ name: "[network...]", description: "networks to draw (default: all)" }],
  options,
  examples: [
    { does: "all networks, for a page in Markdown", line: "kube-vxlan-controller graph -A" },
    { does: "two networks as a picture", line: "kube-vxlan-controller graph n2 n3 -A -o svg > networks.svg" },
  ],
  action: ({ settings, args }, host) =>
    withClusterView(settings, {
      host,
      use: async ({ shown: pods, store, readPools }) => {
        await readPools(store);
        const topology = topologyOf(pods.flatMap((pod) => memberSeen(pod, store)), args);
        // One that is asked for and cannot be had is drawn too, in red.
        const asked = topology.nodes.flatMap(({ pods }) => pods.flatMap(({ missing }) => missing));
        const known = new Set([...topology.segments.map(({ name }) => name), ...asked]);
        const unknown = args.filter((name) => !known.has(name));
        if (unknown.length > 0) throw new Error(noMembers(unknown));
        host.print(formats[settings.output](pictureOf(topology)).trimEnd());
        return exitStatus.ok;
      },
    }),
};

function noMembers(names: readonly string[]): string {
  return `Cannot draw ${names.map((name) => JSON.stringify(name)).join(", ")}: no pod is a member`;
}

/** What is known of a pod without looking into it; empty when it takes no part. */
export function memberSeen(pod: PodView, store: Store): readonly MemberSeen[] {
  const item = store.workItem(pod.uid);
  if (item === undefined || item.kind === "former") return [];
  const { namespace, name, node } = pod;
  const found = store.problemsOf(pod.uid);
  const problems = [...found.map(({ message }) => message), ...saidBeside(pod, found.map(onPod))];
  const seen = { namespace, name, node, networks: [], missing: [], reasons: problems };
  switch (item.kind) {
    case "refused":
      return [{ ...seen, standing: "failing" }];
    case "pending":
      return [{ ...seen, standing: "waiting", reasons: [pod.delay?.text ?? "waits for its pod IP"] }];
    case "member": {
      const { networks, unresolved: missing, phase } = item.member;
      if (problems.length > 0 || pod.shown?.ready === "False") {
        return [{ ...seen, networks, missing, standing: "failing" }];
      }
      return phase.kind === "wait"
        ? [{ ...seen, networks, missing, standing: "waiting", reasons: [phase.reason] }]
        : [{ ...seen, networks, missing, standing: "ready" }];
    }
    default:
      return item satisfies never;
  }
}
