// What are the networks of one pod, once default, ConfigMap and annotation are merged, and which cannot be had.
import type { ClusterNetworks } from "./cluster_networks.ts";
import { claim, noClaims } from "./conflicts.ts";
import { faultsOfForbidden, type ReservedIds, reservedIds } from "./access_rules.ts";
import { parseInterfaceName } from "./grammar/names.ts";
import type { Network } from "./network.ts";
import type { AnnotationEntry } from "./grammar/annotation.ts";
import { mtuLimits, type OptionSet, optionTable } from "./grammar/option_table.ts";
import { configMapText, type Problem, type ProblemKind, type Source } from "./problem.ts";
import { quoted } from "../text/quoted.ts";

/** What stands around one annotation. */
export interface ResolveContext {
  readonly cluster: ClusterNetworks;
  /** The annotation: resolution problems are said of the line that names the network. */
  readonly source: Source;
  /** The pod's namespace. */
  readonly namespace: string;
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** True: pod-level `id` and `dev`, and networks that no ConfigMap entry names, are forbidden. */
  readonly restrictPods: boolean;
  /** Networks the pod may have; default `defaultMaxNetworks`. */
  readonly maxNetworks?: number;
  /** True when the pod already holds a network that has since been removed from the ConfigMap. */
  readonly holds: (network: string) => boolean;
}

/** Networks and unresolved names together are all names of the entries. Both sorted. */
export interface Resolution {
  readonly networks: readonly Network[];
  readonly unresolved: readonly string[];
  /** In the order of the entries. */
  readonly problems: readonly Problem[];
}

/** Far more than people ask for: each network costs lines in every observation of the pod. */
export const defaultMaxNetworks = 64;

/** Merges and judges the entries of one annotation, in its order: of two that exclude each other the first stands. */
export function resolveNetworks(entries: readonly AnnotationEntry[], context: ResolveContext): Resolution {
  const networks: Network[] = [];
  const unresolved: string[] = [];
  const problems: Problem[] = [];
  const claims = noClaims();
  const max = context.maxNetworks ?? defaultMaxNetworks;
  const around = {
    ...context,
    reserved: reservedIds(context.cluster),
    unreadable: unreadableKeys(context.cluster),
  };
  for (const entry of entries) {
    const resolved = networks.length >= max
      ? { faults: [tooMany(max)] }
      : entry.broken
      ? { faults: [] }
      : resolveEntry(entry, around);
    const conflicts = resolved.network === undefined ? [] : claim(resolved.network, claims);
    const faults = [
      ...resolved.faults,
      ...conflicts.map((reason) => ({ kind: "conflict" as const, reason })),
    ];
    problems.push(...faults.map((fault) => entryProblem(entry, { fault, source: context.source })));
    if (resolved.network !== undefined && conflicts.length === 0) networks.push(resolved.network);
    else unresolved.push(entry.network);
  }
  return { networks: networks.sort(byName), unresolved: unresolved.sort(), problems };
}

/** Why a network cannot be had: the kind, and a clause for the end of a sentence. */
export interface ResolveFault {
  readonly kind: ProblemKind;
  readonly reason: string;
}

/** The context, with what is looked up for every entry made ready once. */
interface Surroundings extends ResolveContext {
  readonly reserved: ReservedIds;
  readonly unreadable: ReadonlySet<string>;
}

function tooMany(max: number): ResolveFault {
  return { kind: "forbidden", reason: `a pod may have ${max} networks at most (--max-networks-per-pod)` };
}

interface EntryResolution {
  readonly network?: Network;
  readonly faults: readonly ResolveFault[];
}

function resolveEntry(entry: AnnotationEntry, context: Surroundings): EntryResolution {
  const atCluster = clusterOptions(entry.network, context);
  const options: OptionSet = { ...atCluster, ...entry.options };
  const interfaceName = options.name ?? entry.network;
  const faults = [
    ...faultsOfForbidden(entry, { ...context, options, isNamed: atCluster !== undefined }),
    ...interfaceFaults(interfaceName),
    ...mtuFaults(options),
  ];
  if (options.id === undefined) faults.push(...unknownFaults(entry.network, { ...context, faults }));
  if (options.id === undefined || faults.length > 0) return { faults };
  return { faults, network: networkOf(entry.network, { ...options, id: options.id, name: interfaceName }) };
}

/** The options at cluster level, for this pod: those of a removed network are for its holders only. */
function clusterOptions(network: string, context: ResolveContext): OptionSet | undefined {
  const entry = context.cluster.networks.get(network);
  if (entry === undefined) return undefined;
  return entry.state === "removed" && !context.holds(network) ? undefined : entry.options;
}

/** An interface name from `name=` was read by the grammar; the network's own name may be longer. */
function interfaceFaults(interfaceName: string): readonly ResolveFault[] {
  const read = parseInterfaceName(interfaceName);
  if (read.kind === "value") return [];
  const reason =
    `its name cannot be that of its interface: ${read.reason}; give the interface another with name=…`;
  return [{ kind: "invalid-option", reason }];
}

function mtuFaults(options: OptionSet): readonly ResolveFault[] {
  const { mtu, ip = [], route = [] } = options;
  if (mtu === undefined || mtu >= mtuLimits.ipv6) return [];
  const isIpv6 = ip.some((cidr) => cidr.family === 6) || route.some(({ subnet }) => subnet.family === 6);
  if (!isIpv6) return [];
  return [{
    kind: "invalid-option",
    reason: `mtu=${mtu} is too small for its IPv6 addresses or routes: expected at least ${mtuLimits.ipv6}`,
  }];
}

/** Said only when the pod may have the network: one that is forbidden has no id for this pod either. */
function unknownFaults(
  network: string,
  context: Surroundings & { readonly faults: readonly ResolveFault[] },
): readonly ResolveFault[] {
  if (context.faults.some((fault) => fault.kind === "forbidden")) return [];
  const own = context.restrictPods ? "" : ", or write id=… behind its name in the annotation";
  return [{ kind: "unknown-network", reason: `it has no id: ${whyUnknown(network, context)}${own}` }];
}

function whyUnknown(network: string, context: Surroundings): string {
  const where = configMapText(context.configMap);
  const entry = context.cluster.networks.get(network);
  if (entry?.state === "removed") return `key ${network} was removed from ${where}; put it back`;
  if (entry !== undefined) return `key ${network} of ${where} gives none; add id=… there`;
  if (context.unreadable.has(network)) return `key ${network} of ${where} cannot be read; mend it`;
  return `${where} has no key ${network}; add one with id=…`;
}

function unreadableKeys(cluster: ClusterNetworks): ReadonlySet<string> {
  return new Set(cluster.problems.flatMap(({ source }) => source.kind === "configmap" ? [source.key] : []));
}

/** Options that a network has under another name are named here; all others it has as they are. */
function networkOf(
  network: string,
  options: OptionSet & { readonly id: number; readonly name: string },
): Network {
  const { id, name, dev, dstport, family, up, ip = [], route = [], type: _, namespaces: __, ...others } =
    options;
  return {
    ...others,
    name: network,
    vni: id,
    interfaceName: name,
    underlay: dev ?? optionTable.dev.fallback,
    port: dstport ?? optionTable.dstport.fallback,
    family: family ?? optionTable.family.fallback,
    up: up ?? optionTable.up.fallback,
    addresses: ip,
    routes: route,
  };
}

function entryProblem(
  entry: AnnotationEntry,
  about: { readonly fault: ResolveFault; readonly source: Source },
): Problem {
  return {
    kind: about.fault.kind,
    source: about.source,
    network: entry.network,
    line: entry.line,
    token: entry.network,
    message: `Cannot give the pod network ${quoted(entry.network)}: ${about.fault.reason}`,
  };
}

function byName(a: Network, b: Network): number {
  return a.name < b.name ? -1 : 1;
}
