// Which containers of a pod are agents, and which of them can be talked to now.
import type { ContainerView, PodView } from "./pod.ts";

/** What agents are called; the operator sets it. */
export interface AgentNames {
  /** Of the sidecar agent, native or not. */
  readonly agent: string;
  /** Of the init agent. */
  readonly initAgent: string;
}

/** The agent container to talk to now. */
export interface AgentRef {
  readonly container: string;
  /** Changes whenever the container is made anew: sessions into an older one are dead. */
  readonly containerId: string;
  /** Of the image it was made from; absent while the status does not name it. */
  readonly imageId?: string;
}

/**
 * What can be done with the pod now, decided from the container statuses, never from the phase.
 * - `setup`: the init agent (classic) or gated native sidecar runs: make everything, verify, then release by `release`.
 *   A gated native sidecar stays in it for life: its marker is set when it is missing, and then there is nothing to do.
 * - `maintain`: the sidecar agent runs: keep everything right.
 * - `wait`: no agent runs at the moment.
 */
export type AgentPhase =
  | { readonly kind: "setup"; readonly agent: AgentRef; readonly release: "terminate" | "marker" }
  | { readonly kind: "maintain"; readonly agent: AgentRef }
  | { readonly kind: "wait"; readonly reason: string };

/** The agents that a pod's spec has. */
export interface AgentContainers {
  /** Classic: an init container that is ended to release the pod. */
  readonly init?: ContainerView;
  /** An init container with `restartPolicy: Always`, which plays both roles. */
  readonly native?: ContainerView;
  /** Classic: a container beside the others. */
  readonly sidecar?: ContainerView;
}

/** Finds the agents by name. */
export function agentsOf(pod: PodView, names: AgentNames): AgentContainers {
  const native = pod.initContainers.find(({ name, restartable }) => name === names.agent && restartable);
  const init = pod.initContainers.find((container) =>
    container.name === names.initAgent && container !== native
  );
  const sidecar = pod.containers.find(({ name }) => name === names.agent);
  return { ...(init && { init }), ...(native && { native }), ...(sidecar && { sidecar }) };
}

/** The agents in the order in which they run. */
export function agentList(agents: AgentContainers): readonly ContainerView[] {
  return [agents.init, agents.native, agents.sidecar].filter((agent) => agent !== undefined);
}

/** Decides by what runs. The init agent goes first: while it runs, the pod waits for it and for nothing else. */
export function agentPhase(agents: AgentContainers): AgentPhase {
  const { init, native, sidecar } = agents;
  if (init?.state === "running") return { kind: "setup", agent: refOf(init), release: "terminate" };
  if (native?.state === "running") {
    const agent = refOf(native);
    return native.startupProbe ? { kind: "setup", agent, release: "marker" } : { kind: "maintain", agent };
  }
  if (sidecar?.state === "running") return { kind: "maintain", agent: refOf(sidecar) };
  return { kind: "wait", reason: waitReason(agents) };
}

/**
 * True when nobody in a pod that is being deleted uses its networks any more: each of its containers has terminated or
 * was never started (the kubelet starts no container of such a pod). The agent ends at once, an application may drain for
 * minutes. One that waits after it has run is crashing: that alone is no reason, until the grace period has run out.
 */
export function haveAllTerminated({ initContainers, containers, debugged }: PodView): boolean {
  return debugged !== true && [...initContainers, ...containers].every(({ state, containerId }) => {
    return state === "terminated" || (state !== "running" && containerId === "");
  });
}

/** Does the pod wait for us? A native sidecar has let it go once another container runs. */
export function isHeld({ containers }: PodView, { init, native }: AgentContainers): boolean {
  if (init !== undefined) return init.state !== "terminated";
  return native?.startupProbe === true && containers.every(({ state }) => state !== "running");
}

function refOf(agent: ContainerView): AgentRef {
  const { name, containerId, imageId } = agent;
  return { container: name, containerId, ...(imageId !== undefined && { imageId }) };
}

function waitReason(agents: AgentContainers): string {
  const states = agentList(agents).map((agent) => `${agent.name}: ${stateText(agent)}`);
  return `no agent container runs (${states.join(", ")})`;
}

function stateText({ state, waitsFor }: ContainerView): string {
  // PodInitializing is every container's until its turn comes.
  if (waitsFor !== undefined && waitsFor !== "PodInitializing") return `waiting, ${waitsFor}`;
  return state === "unknown" ? "not reported yet" : state;
}
