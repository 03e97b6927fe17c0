// What does a pod's status say? Containers' records become phase, conditions and addresses.
import { type ContainerRecord, isReady, statusOf } from "./container_state.ts";
import { field, type KubeObject, listField, textField } from "../store/kube_object.ts";
import { timestamp } from "../store/timestamp.ts";
import type { PodSpec } from "./pod_spec.ts";

/** Everything the kubelet knows of a pod. */
export interface PodFacts {
  readonly spec: PodSpec;
  readonly init: readonly ContainerRecord[];
  readonly main: readonly ContainerRecord[];
  readonly ips: readonly string[];
  readonly hostIp: string;
  readonly startTime: string;
  readonly finished: boolean;
}

const ownConditions = [
  "PodScheduled",
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
];

/** The pod with the kubelet's part of its status renewed; conditions of others are left alone. */
export function withStatus(pod: KubeObject, facts: PodFacts): unknown {
  const old = field(pod, "status");
  const conditions = listField(old, "conditions");
  const foreign = conditions.filter((one) => !ownConditions.includes(textField(one, "type")));
  const status = {
    ...(typeof old === "object" ? old : {}),
    phase: phaseOf(facts),
    hostIP: facts.hostIp,
    startTime: facts.startTime,
    ...(facts.ips.length === 0 ? {} : {
      podIP: facts.ips[0],
      podIPs: facts.ips.map((ip) => ({ ip })),
    }),
    conditions: [...foreign, ...ownConditions.map((type) => condition(type, { facts, conditions }))],
    ...(facts.init.length === 0 ? {} : { initContainerStatuses: facts.init.map(statusOf) }),
    containerStatuses: facts.main.map(statusOf),
  };
  return { ...pod, status };
}

function phaseOf({ main, init, finished }: PodFacts): string {
  const failed = [...main, ...init].some(({ spec, state }) =>
    !spec.sidecar && state.kind === "terminated" && state.code !== 0
  );
  if (finished) return failed ? "Failed" : "Succeeded";
  return main.some(({ state, restarts }) => state.kind !== "waiting" || restarts > 0) ? "Running" : "Pending";
}

function condition(
  type: string,
  context: { readonly facts: PodFacts; readonly conditions: readonly unknown[] },
): Record<string, unknown> {
  const status = holds(type, context) ? "True" : "False";
  const before = context.conditions.find((one) => textField(one, "type") === type);
  const since = textField(before, "status") === status
    ? textField(before, "lastTransitionTime")
    : timestamp();
  return { type, status, lastTransitionTime: since };
}

function holds(
  type: string,
  { facts, conditions }: { readonly facts: PodFacts; readonly conditions: readonly unknown[] },
): boolean {
  const ready = [...facts.main, ...facts.init.filter(({ spec }) => spec.sidecar)].every(isReady);
  switch (type) {
    case "PodScheduled":
      return true;
    case "PodReadyToStartContainers":
      return facts.ips.length > 0;
    case "Initialized":
      return facts.init.every((record) => isReady(record));
    case "Ready":
      return ready &&
        facts.spec.readinessGates.every((gate) =>
          conditions.some((one) => textField(one, "type") === gate && textField(one, "status") === "True")
        );
    default:
      return ready;
  }
}
