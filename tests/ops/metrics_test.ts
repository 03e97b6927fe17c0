// Do the metrics say what happened, in a form that a real Prometheus parser accepts, without anybody's text in them?
import assert from "node:assert/strict";
import { counters, gauges, histograms } from "../../lib/ops/metric_catalogue.ts";
import { createMetrics, type Metrics } from "../../lib/ops/metrics.ts";
import { fakeClock } from "../time/fake_clock.ts";
import { named, runPromtool } from "./promtool.ts";

function fill(metrics: Metrics): void {
  const queue = metrics.workQueue("members");
  queue.added();
  queue.started(20);
  queue.finished({ outcome: { kind: "retry" }, ms: 300 });
  queue.started(10);
  queue.attached(() => ({ depth: 4, longestWaiting: 700, longestRunning: 2_500, unfinished: 2_600 }));
  metrics.reconciled({ outcome: "done", ms: 40 });
  const api = metrics.apiRequests("10.96.0.1:443");
  api({ method: "GET", status: "200", ms: 12, bytes: 1000 });
  api({ method: "PUT", status: "error", ms: 5000, bytes: 0 });
  metrics.watchAlive("pods", "");
  metrics.watchEnded({ resource: "pods", reason: "too-many-requests" });
  metrics.leading({ lease: "kube-vxlan-controller", leading: true });
  metrics.exec({ tool: "ip", outcome: "ok", ms: 55 });
  metrics.exchanged({ tool: "bridge", ms: 4 });
  metrics.step("append-fdb");
  metrics.interfaceReady(700);
  metrics.peerEntry(1200);
  metrics.logLine("warn");
  metrics.eventLoopLag(3);
  metrics.interfacesFrom(() => ({
    shown: [{ namespace: "core", pod: "amf-0", interface: "n2", network: "n2", vni: "102" }],
    leftOut: 3,
  }));
  metrics.stateFrom(() => ({
    members: 30,
    networks: 2,
    entriesWanted: 870,
    entriesOutside: 60,
    sessionsOpen: 7,
  }));
}

/** One sample per series: "name{labels}" to its value. */
function samples(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

async function filled(): Promise<ReadonlyMap<string, number>> {
  const clock = fakeClock();
  const metrics = createMetrics({ clock, version: "1.2.3" });
  fill(metrics);
  await clock.advance(2_500);
  return samples(await metrics.render());
}

const ours = "kube_vxlan_controller_";
const rows: readonly { readonly series: string; readonly value: number }[] = [
  {
    series: `${ours}interface_info{namespace="core",pod="amf-0",interface="n2",network="n2",vni="102"}`,
    value: 1,
  },
  { series: `${ours}interface_info_left_out`, value: 3 },
  { series: 'workqueue_adds_total{name="members"}', value: 1 },
  { series: 'workqueue_depth{name="members"}', value: 4 },
  { series: 'workqueue_retries_total{name="members"}', value: 1 },
  { series: 'workqueue_queue_duration_seconds_sum{name="members"}', value: 0.03 },
  { series: 'workqueue_work_duration_seconds_count{name="members"}', value: 1 },
  { series: 'workqueue_unfinished_work_seconds{name="members"}', value: 2.6 },
  { series: 'workqueue_longest_waiting_seconds{name="members"}', value: 0.7 },
  { series: 'workqueue_longest_running_processor_seconds{name="members"}', value: 2.5 },
  { series: 'rest_client_requests_total{code="200",method="GET",host="10.96.0.1:443"}', value: 1 },
  { series: 'rest_client_requests_total{code="<error>",method="PUT",host="10.96.0.1:443"}', value: 1 },
  { series: 'rest_client_request_duration_seconds_sum{verb="GET",host="10.96.0.1:443"}', value: 0.012 },
  { series: 'leader_election_master_status{name="kube-vxlan-controller"}', value: 1 },
  { series: `${ours}api_received_bytes_total`, value: 1000 },
  { series: `${ours}last_event_age_seconds{resource="pods",namespace=""}`, value: 2.5 },
  { series: `${ours}watch_restarts_total{resource="pods",reason="too-many-requests"}`, value: 1 },
  { series: `${ours}reconciles_total{outcome="done"}`, value: 1 },
  { series: `${ours}reconciles_total{outcome="wait"}`, value: 0 },
  { series: `${ours}exec_total{tool="ip",outcome="ok"}`, value: 1 },
  { series: `${ours}exec_total{tool="kill",outcome="not-ready"}`, value: 0 },
  { series: `${ours}exchange_duration_seconds_bucket{le="0.004",tool="bridge"}`, value: 1 },
  { series: `${ours}steps_total{kind="append-fdb"}`, value: 1 },
  { series: `${ours}interface_ready_seconds_bucket{le="1"}`, value: 1 },
  { series: `${ours}interface_ready_seconds_bucket{le="0.5"}`, value: 0 },
  { series: `${ours}peer_entry_seconds_sum`, value: 1.2 },
  { series: `${ours}log_lines_total{level="warn"}`, value: 1 },
  { series: `${ours}log_lines_total{level="error"}`, value: 0 },
  { series: `${ours}event_loop_lag_seconds_count`, value: 1 },
  { series: `${ours}members`, value: 30 },
  { series: `${ours}fdb_entries_wanted`, value: 870 },
  { series: `${ours}fdb_entries_outside`, value: 60 },
  { series: `${ours}sessions_open`, value: 7 },
  { series: `${ours}build_info{version="1.2.3"}`, value: 1 },
];
for (const { series, value } of rows) {
  Deno.test(`the metrics have ${series}`, async () => {
    assert.equal((await filled()).get(series), value);
  });
}

Deno.test("figures of the process are there and move on", async () => {
  const metrics = createMetrics({ clock: fakeClock(), version: "1.2.3" });
  const first = samples(await metrics.render());
  for (let n = 0, end = performance.now() + 20; performance.now() < end; n++) Math.sqrt(n);
  const second = samples(await metrics.render());
  assert.ok((first.get("process_resident_memory_bytes") ?? 0) > 1e6);
  assert.ok((second.get("process_cpu_seconds_total") ?? 0) > (first.get("process_cpu_seconds_total") ?? 0));
  const began = first.get("process_start_time_seconds") ?? 0;
  assert.ok(began > 1e9 && began <= fakeClock().wall().getTime() / 1000);
});

Deno.test("text that is not a word of ours never becomes a label", async () => {
  const metrics = createMetrics({ clock: fakeClock(), version: "1.2.3" });
  metrics.step('x"} 1\nevil 1');
  metrics.watchEnded({ resource: "pods", reason: "pod default/a said so" });
  metrics.apiRequests("h")({ method: "GET", status: "no answer from default/a", ms: 1, bytes: 0 });
  const text = await metrics.render();
  assert.ok(!text.includes("evil") && !text.includes("default/a"));
  assert.equal(samples(text).get(`${ours}steps_total{kind="other"}`), 1);
});

Deno.test("two objects share nothing", async () => {
  const [a, b] = [1, 2].map(() => createMetrics({ clock: fakeClock(), version: "1.2.3" }));
  assert.ok(a && b);
  a.interfaceReady(1);
  assert.equal(samples(await b.render()).get(`${ours}interface_ready_seconds_count`), 0);
});

Deno.test("every metric of the catalogue is rendered with its type and help", async () => {
  const metrics = createMetrics({ clock: fakeClock(), version: "1.2.3" });
  const text = await metrics.render();
  const kinds = { counter: counters, gauge: gauges, histogram: histograms };
  for (const [kind, shapes] of Object.entries(kinds)) {
    for (const [name, { help }] of Object.entries(shapes)) {
      assert.ok(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`), name);
    }
  }
});

Deno.test("buckets ascend and end where the deadlines are", () => {
  for (const [name, { buckets }] of Object.entries(histograms)) {
    const bounds: readonly number[] = buckets;
    assert.deepEqual([...bounds].sort((a, b) => a - b), bounds, name);
    assert.ok((bounds.at(-1) ?? 0) >= 30, `${name} cannot tell a slow one from a stuck one`);
  }
});

Deno.test({
  ...named("promtool accepts the metrics: names, types, help, units"),
  fn: async () => {
    const metrics = createMetrics({ clock: fakeClock(), version: "1.2.3" });
    fill(metrics);
    const verdict = await runPromtool(["check", "metrics"], await metrics.render());
    assert.deepEqual(verdict, { code: 0, said: "" });
  },
});
