// Is a pod for nodes on which no network can be made: those of Windows, virtual ones? Pure.
import type { V1PodSpec } from "@kubernetes/client-node";

/** Its containers are those of Windows. */
export function isOfWindows(spec: V1PodSpec | undefined): boolean {
  const { os, nodeSelector } = spec ?? {};
  return os?.name === "windows" || nodeSelector?.["kubernetes.io/os"] === "windows";
}

/** What sends pods to virtual kubelets: the taint that those have, and the label. */
export function virtualNodeOf(spec: V1PodSpec | undefined): { readonly virtualNode?: string } {
  if (spec?.nodeSelector?.["type"] === "virtual-kubelet") {
    return { virtualNode: "nodeSelector type: virtual-kubelet" };
  }
  const key = spec?.tolerations?.find(({ key }) => key?.startsWith("virtual-kubelet.io/"))?.key;
  return key === undefined ? {} : { virtualNode: `a toleration of ${key}` };
}
