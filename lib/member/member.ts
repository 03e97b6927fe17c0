// Is this pod a member, of which networks, served through which agent, and if not, why not.
import {
  type AgentContainers,
  agentList,
  type AgentPhase,
  agentPhase,
  agentsOf,
  haveAllTerminated,
  isHeld,
} from "./agents.ts";
import {
  addressFaults,
  type AgentFault,
  agentFaults,
  agentWarnings,
  endFaults,
  holdFaults,
  hostNetworkFaults,
  nodeWarnings,
} from "./agent_checks.ts";
import type { ClusterNetworks } from "../network/cluster_networks.ts";
import type { PoolAnswer } from "../network/pool.ts";
import type { Network } from "../network/network.ts";
import { namesNothing, parseAnnotation } from "../network/grammar/annotation.ts";
import type { PodView } from "./pod.ts";
import { openToPod } from "./current_status.ts";
import { firstProblems, type Problem, type Source } from "../network/problem.ts";
import { compact } from "../text/defined.ts";
import { quoted } from "../text/quoted.ts";
import { resolveNetworks } from "../network/resolve.ts";

export type { AgentPhase, AgentRef } from "./agents.ts";

/** Names and rules that the operator sets. */
export interface MembershipSettings {
  /** Annotation key, e.g. `vxlan.travelping.com/networks`. */
  readonly annotationKey: string;
  /** Container names. */
  readonly agent: string;
  readonly initAgent: string;
  /** Where the ConfigMap is, for messages. */
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** True: pod-level `id`, `dev` and `peer`, and networks that no ConfigMap entry names, are forbidden. */
  readonly restrictPods: boolean;
  /** Networks one pod may have; default: `defaultMaxNetworks`. */
  readonly maxNetworks?: number;
  /** Members one network may have; default: `defaultMaxMembers`. */
  readonly maxMembers?: number;
}

/** A pod that takes part. `networks` are those that it can have; `problems` says what else was asked for. */
export interface Member {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly podIPs: readonly string[];
  /** Sorted by name. */
  readonly networks: readonly Network[];
  /** Names in the annotation that could not be resolved (sorted): unresolvable is not unwanted, their links stay. */
  readonly unresolved: readonly string[];
  /** Networks that it must not have (sorted): their links go, unlike those of the other unresolved ones. */
  readonly forbidden: readonly string[];
  /** Networks of which it must not keep what it had, should what it asks for be full. */
  readonly barred: readonly string[];
  /** Networks that names which cannot be read may mean: those that the pod shows, and may have. Absent: none. */
  readonly meant?: readonly string[];
  /** Networks whose pool has not answered yet (sorted): their interfaces get their addresses later. */
  readonly awaited: readonly string[];
  /** True when the whole annotation parsed, so that a network it does not name is unwanted. */
  readonly annotationParsed: boolean;
  readonly problems: readonly Problem[];
  /** Worth saying once; nothing is refused for them. */
  readonly warnings: readonly Problem[];
  readonly phase: AgentPhase;
  /** It asks for nothing, and nobody can have served it: what it shows of us is old, and goes. */
  readonly onlyShows?: true;
  /** Present once the pod is being deleted; it is a peer until all of it has terminated or grace has run out. */
  readonly leaving?: { readonly graceSeconds: number; readonly terminated: boolean };
}

/** What a pod is to us. */
export type Membership =
  | { readonly kind: "member"; readonly member: Member }
  /** Will be one, but has no pod IP yet. */
  | { readonly kind: "pending" }
  /** Asks for it but cannot be one; known from the spec, no exec is tried. */
  | { readonly kind: "refused"; readonly problems: readonly Problem[] }
  /** Does not ask for it, or has finished. */
  | { readonly kind: "none"; readonly reason: "no annotation" | "finished" };

/** What a pod is judged by, besides itself. */
export interface MembershipContext {
  readonly settings: MembershipSettings;
  readonly cluster: ClusterNetworks;
  /** The form in which the pod last had each of its networks; default: it has none. */
  readonly lastGood?: ReadonlyMap<string, Network>;
  /** What the pools of its networks have answered; default: nothing yet. */
  readonly answers?: ReadonlyMap<string, PoolAnswer>;
  /** True when it may have interfaces of ours. */
  readonly wasServed?: boolean;
  /** Its label is gone: if it cannot be served, nothing is said of that. */
  readonly isUnlabelled?: true;
}

/** Judges one pod. What it has of a network it keeps while the name stands in its annotation and is not forbidden. */
export function membership(pod: PodView, context: MembershipContext): Membership {
  // A finished pod keeps its status.podIP (kubernetes/kubernetes#92697), which may be another pod's by now.
  if (pod.phase === "Succeeded" || pod.phase === "Failed") return { kind: "none", reason: "finished" };
  const { settings } = context;
  const agents = agentsOf(pod, settings);
  const { annotation } = pod;
  if (annotation === undefined) return bystander(pod, { ...context, agents });
  const unfit = agentFaults(pod, { names: settings, agents });
  const refusals = [...hostNetworkFaults(pod), ...unfit, ...addressFaults(pod)];
  if (refusals.length > 0) {
    return namesNothing(annotation)
      ? bystander(pod, { ...context, agents })
      : { kind: "refused", problems: podProblems(pod, refusals) };
  }
  if (pod.podIPs.length === 0) return { kind: "pending" };
  return { kind: "member", member: memberOf(pod, { ...context, annotation, agents }) };
}

/**
 * A pod without annotation, or with a blank one, asks for nothing. What it had goes, and an agent that holds it lets it go;
 * else it is left alone. One whose annotation has probably the wrong key is told so, and not let go without its networks.
 */
function bystander(
  pod: PodView,
  context: MembershipContext & { readonly agents: AgentContainers },
): Membership {
  const { settings, agents } = context;
  // In the node's network, without an agent or an address, nobody was ever served, whatever the pod shows.
  const canBeServed = !pod.hostNetwork && pod.unusableIp === undefined && agentList(agents).length > 0;
  const wasServed = context.wasServed === true && canBeServed;
  const held = isHeld(pod, agents);
  // Letting it go is the business of the other.
  if (pod.ofOther && (held || !wasServed)) return { kind: "none", reason: "no annotation" };
  if (!wasServed && !held && pod.misnamed === undefined) return leftAlone(pod, { ...context, agents });
  const faults = [
    ...pod.misnamed === undefined ? [] : [misnamed(pod.misnamed, settings.annotationKey)],
    ...held ? [...holdFaults(pod, { names: settings, agents }), ...addressFaults(pod)] : [],
    ...wasServed ? endFaults(pod, agents) : [],
  ];
  const problems = podProblems(pod, faults);
  if (context.isUnlabelled && problems.length > 0) return leftAlone(pod, { ...context, agents });
  if (!wasServed && problems.length > 0) return { kind: "refused", problems };
  if (pod.podIPs.length === 0) return { kind: "pending" };
  const member = memberOf(pod, { ...context, annotation: "" });
  return { kind: "member", member: { ...member, problems, warnings: [] } };
}

/** Nothing is done in it. What it shows was said when it asked for something, or had its label. */
function leftAlone(
  pod: PodView,
  context: MembershipContext & { readonly agents: AgentContainers },
): Membership {
  if (pod.shown === undefined) return { kind: "none", reason: "no annotation" };
  const phase: AgentPhase = { kind: "wait", reason: "it asks for nothing" };
  const member = memberOf(pod, { ...context, annotation: "" });
  return { kind: "member", member: { ...member, problems: [], warnings: [], phase, onlyShows: true } };
}

function misnamed(found: string, expected: string): AgentFault {
  const message = `Cannot find the networks of the pod: it has no annotation ${expected}; ` +
    `${
      found === expected
        ? "make its label of that name an annotation"
        : `rename its annotation ${quoted(found)}`
    }` +
    ", or take the label off the pod";
  return { kind: "unknown-network", message };
}

function memberOf(
  pod: PodView,
  context: MembershipContext & { readonly annotation: string; readonly agents: AgentContainers },
): Member {
  const { settings, agents } = context;
  const source: Source = {
    kind: "annotation",
    key: settings.annotationKey,
    namespace: pod.namespace,
    pod: pod.name,
  };
  const parsed = parseAnnotation(context.annotation, source);
  const resolved = resolveNetworks(parsed.entries, {
    ...context,
    ...settings,
    source,
    namespace: pod.namespace,
    podIPs: pod.podIPs,
    complete: parsed.complete,
    namedTwice: parsed.namedTwice,
    ...(pod.ordinal !== undefined && { ordinal: pod.ordinal }),
    lastGood: context.lastGood ?? new Map(),
  });
  const problems = [
    ...parsed.problems,
    ...resolved.problems,
    ...podProblems(pod, endFaults(pod, agents)),
  ];
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    podIPs: pod.podIPs,
    networks: compact(resolved.networks),
    unresolved: compact(resolved.unresolved),
    forbidden: compact(resolved.forbidden),
    barred: compact(resolved.barred),
    awaited: compact(resolved.awaited),
    annotationParsed: parsed.complete,
    ...(!parsed.complete && { meant: openToPod(pod, { ...settings, cluster: context.cluster }) }),
    problems: compact(firstProblems(problems.sort(byLine), source)),
    warnings: compact([
      ...podProblems(pod, [...agentWarnings(agents), ...nodeWarnings(pod)]),
      ...resolved.warnings,
    ]),
    phase: agentPhase(agents),
    ...(pod.deletion && { leaving: { ...pod.deletion, terminated: haveAllTerminated(pod) } }),
  };
}

function podProblems(pod: PodView, faults: readonly AgentFault[]): readonly Problem[] {
  const source: Source = { kind: "pod", namespace: pod.namespace, pod: pod.name };
  return faults.map((fault) => ({ ...fault, source }));
}

/** In the order in which a person reads the text; what concerns no line comes last. */
function byLine(a: Problem, b: Problem): number {
  return (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER);
}

/** Networks that it names, has not, and might have. */
export function openNames({ unresolved, forbidden }: Member): readonly string[] {
  return unresolved.filter((name) => !forbidden.includes(name));
}

/**
 * It may have networks that are not known of it: what it names and has not, or has as it only seemed to be, or whatever a name
 * means that cannot be read.
 */
export function mayHaveOthers(member: Member): boolean {
  const isInDoubt = member.networks.some(({ name }) =>
    member.problems.some(({ network }) => network === name)
  );
  return isInDoubt || openNames(member).length > 0 || !member.annotationParsed;
}

/** What keeps the pod from having all it asks for. */
export function problemsOf(judged: Membership): readonly Problem[] {
  if (judged.kind === "refused") return judged.problems;
  return judged.kind === "member" ? judged.member.problems : [];
}
