// Can the agents that a pod's spec has do their work: what refuses a pod, and what is worth a warning.
import { type AgentContainers, agentList, type AgentNames } from "./agents.ts";
import type { ContainerView, PodView } from "./pod.ts";
import type { ProblemKind } from "../network/problem.ts";
import { quoted } from "../text/quoted.ts";

/** What is wrong with a pod, without the pod's name. */
export interface AgentFault {
  readonly kind: ProblemKind;
  readonly message: string;
}

/** Why this pod cannot be served, all reasons at once. Known from the spec: no exec is tried to find out. */
export function agentFaults(
  pod: PodView,
  about: { readonly names: AgentNames; readonly agents: AgentContainers },
): AgentFault[] {
  if (pod.windows === true) return [{ kind: "agent-unfit", message: ofWindows }];
  const missing = missingAgents(pod, about);
  if (missing !== undefined) return [{ kind: "agent-missing", message: missing }];
  const unfit = agentList(about.agents).flatMap((agent) => unfitness(agent));
  return [...unfit, ...unreleasable(pod, about)].map((message) => ({ kind: "agent-unfit", message }));
}

const ofWindows =
  "Cannot serve the pod: it runs on Windows (spec.os or nodeSelector), and networks are made with the kernel and the tools " +
  "of Linux; take the label off the pod";

/** Where the pod may run that has no kernel for it. */
export function nodeWarnings({ virtualNode }: PodView): AgentFault[] {
  if (virtualNode === undefined) return [];
  const message =
    `Cannot give networks to pods on virtual kubelets: it has ${quoted(virtualNode)}, and there it would ` +
    "have neither NET_ADMIN nor exec; keep it on nodes of its own kernel";
  return [{ kind: "agent-unfit", message }];
}

/**
 * Why a pod that asks for nothing, and is held by its agent, cannot be let go. It needs no interfaces, so an init agent
 * without rights will do; the marker of a native sidecar needs them.
 */
export function holdFaults(
  pod: PodView,
  about: { readonly names: AgentNames; readonly agents: AgentContainers },
): AgentFault[] {
  const { init, native } = about.agents;
  const unfit = init === undefined && native !== undefined ? unfitness(native) : [];
  const faults = [...unfit, ...unreleasable(pod, about)]
    .map((message): AgentFault => ({ kind: "agent-unfit", message }));
  return [...hostNetworkFaults(pod), ...faults];
}

/** Why the pod's network is not for us. */
export function hostNetworkFaults(pod: PodView): AgentFault[] {
  if (!pod.hostNetwork) return [];
  const message = "Cannot serve the pod: it has hostNetwork: true, so its interfaces would be the node's; " +
    "leave hostNetwork out";
  return [{ kind: "host-network", message }];
}

/** Why nothing can be sent to the pod, although it has an address. */
export function addressFaults({ unusableIp }: PodView): AgentFault[] {
  if (unusableIp === undefined) return [];
  const message =
    `Cannot serve the pod: its pod IP is ${quoted(unusableIp)}, expected the address of one host, ` +
    "IPv4 or IPv6, without a zone; the network plugin gives it";
  return [{ kind: "setup-failed", message }];
}

/** Why nobody looks after the pod's networks any more. A pod that is going needs nobody. */
export function endFaults(pod: PodView, { sidecar }: AgentContainers): AgentFault[] {
  if (sidecar?.endedForGood !== true || pod.deletion !== undefined) return [];
  const message =
    `Cannot look after the pod's networks: its agent ${quoted(sidecar.name)} has ended, and the ` +
    "restartPolicy of the pod does not start it again, so its interfaces stay as they are and learn of no peer; " +
    "replace the pod, and keep its agent running or make it a native sidecar";
  return [{ kind: "agent-missing", message }];
}

/** What works, but not as people expect. */
export function agentWarnings(agents: AgentContainers): AgentFault[] {
  const { init, native, sidecar } = agents;
  const warnings: AgentFault[] = [];
  const first = init ?? native;
  if (first === undefined && sidecar !== undefined) {
    const message =
      `Cannot hold the pod until its networks are there: it has a sidecar agent ${quoted(sidecar.name)} ` +
      "and no init agent, so its other containers may start before their interfaces exist";
    warnings.push({ kind: "agent-missing", message });
  }
  if (first !== undefined && first.position > 0) {
    const message = `Cannot give the networks to init containers before ${quoted(first.name)}: ` +
      "make the agent the first init container";
    warnings.push({ kind: "agent-unfit", message });
  }
  if (native !== undefined && init === undefined && !native.startupProbe) {
    const message =
      `Cannot hold the pod until its networks are there: native sidecar ${quoted(native.name)} has no ` +
      "startup probe; add one that waits for kube-vxlan-controller:ready in /sys/class/net/lo/ifalias";
    warnings.push({ kind: "agent-unfit", message });
  }
  return warnings;
}

function missingAgents(
  pod: PodView,
  { names, agents }: { readonly names: AgentNames; readonly agents: AgentContainers },
): string | undefined {
  if (agents.sidecar !== undefined || agents.native !== undefined) return undefined;
  const init = quoted(names.initAgent);
  const agent = quoted(names.agent);
  const isNamed = (name: string): boolean => pod.initContainers.some((container) => container.name === name);
  if (isNamed(names.agent)) {
    return `Cannot serve the pod: init container ${agent} is no sidecar; give it restartPolicy: Always`;
  }
  if (isNamed(names.initAgent)) {
    return `Cannot serve the pod: it has the init agent ${init} only; add the sidecar agent, a container ${agent}`;
  }
  return `Cannot serve the pod: it has no agent; add init container ${init} and container ${agent}, ` +
    `or init container ${agent} with restartPolicy: Always`;
}

function unfitness(agent: ContainerView): string[] {
  const faults: string[] = [];
  if (!agent.netAdmin) {
    faults.push(
      `Cannot set up networks from container ${quoted(agent.name)}: it lacks the capability NET_ADMIN; ` +
        'add it as securityContext: { capabilities: { add: ["NET_ADMIN"] } }',
    );
  }
  if (agent.runAsNonRoot || (agent.runAsUser ?? 0) !== 0) {
    const found = agent.runAsNonRoot ? "runAsNonRoot: true" : `runAsUser: ${agent.runAsUser}`;
    faults.push(
      `Cannot set up networks from container ${
        quoted(agent.name)
      }: it does not run as root (${found}), so NET_ADMIN ` +
        "has no effect; give it securityContext: { runAsUser: 0, runAsNonRoot: false }",
    );
  }
  return faults;
}

/** Why the TERM signal, which releases a pod from its init agent, would do something else. */
function unreleasable(
  pod: PodView,
  { names, agents }: { readonly names: AgentNames; readonly agents: AgentContainers },
): string[] {
  if (agents.init === undefined) return [];
  const attempt = `Cannot release the pod from its init agent ${quoted(agents.init.name)}`;
  const faults: string[] = [];
  if (agents.init.restartable) {
    faults.push(
      `${attempt}: with restartPolicy: Always it would start again and again; leave restartPolicy out, ` +
        `or call it ${quoted(names.agent)}`,
    );
  }
  if (pod.hostPID === true) {
    faults.push(
      `${attempt}: with hostPID: true the TERM signal would go to the init process of the node; ` +
        "leave hostPID out or use a native sidecar",
    );
  }
  if (pod.shareProcessNamespace) {
    faults.push(
      `${attempt}: with shareProcessNamespace the TERM signal would end the pod's sandbox; ` +
        "leave shareProcessNamespace out or use a native sidecar",
    );
  }
  return faults;
}
