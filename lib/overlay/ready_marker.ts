// The marker that releases a native sidecar's pod: an alias on `lo` that its startup probe reads.

/** Read at /sys/class/net/lo/ifalias by the startup probe. */
export const readyMarker = "kube-vxlan-controller:ready";
