// Pods for tests, as the API server would show them: a builder that reads aloud.
import type { V1Pod } from "@kubernetes/client-node";
import type { MembershipSettings } from "../../lib/member/member.ts";

export const label = "vxlan.travelping.com";
export const annotationKey = "vxlan.travelping.com/networks";
/** The seed's, which has the tools only. */
export const agentImage = "aialferov/kube-vxlan-controller-agent";
/** Ours, which has the program `vxlan-agent` too. */
export const programImage = "kube-vxlan-controller-agent:0.1.0";

/** The seed's names. */
export const membershipSettings: MembershipSettings = {
  annotationKey,
  agent: "vxlan-controller-agent",
  initAgent: "vxlan-controller-agent-init",
  configMap: { namespace: "kube-system", name: "kube-vxlan-controller" },
  restrictPods: false,
};

/** How far the pod has come. */
export type Stage = "pending" | "init agent runs" | "sidecar runs" | "finished";

export interface MemberPod {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly networks?: string;
  readonly ip?: string;
  readonly stage?: Stage;
  readonly form?: "classic" | "native";
  readonly deletedWithGrace?: number;
  readonly resourceVersion?: string;
}

/** A pod object with spec and status. */
export function memberPod(given: MemberPod): V1Pod {
  const { name, namespace = "default", stage = "sidecar runs", form = "classic" } = given;
  const annotations = given.networks === undefined ? {} : { [annotationKey]: given.networks };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      uid: given.uid ?? `uid-${namespace}-${name}`,
      resourceVersion: given.resourceVersion ?? "1",
      labels: { [label]: "true" },
      annotations,
      ...(given.deletedWithGrace === undefined
        ? {}
        // The API's JSON holds text here; client-node's type says Date.
        : {
          deletionTimestamp: "2026-01-01T00:00:00Z" as unknown as Date,
          deletionGracePeriodSeconds: given.deletedWithGrace,
        }),
    },
    spec: podSpec(form),
    status: podStatus({ ip: given.ip, stage, form }),
  };
}

/** The agent containers of the seed (classic) or as one native sidecar. */
export function podSpec(form: "classic" | "native", image = agentImage): NonNullable<V1Pod["spec"]> {
  const container = (name: string): { name: string; image: string; securityContext: object } => ({
    name,
    image,
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
  });
  if (form === "classic") {
    return {
      initContainers: [container("vxlan-controller-agent-init")],
      containers: [container("vxlan-controller-agent")],
    };
  }
  const probe = {
    exec: { command: ["grep", "-qx", "kube-vxlan-controller:ready", "/sys/class/net/lo/ifalias"] },
  };
  return {
    initContainers: [{
      ...container("vxlan-controller-agent"),
      restartPolicy: "Always",
      startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 100_000 },
    }],
    containers: [{ name: "app", image: "app" }],
  };
}

function podStatus(
  { ip, stage, form }: {
    readonly ip: string | undefined;
    readonly stage: Stage;
    readonly form: "classic" | "native";
  },
): NonNullable<V1Pod["status"]> {
  const running = { running: { startedAt: undefined } };
  const ended = { terminated: { exitCode: 0 } };
  const waiting = { waiting: { reason: "PodInitializing" } };
  const status = (name: string, state: object): object => ({
    name,
    state,
    containerID: `c://${name}`,
    restartCount: 0,
  });
  const inInit = stage === "init agent runs";
  const addresses = ip === undefined || stage === "pending" ? {} : { podIP: ip, podIPs: [{ ip }] };
  const phase = {
    pending: "Pending",
    "init agent runs": "Pending",
    "sidecar runs": "Running",
    finished: "Succeeded",
  }[stage];
  if (stage === "pending") return { phase };
  const statuses = form === "classic"
    ? {
      initContainerStatuses: [status("vxlan-controller-agent-init", inInit ? running : ended)],
      containerStatuses: [
        status("vxlan-controller-agent", inInit ? waiting : stage === "finished" ? ended : running),
      ],
    }
    : { initContainerStatuses: [status("vxlan-controller-agent", stage === "finished" ? ended : running)] };
  return { phase, ...addresses, ...statuses } as NonNullable<V1Pod["status"]>;
}
