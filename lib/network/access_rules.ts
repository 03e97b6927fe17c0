// May this pod have this network: the operator's rules on namespaces, and on what pods may say themselves.
import type { ClusterNetworks } from "./cluster_networks.ts";
import type { AnnotationEntry } from "./grammar/annotation.ts";
import { configMapText } from "./problem.ts";
import type { OptionSet } from "./grammar/option_table.ts";
import { quoted } from "../text/quoted.ts";

/** What the rules look at besides the annotation's entry. */
export interface Rules {
  readonly reserved: ReservedIds;
  /** The pod's namespace. */
  readonly namespace: string;
  readonly configMap: { readonly namespace: string; readonly name: string };
  readonly restrictPods: boolean;
  /** Merged options. */
  readonly options: OptionSet;
  /** True when the ConfigMap names the network, for this pod. */
  readonly isNamed: boolean;
}

/** By VNI: a network that has it and a list of namespaces, and whom such networks with this VNI admit together. */
export type ReservedIds = ReadonlyMap<
  number,
  { readonly network: string; readonly namespaces: readonly string[] }
>;

/**
 * The VNIs that are for some namespaces only. Several entries with one VNI admit the namespaces of each of them that
 * has a list, since the operator wrote them all. Removed entries have no say: after a restart nobody knows of them.
 */
export function reservedIds(cluster: ClusterNetworks): ReservedIds {
  const reserved = new Map<number, { readonly network: string; readonly namespaces: readonly string[] }>();
  for (const [network, { state, options }] of cluster.networks) {
    if (state === "removed" || options.id === undefined || options.namespaces === undefined) continue;
    const before = reserved.get(options.id);
    reserved.set(options.id, {
      network: before?.network ?? network,
      namespaces: [...before?.namespaces ?? [], ...options.namespaces],
    });
  }
  return reserved;
}

/** A rule that the pod breaks: a clause that says which. */
export interface Forbidden {
  readonly kind: "forbidden";
  readonly reason: string;
}

/** Every rule that stands between the pod and the network. */
export function faultsOfForbidden(entry: AnnotationEntry, rules: Rules): Forbidden[] {
  const reasons = [...restrictions(entry, rules), ...namespaceFaults(rules)];
  return reasons.map((reason) => ({ kind: "forbidden", reason }));
}

function restrictions(entry: AnnotationEntry, rules: Rules): readonly string[] {
  if (!rules.restrictPods) return [];
  const where = configMapText(rules.configMap);
  const given = (["id", "dev"] as const).filter((name) => entry.options[name] !== undefined);
  const reasons = given.map((name) => `option ${name} is for ${where} only in this cluster: leave it out`);
  return rules.isNamed
    ? reasons
    : [`${where} has no key ${entry.network}, and pods may have no other networks`, ...reasons];
}

/** Judged by the name, then by the VNI: another name for the same VNI would be a back door. */
function namespaceFaults(rules: Rules): readonly string[] {
  const { namespaces, id } = rules.options;
  const remedy = `to let it in, add it to namespaces=… in ${configMapText(rules.configMap)}`;
  if (namespaces !== undefined && !admits(namespaces, rules.namespace)) {
    return [`it is not for namespace ${quoted(rules.namespace)}; ${remedy}`];
  }
  const reserved = id === undefined ? undefined : rules.reserved.get(id);
  if (id === undefined || reserved === undefined || admits(reserved.namespaces, rules.namespace)) return [];
  return [
    `id ${id} is that of network "${reserved.network}", not for namespace ${
      quoted(rules.namespace)
    }; ${remedy}`,
  ];
}

function admits(namespaces: readonly string[], namespace: string): boolean {
  return namespaces.includes("*") || namespaces.includes(namespace);
}
