// What does the controller's process cost: read from its own metrics.

/** CPU in seconds since its start, memory in MiB, longest delay of the event loop seen in its histogram in seconds. */
export interface ProcessFigures {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
  readonly heapMiB: number;
  /** Upper bound of the bucket that holds the latest beat. */
  readonly loopLagSeconds: number;
  /** Requests for a reconcile of a member. */
  readonly queueAdds: number;
  readonly infoLines: number;
  /** Of the waits from an agent that runs to its interfaces, the share that lasted a second at most. */
  readonly promptShare: number;
}

/** Asks the metrics of the controller at `host:port`. */
export async function readFigures(address: string): Promise<ProcessFigures> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const mebi = 1024 * 1024;
  return {
    cpuSeconds: metric(text, "process_cpu_seconds_total"),
    residentMiB: metric(text, "process_resident_memory_bytes") / mebi,
    heapMiB: metric(text, "kube_vxlan_controller_heap_bytes") / mebi,
    loopLagSeconds: longestLag(text),
    queueAdds: metric(text, 'workqueue_adds_total{name="members"}'),
    infoLines: metric(text, 'kube_vxlan_controller_log_lines_total{level="info"}'),
    promptShare: metric(text, 'kube_vxlan_controller_interface_ready_seconds_bucket{le="1"}') /
      metric(text, "kube_vxlan_controller_interface_ready_seconds_count"),
  };
}

function metric(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`Cannot read metric ${name}: the controller does not give it`);
  return Number(line.split(" ")[1]);
}

/** The smallest bucket that holds every observation. */
function longestLag(text: string): number {
  const buckets = [
    ...text.matchAll(/^kube_vxlan_controller_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm),
  ];
  const all = Math.max(0, ...buckets.map(([, , count]) => Number(count)));
  const holding = buckets.find(([, , count]) => Number(count) === all);
  return Number(holding?.[1] === "+Inf" ? Infinity : holding?.[1] ?? 0);
}
