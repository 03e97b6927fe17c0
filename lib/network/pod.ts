// The fields of a Pod that decide whether and how it is a member; nothing else of a pod is kept in memory.
import type { V1Pod } from "@kubernetes/client-node";

/** What a container's status says. `unknown` until the kubelet has reported. */
export type ContainerState = "unknown" | "waiting" | "running" | "terminated";

/** One container as its spec asks for it and its status reports it. */
export interface ContainerView {
  readonly name: string;
  readonly init: boolean;
  /** Position among the init containers (or containers), from 0. */
  readonly position: number;
  /** An init container with `restartPolicy: Always`. */
  readonly restartable: boolean;
  readonly startupProbe: boolean;
  /** NET_ADMIN or ALL added, or privileged. (With the container runtime's `drop` of ALL in between.) */
  readonly netAdmin: boolean;
  /** What the spec says of the user, container before pod: 0 or unset may be root. */
  readonly runAsUser?: number;
  readonly runAsNonRoot: boolean;
  readonly state: ContainerState;
  /** Changes whenever the container is made anew; empty while there is none. */
  readonly containerId: string;
  readonly image: string;
}

/** A pod as we see it. */
export interface PodView {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  /** Text of the networks annotation; absent when the pod has none. */
  readonly annotation?: string;
  readonly node?: string;
  readonly hostNetwork: boolean;
  readonly shareProcessNamespace: boolean;
  readonly phase: string;
  /** In the order of the status; empty until assigned. */
  readonly podIPs: readonly string[];
  /** Present once the pod is being deleted; grace in seconds. */
  readonly deletion?: { readonly graceSeconds: number };
  readonly initContainers: readonly ContainerView[];
  readonly containers: readonly ContainerView[];
}

/** Takes from a Pod what membership needs; `annotationKey` names the networks annotation. */
export declare function podView(pod: V1Pod, options: { readonly annotationKey: string }): PodView;
