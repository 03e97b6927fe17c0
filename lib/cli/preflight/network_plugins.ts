// Which network plugin does a cluster have, and which port does that leave to VXLAN of pods? Pure.
import { recordAt } from "../../text/json.ts";

/** A plugin, and how it is recognised by what runs on every node. */
interface KnownPlugin {
  readonly name: string;
  /** Matches the name of its DaemonSet, or an image of it. */
  readonly shows: RegExp;
  /** UDP ports that pods cannot use, and why. */
  readonly taken: readonly { readonly port: number; readonly why: string }[];
}

const own8472 = { port: 8472, why: "is its own port" };

/** Canal is Calico and flannel, and is found as both. */
const plugins: readonly KnownPlugin[] = [
  { name: "Cilium", shows: /(^|\/)cilium$|\banetd\b/, taken: [own8472] },
  { name: "flannel", shows: /\bflannel\b|\bcanal\b/, taken: [own8472] },
  {
    name: "Calico",
    shows: /\bcalico-node\b|\bcalico\/node\b|\bcanal\b/,
    taken: [{ port: 4789, why: "is dropped from pods unless allowVXLANPacketsFromWorkloads is set" }],
  },
  { name: "Antrea", shows: /\bantrea-agent\b/, taken: [{ port: 4789, why: "may be its own port" }] },
  { name: "OVN-Kubernetes", shows: /\bovnkube-node\b/, taken: [{ port: 4789, why: "may be its own port" }] },
  { name: "Kube-OVN", shows: /\bkube-ovn-cni\b/, taken: [{ port: 4789, why: "may be its own port" }] },
  { name: "Weave Net", shows: /\bweave-net\b/, taken: [] },
  { name: "kindnet", shows: /\bkindnetd?\b/, taken: [] },
  { name: "kube-router", shows: /\bkube-router\b/, taken: [] },
  { name: "Amazon VPC CNI", shows: /\baws-node\b/, taken: [] },
  { name: "Azure CNI", shows: /\bazure-cn[is]\b/, taken: [] },
];

/** What was found, and the port to use: the first of 8472, 4789 and 4790 that no plugin takes. */
export interface PluginsFound {
  readonly names: readonly string[];
  readonly port: number;
  /** Why not another. */
  readonly reasons: readonly string[];
}

const ports = [8472, 4789, 4790];

/** By DaemonSets, and by what nodes say where flannel is built in (k3s). */
export function networkPlugins(
  { daemonSets, nodes }: { readonly daemonSets: readonly unknown[]; readonly nodes: readonly unknown[] },
): PluginsFound {
  const words = daemonSets.flatMap(wordsOf);
  const isFlannelBuiltIn = nodes.some((node) =>
    recordAt(recordAt(node, "metadata"), "annotations")["flannel.alpha.coreos.com/backend-type"] === "vxlan"
  );
  const found = plugins.filter(({ name, shows }) =>
    words.some((word) => shows.test(word)) || name === "flannel" && isFlannelBuiltIn
  );
  const taken = found.flatMap(({ name, taken }) => taken.map((one) => ({ name, ...one })));
  return {
    names: found.map(({ name }) => name),
    port: ports.find((port) => !taken.some((one) => one.port === port)) ?? 4790,
    reasons: taken.map(({ name, port, why }) => `${port} ${why} (${name})`),
  };
}

function wordsOf(daemonSet: unknown): readonly string[] {
  const name = String(recordAt(daemonSet, "metadata")["name"] ?? "");
  const spec = recordAt(recordAt(recordAt(daemonSet, "spec"), "template"), "spec");
  const containers = spec["containers"];
  const images = Array.isArray(containers) ? containers.map((one) => String(one?.image ?? "")) : [];
  // Without registry, tag and digest.
  return [name, ...images.map((image) => image.replace(/@.*$/, "").replace(/:[^/:]*$/, ""))];
}
