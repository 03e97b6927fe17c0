// May this pod have this network: the operator's rules on namespaces, and on what pods may say themselves.
import { type ClusterNetworks, isRemoved } from "./cluster_networks.ts";
import type { AnnotationEntry } from "./grammar/annotation.ts";
import { configMapText } from "./problem.ts";
import type { OptionSet } from "./grammar/option_table.ts";
import { isUnknown } from "./reserved/reservations.ts";
import { quoted } from "../text/quoted.ts";

/** What the rules look at besides the annotation's entry. */
export interface Rules {
  readonly cluster: ClusterNetworks;
  /** The pod's namespace. */
  readonly namespace: string;
  readonly configMap: { readonly namespace: string; readonly name: string };
  readonly restrictPods: boolean;
  /** Merged options. */
  readonly options: OptionSet;
  /** True when the ConfigMap names the network, for this pod. */
  readonly isNamed: boolean;
}

/** A rule that the pod breaks: a clause that says which. */
export interface Forbidden {
  readonly kind: "forbidden";
  readonly reason: string;
  /** What it has of the network goes; false when nothing says that the operator wants it gone. */
  readonly out: boolean;
}

/** Every rule that stands between the pod and the network. */
export function faultsOfForbidden(entry: AnnotationEntry, rules: Rules): Forbidden[] {
  return [
    ...restrictions(entry, rules),
    ...doubts(entry, rules),
    ...namespaceFaults({ name: entry.network, vni: rules.options.id }, rules),
  ];
}

function restrictions(entry: AnnotationEntry, rules: Rules): readonly Forbidden[] {
  if (!rules.restrictPods) return [];
  const where = configMapText(rules.configMap);
  const given = (["id", "dev", "peer"] as const).filter((name) => entry.options[name] !== undefined);
  const reasons = given.map((name) =>
    forbidden(`option ${name} is for ${where} only in this cluster: leave it out`)
  );
  if (rules.isNamed) return reasons;
  const unnamed = forbidden(`${where} has no key ${entry.network}, and pods may have no other networks`);
  // A ConfigMap that was lost forbids nothing. What a key that is gone reserved may have been the pod's before we came.
  const isReserved = rules.cluster.networks.get(entry.network)?.state === "reserved";
  return [{ ...unnamed, out: rules.cluster.isUsable && !isReserved }, ...reasons];
}

/** While it is not known what is reserved, only the ConfigMap leads into a network. What a pod has it keeps. */
function doubts(entry: AnnotationEntry, rules: Rules): readonly Forbidden[] {
  const { networks, reserved, unread } = rules.cluster;
  const { id } = rules.options;
  const known = networks.get(entry.network);
  if (id === undefined || (known?.state === "current" && known.options.id === id)) return [];
  const doubt = (reason: string): readonly Forbidden[] => [{ ...forbidden(reason), out: false }];
  if (unread !== undefined) {
    return doubt(`whether id ${id} is reserved by namespaces=… of before is not known: ${unread}`);
  }
  const byVni = reserved.get(id)?.isUnknown && reserved.get(id)?.network;
  const key = known !== undefined && isUnknown(known) ? entry.network : byVni;
  if (key === undefined) return [];
  const where = configMapText(rules.configMap);
  const why = isRemoved(networks.get(key))
    ? `key ${key} was removed from ${where} before it could be read; put it back`
    : `key ${key} of ${where} cannot be read; mend it`;
  return doubt(`whether it is for namespace ${quoted(rules.namespace)} is not known: ${why}`);
}

/** Judged by the name, then by the VNI: another name for the same VNI would be a back door. */
export function namespaceFaults(
  network: { readonly name: string; readonly vni: number | undefined },
  { cluster, namespace, configMap }: Pick<Rules, "cluster" | "namespace" | "configMap">,
): readonly Forbidden[] {
  const namespaces = cluster.networks.get(network.name)?.options.namespaces;
  const remedy = `to let it in, add it to namespaces=… in ${configMapText(configMap)}`;
  if (namespaces !== undefined && !admits(namespaces, namespace)) {
    return [forbidden(`it is not for namespace ${quoted(namespace)}; ${remedy}`)];
  }
  const reserved = network.vni === undefined ? undefined : cluster.reserved.get(network.vni);
  if (reserved === undefined || reserved.isUnknown || admits(reserved.namespaces, namespace)) return [];
  const owner = `id ${network.vni} is that of network "${reserved.network}"`;
  return [forbidden(`${owner}, not for namespace ${quoted(namespace)}; ${remedy}`)];
}

function forbidden(reason: string): Forbidden {
  return { kind: "forbidden", reason, out: true };
}

/** Is the network for that namespace, by what `namespaces=` names? */
export function admits(namespaces: readonly string[], namespace: string): boolean {
  return namespaces.includes("*") || namespaces.includes(namespace);
}
