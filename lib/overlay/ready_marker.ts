// The marker that releases a native sidecar's pod: an alias on `lo` that its startup probe reads.
import type { Observation } from "./observation.ts";

/** Read at /sys/class/net/lo/ifalias by the startup probe. */
export const readyMarker = "kube-vxlan-controller:ready";

/**
 * Whether the pod has been released by the marker. Setting it is a step of its own: `{ kind: "set-ready" }`.
 */
export function isReady(observed: Pick<Observation, "links">): boolean {
  return observed.links.some(({ name, alias }) => name === "lo" && alias === readyMarker);
}
