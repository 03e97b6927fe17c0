// What the program tells about itself in numbers, and how Prometheus reads them.
import process from "node:process";
import { Registry } from "prom-client";
import type { Clock } from "../time/clock.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import { type LogLevel, logLevels } from "./log.ts";
import type { gauges } from "./metric_catalogue.ts";
import {
  type ReconcileOutcome,
  reconcileOutcomes,
  type WorkQueueMetrics,
  type WorkQueueNumbers,
  workQueueNumbers,
} from "./work_queue_metrics.ts";

/** Programs started in agents. */
const execTools = ["agent", "ip", "bridge", "kill", "touch", "other"] as const;
export type ExecTool = typeof execTools[number];

/** What an exec came to: the closed set of the exec API layer. */
const execOutcomes = ["ok", "exit", "rejected", "gone", "not-ready", "unknown"] as const;
export type ExecOutcomeKind = typeof execOutcomes[number];

/** Numbers that somebody holds anyway, read when Prometheus asks. An absent one keeps its last value. */
export interface State {
  readonly members?: number;
  readonly membersFailing?: number;
  readonly networks?: number;
  readonly nodeNeighbours?: number;
  readonly probedPairs?: number;
  readonly unreachablePairs?: number;
  readonly entriesWanted?: number;
  /** To VTEPs outside the cluster; not among those wanted for members. */
  readonly entriesOutside?: number;
  readonly entriesMissing?: number;
  readonly annotationsRejected?: number;
  readonly configMapEntriesRejected?: number;
  readonly sessionsOpen?: number;
}

/** An interface as the labels of a series name it. */
export interface InterfaceInfo {
  readonly namespace: string;
  readonly pod: string;
  readonly interface: string;
  readonly network: string;
  readonly vni: string;
}

/** Takes what happens. All times are milliseconds; label values come from closed sets, never from users' text. */
export interface Metrics {
  /** The observer of a work queue. Ask once for each queue; `name` becomes a label. */
  workQueue(name: string): WorkQueueMetrics;
  reconciled(seen: { readonly outcome: ReconcileOutcome; readonly ms: number }): void;
  /** The observer of the API client; `host` is the API server's. `status` "error" means no answer. */
  apiRequests(
    host: string,
  ): (
    seen: { readonly method: string; readonly status: string; readonly ms: number; readonly bytes: number },
  ) => void;
  /** Bytes of an answer that goes on and on have come. */
  streamed(bytes: number): void;
  /** Something came on the watch of this resource in this namespace ("": in all): an event or a bookmark. */
  watchAlive(resource: string, namespace: string): void;
  watchEnded(seen: { readonly resource: string; readonly reason: string }): void;
  leading(seen: { readonly lease: string; readonly leading: boolean }): void;
  exec(seen: { readonly tool: ExecTool; readonly outcome: ExecOutcomeKind; readonly ms: number }): void;
  exchanged(seen: { readonly tool: ExecTool; readonly ms: number }): void;
  /** A change was made in a pod; `kind` is that of the step. */
  step(kind: string): void;
  /** From seeing the agent run to interfaces read back as wanted. */
  interfaceReady(ms: number): void;
  /** From learning the pod IP to its entry being in all peers. */
  peerEntry(ms: number): void;
  /** An Event, or condition and annotation of a pod, was written, given up, or left out as one too many. */
  statusWritten(
    seen: { readonly what: "event" | "status"; readonly outcome: "written" | "failed" | "dropped" },
  ): void;
  /** Addresses of each network's pool; the names are the operator's. */
  pools(sizes: ReadonlyMap<string, { readonly total: number; readonly used: number }>): void;
  /** An object with pools was written, or not. */
  poolWritten(outcome: "written" | "outrun" | "failed"): void;
  logLine(level: LogLevel): void;
  eventLoopLag(ms: number): void;
  /** Adds a source of state, asked at every reading. It must be quick and must not throw. */
  stateFrom(source: () => State): void;
  /** Where interfaces come from: a series each, and how many were left out of them. Asked at every reading. */
  interfacesFrom(
    source: () => { readonly shown: readonly InterfaceInfo[]; readonly leftOut: number },
  ): void;
  /** Everything in Prometheus' text format. */
  render(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  readonly clock: Pick<Clock, "now" | "wall">;
  readonly version: string;
}

const stateGauges = [
  ["members", "kube_vxlan_controller_members"],
  ["membersFailing", "kube_vxlan_controller_members_failing"],
  ["networks", "kube_vxlan_controller_networks"],
  ["nodeNeighbours", "kube_vxlan_controller_node_neighbours_max"],
  ["probedPairs", "kube_vxlan_controller_probed_pairs"],
  ["unreachablePairs", "kube_vxlan_controller_unreachable_pairs"],
  ["entriesWanted", "kube_vxlan_controller_fdb_entries_wanted"],
  ["entriesOutside", "kube_vxlan_controller_fdb_entries_outside"],
  ["entriesMissing", "kube_vxlan_controller_fdb_entries_missing"],
  ["annotationsRejected", "kube_vxlan_controller_annotations_rejected"],
  ["configMapEntriesRejected", "kube_vxlan_controller_configmap_entries_rejected"],
  ["sessionsOpen", "kube_vxlan_controller_sessions_open"],
] as const satisfies readonly (readonly [keyof State, keyof typeof gauges])[];

/** Metrics in a registry of their own, without timers: whoever drops the object has dropped everything. */
export function createMetrics({ clock, version }: MetricsOptions): Metrics {
  const registry = new Registry();
  const instruments = createInstruments(registry);
  const { counter, gauge, histogram } = instruments;
  const queues: WorkQueueNumbers[] = [];
  const sources: (() => State)[] = [];
  const lastEvents = new Map<string, number>();
  const readProcess = processReader(instruments);
  let readInterfaces = (): void => {};
  startAtZero(instruments);
  gauge("kube_vxlan_controller_build_info").set({ version }, 1);
  gauge("process_start_time_seconds").set(clock.wall().getTime() / 1000 - process.uptime());

  return {
    workQueue: (name) => {
      const numbers = workQueueNumbers(instruments, { name });
      queues.push(numbers);
      return numbers;
    },
    reconciled: ({ outcome, ms }) => {
      counter("kube_vxlan_controller_reconciles_total").inc({ outcome });
      histogram("kube_vxlan_controller_reconcile_duration_seconds").observe(ms / 1000);
    },
    apiRequests: (host) => ({ method, status, ms, bytes }) => {
      const code = /^[1-5]\d\d$/.test(status) ? status : "<error>";
      counter("rest_client_requests_total").inc({ code, method: word(method), host });
      histogram("rest_client_request_duration_seconds").observe({ verb: word(method), host }, ms / 1000);
      counter("kube_vxlan_controller_api_received_bytes_total").inc(bytes);
    },
    streamed: (bytes) => counter("kube_vxlan_controller_api_received_bytes_total").inc(bytes),
    watchAlive: (resource, namespace) => {
      lastEvents.set(`${word(resource)} ${namespace}`, clock.now());
    },
    watchEnded: ({ resource, reason }) =>
      counter("kube_vxlan_controller_watch_restarts_total").inc({
        resource: word(resource),
        reason: word(reason),
      }),
    leading: ({ lease, leading }) =>
      gauge("leader_election_master_status").set({ name: lease }, leading ? 1 : 0),
    exec: ({ tool, outcome, ms }) => {
      counter("kube_vxlan_controller_exec_total").inc({ tool, outcome });
      histogram("kube_vxlan_controller_exec_duration_seconds").observe({ tool }, ms / 1000);
    },
    exchanged: ({ tool, ms }) =>
      histogram("kube_vxlan_controller_exchange_duration_seconds").observe({ tool }, ms / 1000),
    step: (kind) => counter("kube_vxlan_controller_steps_total").inc({ kind: word(kind) }),
    interfaceReady: (ms) => histogram("kube_vxlan_controller_interface_ready_seconds").observe(ms / 1000),
    peerEntry: (ms) => histogram("kube_vxlan_controller_peer_entry_seconds").observe(ms / 1000),
    statusWritten: (seen) => counter("kube_vxlan_controller_status_writes_total").inc(seen),
    pools: (sizes) => {
      const addresses = gauge("kube_vxlan_controller_pool_addresses");
      addresses.reset();
      for (const [network, { total, used }] of sizes) {
        addresses.set({ network, state: "used" }, used);
        addresses.set({ network, state: "free" }, Math.max(0, total - used));
      }
    },
    poolWritten: (outcome) => counter("kube_vxlan_controller_pool_writes_total").inc({ outcome }),
    logLine: (level) => counter("kube_vxlan_controller_log_lines_total").inc({ level }),
    eventLoopLag: (ms) => histogram("kube_vxlan_controller_event_loop_lag_seconds").observe(ms / 1000),
    interfacesFrom: (source) => {
      readInterfaces = () => {
        const { shown, leftOut } = source();
        const info = gauge("kube_vxlan_controller_interface_info");
        info.reset();
        for (const one of shown) info.set({ ...one }, 1);
        gauge("kube_vxlan_controller_interface_info_left_out").set(leftOut);
      };
    },
    stateFrom: (source) => {
      sources.push(source);
    },
    render: () => {
      for (const queue of queues) queue.refresh();
      for (const source of sources) setState(instruments, source());
      for (const [watch, at] of lastEvents) {
        const age = (clock.now() - at) / 1000;
        const [resource = "", namespace = ""] = watch.split(" ");
        gauge("kube_vxlan_controller_last_event_age_seconds").set({ resource, namespace }, age);
      }
      readInterfaces();
      readProcess();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

/** Series that exist from the start have a rate from the first time something happens. */
function startAtZero({ counter }: Instruments): void {
  for (const level of logLevels) counter("kube_vxlan_controller_log_lines_total").inc({ level }, 0);
  for (const outcome of ["written", "failed", "dropped"]) {
    counter("kube_vxlan_controller_status_writes_total").inc({ what: "event", outcome }, 0);
  }
  for (const outcome of reconcileOutcomes) {
    counter("kube_vxlan_controller_reconciles_total").inc({ outcome }, 0);
  }
  for (const tool of execTools) {
    for (const outcome of execOutcomes) counter("kube_vxlan_controller_exec_total").inc({ tool, outcome }, 0);
  }
}

function setState({ gauge }: Instruments, state: State): void {
  for (const [key, name] of stateGauges) {
    const value = state[key];
    if (value !== undefined) gauge(name).set(value);
  }
}

/** Figures of the process, read when asked for. What Deno gives without any permission; no timers, no files. */
function processReader({ counter, gauge }: Instruments): () => void {
  let counted = 0;
  return () => {
    const memory = Deno.memoryUsage();
    gauge("process_resident_memory_bytes").set(memory.rss);
    gauge("kube_vxlan_controller_heap_bytes").set(memory.heapUsed);
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1e6;
    counter("process_cpu_seconds_total").inc(Math.max(0, seconds - counted));
    counted = seconds;
  };
}

/** Keeps label values to short plain words, should somebody ever pass text that is not of ours. */
function word(text: string): string {
  return /^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(text) ? text : "other";
}
