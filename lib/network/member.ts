// Is this pod a member, of which networks, served through which agent, and if not, why not.
import type { ClusterNetworks } from "./cluster_networks.ts";
import type { Network } from "./network.ts";
import type { PodView } from "./pod.ts";
import type { Problem } from "./problem.ts";

/** Names and rules that the operator sets. */
export interface MembershipSettings {
  /** Annotation key, e.g. `vxlan.travelping.com/networks`. */
  readonly annotationKey: string;
  /** Container names. */
  readonly agent: string;
  readonly initAgent: string;
  /** Where the ConfigMap is, for messages. */
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** True: pod-level `id` and `dev`, and networks that no ConfigMap entry names, are forbidden. */
  readonly restrictPods: boolean;
}

/** The agent container to talk to now. */
export interface AgentRef {
  readonly container: string;
  /** Changes whenever the container is made anew: sessions into an older one are dead. */
  readonly containerId: string;
}

/**
 * What can be done with the pod now, decided from the container statuses, never from the phase.
 * - `setup`: the init agent (classic) or gated native sidecar runs: make everything, verify, then release by `release`.
 * - `maintain`: the sidecar agent runs: keep everything right.
 * - `wait`: no agent runs at the moment.
 */
export type AgentPhase =
  | { readonly kind: "setup"; readonly agent: AgentRef; readonly release: "terminate" | "marker" }
  | { readonly kind: "maintain"; readonly agent: AgentRef }
  | { readonly kind: "wait"; readonly reason: string };

/** A pod that takes part. `networks` are those that could be resolved; `problems` says what else was asked for. */
export interface Member {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly podIPs: readonly string[];
  /** Sorted by name. */
  readonly networks: readonly Network[];
  /** Names in the annotation that could not be resolved (sorted): unresolvable is not unwanted, their links stay. */
  readonly unresolved: readonly string[];
  /** True when the whole annotation parsed, so that a network it does not name is unwanted. */
  readonly annotationParsed: boolean;
  readonly problems: readonly Problem[];
  /** Worth saying once; nothing is refused for them. */
  readonly warnings: readonly Problem[];
  readonly phase: AgentPhase;
  /** Present once the pod is being deleted; it is a peer until its agent has terminated or grace has run out. */
  readonly leaving?: { readonly graceSeconds: number; readonly agentTerminated: boolean };
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

/**
 * Judges one pod. `holds` tells whether the pod already holds a network that has since been removed from the
 * ConfigMap: a holder keeps the last good options, a newcomer is told that the network is unknown.
 */
export declare function membership(
  pod: PodView,
  context: {
    readonly settings: MembershipSettings;
    readonly cluster: ClusterNetworks;
    readonly holds: (network: string) => boolean;
  },
): Membership;
