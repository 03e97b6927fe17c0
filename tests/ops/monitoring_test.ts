// Do alerts and dashboard ask for metrics that exist, and does each alert fire when it should and not otherwise?
import assert from "node:assert/strict";
import { counters, gauges, histograms } from "../../lib/ops/metric_catalogue.ts";
import { createMetrics } from "../../lib/ops/metrics.ts";
import { fakeClock } from "../time/fake_clock.ts";
import { inFolder, labelled, seriesOf, type TrialSeries } from "./alert_trial.ts";
import { at, namesIn, readAlerts, readDocument, readPanels, readRuleFile } from "./monitoring_files.ts";
import { named, runPromtool } from "./promtool.ts";

const alerts = await readAlerts();
const panels = await readPanels();
const queries = [
  ...alerts.map(({ alert, expr }) => ({ where: `alert ${alert}`, expr })),
  ...panels.flatMap(({ title, targets }) => targets.map((expr) => ({ where: `panel "${title}"`, expr }))),
];

/** Labels that Prometheus adds to everything it reads from a target found by a ServiceMonitor. */
const targetLabels = ["job", "pod", "instance", "namespace", "container", "service", "endpoint"];

/** Series names to their own labels. */
const known = new Map<string, readonly string[]>([
  ["up", []],
  // cAdvisor's, in every kubelet.
  ["container_network_receive_bytes_total", ["interface"]],
  ["container_network_transmit_bytes_total", ["interface"]],
  ...Object.entries({ ...counters, ...gauges }).map(([name, shape]): [string, readonly string[]] => [
    name,
    "labels" in shape ? shape.labels : [],
  ]),
  ...Object.entries(histograms).flatMap(([name, shape]): [string, readonly string[]][] => {
    const labels = "labels" in shape ? shape.labels : [];
    return [[`${name}_bucket`, [...labels, "le"]], [`${name}_sum`, labels], [`${name}_count`, labels]];
  }),
]);

for (const { where, expr } of queries) {
  Deno.test(`${where}: every metric and label exists: ${expr.trim()}`, () => {
    const { selectors, grouping } = namesIn(expr);
    assert.ok(selectors.length > 0);
    const labels = new Set(targetLabels);
    for (const selector of selectors) {
      const own = known.get(selector.metric);
      assert.ok(own, `no metric ${selector.metric}`);
      for (const label of selector.labels) {
        assert.ok([...own, ...targetLabels].includes(label), `${selector.metric} has no label ${label}`);
      }
      for (const label of own) labels.add(label);
    }
    for (const label of grouping) assert.ok(labels.has(label), `nothing has the label ${label}`);
  });
}

Deno.test("the reader of queries finds wrong names", () => {
  const { selectors, grouping } = namesIn(
    'sum by (a, b) (rate(x_total{c="y_total", d=~"e"}[5m])) / on (f) z > 0 and bool w{} offset 5m',
  );
  assert.deepEqual(selectors, [
    { metric: "x_total", labels: ["c", "d"] },
    { metric: "z", labels: [] },
    { metric: "w", labels: [] },
  ]);
  assert.deepEqual(grouping, ["a", "b", "f"]);
});

Deno.test("the dashboard shows every metric that the program has", () => {
  const shown = new Set(
    panels.flatMap(({ targets }) => targets.flatMap((expr) => namesIn(expr).selectors))
      .map(({ metric }) => metric.replace(/_(bucket|sum|count)$/, "")),
  );
  const forAlertsOnly = ["workqueue_unfinished_work_seconds", "workqueue_work_duration_seconds"];
  const all = Object.keys({ ...counters, ...gauges, ...histograms });
  assert.deepEqual(all.filter((name) => !shown.has(name)).sort(), forAlertsOnly);
});

Deno.test("panels lie in the grid and do not overlap", () => {
  const taken = new Map<string, string>();
  for (const { title, place } of panels) {
    assert.ok(place.x + place.w <= 24, title);
    for (let x = place.x; x < place.x + place.w; x++) {
      for (let y = place.y; y < place.y + place.h; y++) {
        assert.equal(taken.get(`${x},${y}`), undefined, `${title} lies over ${taken.get(`${x},${y}`)}`);
        taken.set(`${x},${y}`, title);
      }
    }
  }
});

Deno.test("every alert has a name of ours, a severity, and says what it means", () => {
  for (const { alert, labels, annotations } of alerts) {
    assert.match(alert, /^KubeVxlanController[A-Z]\w+$/);
    assert.ok(["critical", "warning", "info"].includes(labels["severity"] ?? ""), alert);
    assert.ok(annotations["summary"] && annotations["description"], alert);
  }
  assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
});

Deno.test("ServiceMonitor, Service and Deployment fit together", async () => {
  const monitor = await readDocument("service-monitor.yaml");
  const service = await readDocument("service.yaml");
  const job = at(service, ["metadata", "labels", "app.kubernetes.io/name"]);
  assert.equal(at(monitor, ["spec", "jobLabel"]), "app.kubernetes.io/name");
  for (const { where, expr } of queries) {
    assert.ok(expr.includes(`job="${job}"`) || expr.includes('job="$job"'), `${where} selects no job`);
  }
  assert.deepEqual(at(monitor, ["spec", "selector", "matchLabels"]), at(service, ["metadata", "labels"]));
  assert.equal(at(monitor, ["spec", "endpoints", "0", "port"]), at(service, ["spec", "ports", "0", "name"]));
  const manifest = await Deno.readTextFile(new URL("../../k8s.yaml", import.meta.url));
  assert.ok(manifest.includes(`app.kubernetes.io/name: ${job}`));
  const port = at(service, ["spec", "ports", "0", "port"]);
  assert.match(manifest, new RegExp(`- name: http\\n +containerPort: ${port}\\n`));
});

Deno.test({
  ...named("promtool reads the alert rules and every query of the dashboard"),
  fn: async () => {
    const recorded = panels.flatMap(({ targets }) => targets).map((expr, n) => ({
      record: `panel_${n}`,
      expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$job", "kube-vxlan-controller"),
    }));
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/alerts.yaml`, JSON.stringify(await readRuleFile()));
      const groups = [{ name: "dashboard", rules: recorded }];
      await Deno.writeTextFile(`${folder}/dashboard.yaml`, JSON.stringify({ groups }));
      const { code, said } = await runPromtool([
        "check",
        "rules",
        `${folder}/alerts.yaml`,
        `${folder}/dashboard.yaml`,
      ]);
      assert.equal(code, 0, said);
      assert.match(said, new RegExp(`SUCCESS: ${alerts.length} rules`));
    });
  },
});

/** What goes wrong, as series of promtool: `first+step x times`, one value a minute for an hour. */
const faults: readonly {
  readonly alert: string;
  readonly series: readonly { readonly series: string; readonly values: string }[];
}[] = [
  fault("Down", "up", "0x60"),
  fault("NoLeader", 'leader_election_master_status{name="l"}', "0x60"),
  {
    alert: "KubeVxlanControllerTwoLeaders",
    series: ["a", "b"].map((pod) => ({
      series: labelled(`leader_election_master_status{name="l",pod="${pod}"}`),
      values: "1x60",
    })),
  },
  fault(
    "WatchSilent",
    'kube_vxlan_controller_last_event_age_seconds{resource="pods",namespace=""}',
    "0+60x60",
  ),
  fault("ApiFailing", 'rest_client_requests_total{code="<error>"}', "0+30x60"),
  fault("ExecRefused", 'kube_vxlan_controller_exec_total{tool="ip",outcome="rejected"}', "0+1x60"),
  fault("ExecFailing", 'kube_vxlan_controller_exec_total{tool="ip",outcome="unknown"}', "0+1x60"),
  fault("Retrying", 'kube_vxlan_controller_reconciles_total{outcome="retry"}', "0+6x60"),
  fault("EntriesMissing", "kube_vxlan_controller_fdb_entries_missing", "3x60"),
  fault("ManyNeighbours", "kube_vxlan_controller_node_neighbours_max", "984x60"),
  fault("PeersUnreachable", "kube_vxlan_controller_unreachable_pairs", "2x60"),
  fault("AnnotationsRejected", "kube_vxlan_controller_annotations_rejected", "1x60"),
  fault("ConfigMapRejected", "kube_vxlan_controller_configmap_entries_rejected", "1x60"),
  fault("PoolExhausted", 'kube_vxlan_controller_pool_addresses{network="storage",state="free"}', "0x60"),
  fault("WorkerStuck", 'workqueue_longest_running_processor_seconds{name="members"}', "0+60x60"),
  fault("Behind", 'workqueue_depth{name="members"}', "500x60"),
  slow("JoinSlow", "kube_vxlan_controller_interface_ready_seconds"),
  slow("Starved", "kube_vxlan_controller_event_loop_lag_seconds"),
];

Deno.test("there is a fault for every alert", () => {
  assert.deepEqual(faults.map(({ alert }) => alert), alerts.map(({ alert }) => alert));
});

Deno.test({
  ...named("each alert fires when its fault lasts, and none in a cluster that is well"),
  fn: async () => {
    const alive = { series: labelled("up"), values: "1x60" };
    const tests = faults.map(({ alert, series }) => ({
      interval: "1m",
      input_series: alert.endsWith("Down") ? series : [alive, ...series],
      promql_expr_test: [{
        expr: `count(ALERTS{alertstate="firing"}) by (alertname)`,
        eval_time: "50m",
        exp_samples: [{ labels: `{alertname="${alert}"}`, value: 1 }],
      }],
    }));
    const well = {
      interval: "1m",
      input_series: [alive, ...await healthySeries()],
      promql_expr_test: [{ expr: "ALERTS", eval_time: "50m", exp_samples: [] }],
    };
    await inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/alerts.yaml`, JSON.stringify(await readRuleFile()));
      const file = { rule_files: ["alerts.yaml"], evaluation_interval: "1m", tests: [...tests, well] };
      await Deno.writeTextFile(`${folder}/tests.yaml`, JSON.stringify(file));
      const { code, said } = await runPromtool(["test", "rules", `${folder}/tests.yaml`]);
      assert.equal(code, 0, said);
    });
  },
});

/** Everything the program tells when it has just looked at one member and all is well; growing every minute. */
async function healthySeries(): Promise<readonly TrialSeries[]> {
  const metrics = createMetrics({ clock: fakeClock(), version: "1.2.3" });
  metrics.workQueue("members");
  metrics.reconciled({ outcome: "done", ms: 40 });
  metrics.exec({ tool: "ip", outcome: "ok", ms: 55 });
  metrics.apiRequests("h")({ method: "GET", status: "200", ms: 12, bytes: 1000 });
  metrics.watchAlive("pods", "");
  metrics.leading({ lease: "l", leading: true });
  metrics.interfaceReady(700);
  metrics.eventLoopLag(1);
  return seriesOf(await metrics.render());
}

function fault(alert: string, series: string, values: string): typeof faults[number] {
  return { alert: `KubeVxlanController${alert}`, series: [{ series: labelled(series), values }] };
}

/** Everything that is counted takes longer than the largest bucket but one. */
function slow(alert: string, histogram: string): typeof faults[number] {
  const bucket = (le: string, values: string): { series: string; values: string } => ({
    series: labelled(`${histogram}_bucket{le="${le}"}`),
    values,
  });
  return {
    alert: `KubeVxlanController${alert}`,
    series: [bucket("30", "0x60"), bucket("60", "0+5x60"), bucket("+Inf", "0+5x60")],
  };
}
