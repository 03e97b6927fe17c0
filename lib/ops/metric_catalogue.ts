// Which metrics exist: name, help, labels and buckets of each, as data.

/** What a metric is called for readers, and by what it is split. No label holds text of a pod's author that was not parsed. */
export interface MetricShape {
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Upper bounds of the buckets in seconds. */
export interface HistogramShape extends MetricShape {
  readonly buckets: readonly number[];
}

/** Queue and work: an undisturbed look takes milliseconds, a stuck one minutes. */
const workBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
/** Requests to the API server. */
const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
/** One exec costs 40 to 60 ms when all is well, and ends at its deadline when it is not. */
const execBuckets = [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** One exchange in an open session costs 3 to 5 ms. */
const exchangeBuckets = [0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** What users wait for: a tenth of a second alone, half a minute in a rollout of sixty pods. */
const waitBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];
const lagBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

// The names of work queue, API client, leader election and process are the usual ones of client-go and its kin,
// because dashboards and alert rules for them exist everywhere.

/** Numbers that only grow. */
export const counters = {
  workqueue_adds_total: { help: "Requests to look at a key.", labels: ["name"] },
  workqueue_retries_total: { help: "Keys queued again after a failure.", labels: ["name"] },
  rest_client_requests_total: {
    help: "Requests to the API server by HTTP status; code <error> means no answer.",
    labels: ["code", "method", "host"],
  },
  kube_vxlan_controller_api_received_bytes_total: { help: "Bytes of answers read from the API server." },
  kube_vxlan_controller_watch_restarts_total: {
    help: "Ends of a watch and failed lists, by reason.",
    labels: ["resource", "reason"],
  },
  kube_vxlan_controller_exec_total: {
    help: "Execs in agents by program and outcome; a session counts as one.",
    labels: ["tool", "outcome"],
  },
  kube_vxlan_controller_steps_total: { help: "Changes made in pods, by kind.", labels: ["kind"] },
  kube_vxlan_controller_reconciles_total: { help: "Looks at a member, by outcome.", labels: ["outcome"] },
  kube_vxlan_controller_status_writes_total: {
    help: "Events, and statuses of pods (condition and annotation), by what came of writing them.",
    labels: ["what", "outcome"],
  },
  kube_vxlan_controller_pool_writes_total: {
    help: "Writes to the objects that hold the pools of addresses, by what came of them.",
    labels: ["outcome"],
  },
  kube_vxlan_controller_log_lines_total: { help: "Log lines written, by level.", labels: ["level"] },
  process_cpu_seconds_total: { help: "Processor seconds used, user and system." },
} as const satisfies Readonly<Record<string, MetricShape>>;

/** Numbers that go up and down. */
export const gauges = {
  workqueue_depth: { help: "Keys that are due and wait for a worker.", labels: ["name"] },
  workqueue_longest_waiting_seconds: {
    help:
      "Seconds for which the key that waits longest for a worker has been due; large values mean a queue that does not move.",
    labels: ["name"],
  },
  workqueue_unfinished_work_seconds: {
    help: "Seconds of work under way, all workers together; large values mean stuck workers.",
    labels: ["name"],
  },
  workqueue_longest_running_processor_seconds: {
    help: "Seconds that the longest work under way has lasted.",
    labels: ["name"],
  },
  leader_election_master_status: {
    help: "1 on the replica that writes, 0 on a standby.",
    labels: ["name"],
  },
  kube_vxlan_controller_last_event_age_seconds: {
    help:
      "Seconds since the API server last sent anything on the watch, bookmarks included; one for each watched namespace.",
    labels: ["resource", "namespace"],
  },
  kube_vxlan_controller_sessions_open: { help: "Sessions open into agents." },
  kube_vxlan_controller_members: { help: "Pods that are members of at least one network." },
  kube_vxlan_controller_members_failing: { help: "Members whose last reconcile failed and is tried again." },
  kube_vxlan_controller_networks: {
    help: "Networks with members, told apart by name, VNI, port and family.",
  },
  kube_vxlan_controller_node_neighbours_max: {
    help: "The most neighbours that members on one node have when all members talk to each other.",
  },
  kube_vxlan_controller_probed_pairs: {
    help: "Pairs of members of which the last probes are kept.",
  },
  kube_vxlan_controller_unreachable_pairs: {
    help: "Pairs of members without an answer to their last probe.",
  },
  kube_vxlan_controller_fdb_entries_wanted: {
    help: "Forwarding entries that all members together want.",
  },
  kube_vxlan_controller_fdb_entries_outside: {
    help: "Forwarding entries to VTEPs outside the cluster (peer=) that all members together want besides.",
  },
  kube_vxlan_controller_fdb_entries_missing: {
    help: "Forwarding entries wanted and not seen at the last reconcile of each member.",
  },
  kube_vxlan_controller_annotations_rejected: {
    help: "Pods whose annotation is refused, wholly or in part.",
  },
  kube_vxlan_controller_configmap_entries_rejected: { help: "ConfigMap entries that do not parse." },
  kube_vxlan_controller_pool_addresses: {
    help:
      "Addresses of each network's pool, of its subnet that has the fewest left: used, and free or freed less than a minute ago.",
    labels: ["network", "state"],
  },
  kube_vxlan_controller_interface_info: {
    help:
      "Always 1; an interface that a member is to have. With --interface-info only; joins with container_network_*.",
    labels: ["namespace", "pod", "interface", "network", "vni"],
  },
  kube_vxlan_controller_interface_info_left_out: {
    help: "Interfaces beyond the number that --interface-info allows.",
  },
  kube_vxlan_controller_heap_bytes: { help: "Memory used by the JavaScript heap." },
  kube_vxlan_controller_build_info: { help: "Always 1; the version is a label.", labels: ["version"] },
  process_resident_memory_bytes: { help: "Resident memory of the process." },
  process_start_time_seconds: { help: "When the process started, in seconds since 1970." },
} as const satisfies Readonly<Record<string, MetricShape>>;

/** Distributions of seconds. */
export const histograms = {
  workqueue_queue_duration_seconds: {
    help: "Seconds a due key waited for a worker.",
    labels: ["name"],
    buckets: workBuckets,
  },
  workqueue_work_duration_seconds: {
    help: "Seconds a worker spent on a key.",
    labels: ["name"],
    buckets: workBuckets,
  },
  rest_client_request_duration_seconds: {
    help: "Seconds until the answer of the API server was there; of a watch, its headers.",
    labels: ["verb", "host"],
    buckets: requestBuckets,
  },
  kube_vxlan_controller_exec_duration_seconds: {
    help: "Seconds an exec took; of a session, until it was open.",
    labels: ["tool"],
    buckets: execBuckets,
  },
  kube_vxlan_controller_exchange_duration_seconds: {
    help: "Seconds one exchange of lines and answers took in an open session.",
    labels: ["tool"],
    buckets: exchangeBuckets,
  },
  kube_vxlan_controller_reconcile_duration_seconds: {
    help: "Seconds one reconcile of a member took.",
    buckets: workBuckets,
  },
  kube_vxlan_controller_interface_ready_seconds: {
    help: "Seconds from seeing a member's agent run to its interfaces being read back as wanted.",
    buckets: waitBuckets,
  },
  kube_vxlan_controller_peer_entry_seconds: {
    help: "Seconds from learning a member's pod IP to its entry being in all of its peers.",
    buckets: waitBuckets,
  },
  kube_vxlan_controller_event_loop_lag_seconds: {
    help: "Seconds by which the timer of the heartbeat came late.",
    buckets: lagBuckets,
  },
} as const satisfies Readonly<Record<string, HistogramShape>>;
