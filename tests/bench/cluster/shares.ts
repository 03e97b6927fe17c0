// Who used how much processor time on the cluster: the API server, the kubelets, the runtime, the pods, the controller?
import type { Cluster } from "../../cluster/cluster.ts";
import { processorSeconds } from "../../cluster/cgroups.ts";

/** Seconds of processor time, of the cluster alone: whatever else the machine does is not in it. */
export interface Shares {
  readonly apiServer: number;
  readonly etcd: number;
  /** Controller manager and scheduler. */
  readonly managers: number;
  readonly kubelets: number;
  /** containerd, its shims, runc. */
  readonly runtime: number;
  /** What runs in containers, probes and execs too, without the controller. */
  readonly pods: number;
  readonly controller: number;
}

/** Reads them from the cgroups; the controller's own from its metrics. */
export async function readShares(cluster: Cluster, controller: number): Promise<Shares> {
  if (cluster.access === undefined) {
    throw new Error("Cannot tell processor time: the cluster is somebody else's");
  }
  const seconds = await processorSeconds(cluster.access.layout);
  const sum = (name: RegExp): number =>
    [...seconds].reduce((total, [daemon, used]) => name.test(daemon) ? total + used : total, 0);
  return {
    apiServer: sum(/^kube-apiserver$/),
    etcd: sum(/^etcd$/),
    managers: sum(/^kube-(controller-manager|scheduler)$/),
    kubelets: sum(/^kubelet-/),
    runtime: sum(/^containerd-/),
    pods: sum(/^node\d+$/) - controller,
    controller,
  };
}

/** `after` minus `before`. */
export function sharesBetween(before: Shares, after: Shares): Shares {
  return {
    apiServer: after.apiServer - before.apiServer,
    etcd: after.etcd - before.etcd,
    managers: after.managers - before.managers,
    kubelets: after.kubelets - before.kubelets,
    runtime: after.runtime - before.runtime,
    pods: after.pods - before.pods,
    controller: after.controller - before.controller,
  };
}

/** All of them together. */
export function totalOf(shares: Shares): number {
  return Object.values(shares).reduce((sum, each) => sum + each, 0);
}

/** In one line: "37.4 s (runtime 16.1, kubelets 5.0, …)". */
export function sharesText(shares: Shares): string {
  const parts = Object.entries(shares).map(([name, seconds]) => `${name} ${seconds.toFixed(1)}`);
  return `${totalOf(shares).toFixed(1)} s (${parts.join(", ")})`;
}
