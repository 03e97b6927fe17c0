// How is the controller of the cluster: which process it is, what memory it has, what it has written?
import assert from "node:assert/strict";
import { type ContainerMemory, containerMemory } from "./cgroups.ts";
import type { Cluster } from "./cluster.ts";
import { system } from "./fault_deeds.ts";

/** The controller at one moment. */
export interface ControllerNow {
  readonly pod: string;
  /** Of its container. */
  readonly id: string;
  readonly ip: string;
  readonly restarts: number;
  /** Bytes, resident, as it says itself. */
  readonly resident: number;
  /** As the kernel says; undefined on a cluster whose nodes are not ours. */
  readonly memory: ContainerMemory | undefined;
  /** Sum of a metric over all series that have these labels. */
  readonly sum: (metric: string, labels?: Readonly<Record<string, string>>) => number;
}

/** Looks at the one controller that is not on its way out. */
export async function controllerNow(cluster: Cluster): Promise<ControllerNow> {
  const label = "app.kubernetes.io/name=kube-vxlan-controller";
  const { items } = JSON.parse(await cluster.kubectl([...system, "get", "pods", "-l", label, "-o", "json"]));
  const pods: readonly PodJson[] = items;
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  const status = pod?.status.containerStatuses?.[0];
  assert.ok(pod && status, "there is a controller");
  const path = `/api/v1/namespaces/kube-system/pods/${pod.metadata.name}:9090/proxy/metrics`;
  const metrics = await cluster.kubectl(["get", "--raw", path]);
  const sum: ControllerNow["sum"] = (metric, labels = {}) =>
    [...metrics.matchAll(new RegExp(`^${metric}(?:\\{(.*)\\})? (\\S+)$`, "gm"))]
      .filter(([, found = ""]) =>
        Object.entries(labels).every(([name, value]) => found.includes(`${name}="${value}"`))
      )
      .reduce((total, [, , value]) => total + Number(value), 0);
  const id = status.containerID.replace("containerd://", "");
  return {
    pod: pod.metadata.name,
    id,
    ip: pod.status.podIP,
    restarts: status.restartCount,
    resident: sum("process_resident_memory_bytes"),
    memory: cluster.access && await containerMemory(cluster.access.layout, id),
    sum,
  };
}

interface PodJson {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly podIP: string;
    readonly containerStatuses?: readonly { readonly containerID: string; readonly restartCount: number }[];
  };
}
