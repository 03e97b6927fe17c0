// Pod views for tests: the seed's classic pair, the native sidecar, and single containers to change.
import type { ContainerView, PodView } from "../../lib/member/pod.ts";

/** What a test says of a container; the rest is that of a fit agent which has not started. */
export type ContainerChanges = Partial<Omit<ContainerView, "name" | "init" | "position">>;

export const initAgentName = "vxlan-controller-agent-init";
export const agentName = "vxlan-controller-agent";

/** A container that asks for nothing. */
export function plainContainer(name: string): ContainerView {
  return {
    name,
    init: false,
    position: 0,
    restartable: false,
    startupProbe: false,
    netAdmin: false,
    runAsNonRoot: false,
    state: "unknown",
    endedForGood: false,
    containerId: "",
    image: "busybox",
  };
}

/** The seed's init agent. */
export function initAgent(changes: ContainerChanges = {}): ContainerView {
  return { ...plainContainer(initAgentName), netAdmin: true, ...changes };
}

/** The seed's sidecar agent. */
export function sidecar(changes: ContainerChanges = {}): ContainerView {
  return { ...plainContainer(agentName), netAdmin: true, ...changes };
}

/** A native sidecar, gated by a startup probe. */
export function nativeSidecar(changes: ContainerChanges = {}): ContainerView {
  return sidecar({ restartable: true, startupProbe: true, ...changes });
}

/** Status of a container that runs. */
export function running(containerId: string): ContainerChanges {
  return { state: "running", containerId };
}

/** Status of a container that has ended. */
export function terminated(containerId: string): ContainerChanges {
  return { state: "terminated", containerId };
}

/** Pod default/a with pod IP 10.244.0.5, asking for vxeth0, which runs these containers. */
export function samplePod(
  containers: { readonly init?: readonly ContainerView[]; readonly main?: readonly ContainerView[] },
  changes: Partial<PodView> = {},
): PodView {
  return {
    uid: "u1",
    namespace: "default",
    name: "a",
    resourceVersion: "1",
    created: "",
    annotation: "vxeth0",
    hostNetwork: false,
    shareProcessNamespace: false,
    phase: "Pending",
    podIPs: ["10.244.0.5"],
    initContainers: (containers.init ?? []).map((each, position) => ({ ...each, init: true, position })),
    containers: (containers.main ?? []).map((each, position) => ({ ...each, position })),
    ...changes,
  };
}
