// What the log says of changes: each of a pod's own, peers summed up; and of a ConfigMap with thousands of keys.
import assert from "node:assert/strict";
import { noClusterNetworks } from "../../lib/network/cluster_networks.ts";
import { createLog } from "../../lib/ops/log.ts";
import type { Step } from "../../lib/overlay/step.ts";
import { ConfigMapReporter } from "../../lib/report/config_map_reporter.ts";
import { createLogReporter } from "../../lib/report/log_reporter.ts";
import { failing, problem } from "../status/sample_reports.ts";
import { fakeClock } from "../time/fake_clock.ts";

const pod = (at: number): { uid: string; namespace: string; name: string } => ({
  uid: `uid-${at}`,
  namespace: "default",
  name: `p${at}`,
});
const added: Step = { kind: "append-fdb", interfaceName: "west", dst: "10.0.0.9" };
const removed: Step = {
  kind: "delete-fdb",
  interfaceName: "west",
  mac: "00:00:00:00:00:00",
  dst: "10.0.0.9",
};
const up: Step = { kind: "set-up", interfaceName: "west" };

Deno.test("a peer that comes or goes is one line for all members, and one for each only when asked for", async () => {
  const clock = fakeClock();
  const lines: string[] = [];
  const log = createLog({ level: "debug", format: "text", write: (line) => lines.push(line), clock });
  const reporter = createLogReporter({ log, clock });
  for (let i = 0; i < 1_000; i++) reporter.changed(pod(i), i % 10 === 0 ? [removed] : [added]);
  reporter.changed(pod(0), [up, added]);
  await clock.advance(5_000);
  reporter.changed(pod(1), [added]);
  reporter.close();
  assert.deepEqual(lines.filter((line) => line.includes(" INFO ")).map((line) => line.split("INFO  ")[1]), [
    "west: brought up, 1 peer added  member=default/p0",
    "peers have changed  added=900 removed=100 members=1000",
    "peers have changed  added=1 removed=0 members=1",
  ]);
  assert.equal(lines.length, 1_004);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("a cause that all members share is said of twenty and counted for the rest, once", async () => {
  const clock = fakeClock();
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line), clock });
  const reporter = createLogReporter({ log, clock });
  const refused = problem("setup-failed", { message: "Cannot look into the pod: 403 Forbidden" });
  for (let minute = 0; minute < 60; minute++) {
    for (let i = 0; i < 1_000; i++) {
      reporter.report({ ...failing(`p${i}`, refused), pod: pod(i) });
    }
    await clock.advance(60_000);
  }
  reporter.report({
    ...failing("last", problem("setup-failed", { message: "Cannot: another cause" })),
    pod: pod(0),
  });
  reporter.close();
  assert.equal(lines.length, 22);
  assert.match(lines[20] ?? "", /WARN {2}Cannot look into the pod: 403 Forbidden {2}moreMembers=980$/);
  assert.match(lines[21] ?? "", /another cause/);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("of a ConfigMap with thousands of bad keys the first are said, and how many there are", () => {
  const clock = fakeClock();
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line), clock });
  const reporter = new ConfigMapReporter({
    log,
    clock,
    configMap: { namespace: "kube-system", name: "nets" },
  });
  const problems = Array.from(
    { length: 4_000 },
    (_, i) => problem("invalid-option", { message: `Cannot read key ${i}` }),
  );
  reporter.tell({ uid: "cm" }, { ...noClusterNetworks, problems });
  reporter.tell({ uid: "cm" }, { ...noClusterNetworks, problems });
  assert.equal(lines.length, 21);
  assert.match(lines.at(-1) ?? "", /3980 more of this kind: mend these in ConfigMap kube-system\/nets first/);
});

Deno.test("a slip in the ConfigMap that comes back at once and stays is said once it has stayed", async () => {
  const clock = fakeClock();
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line), clock });
  const reporter = new ConfigMapReporter({
    log,
    clock,
    configMap: { namespace: "kube-system", name: "nets" },
  });
  const slip = { ...noClusterNetworks, problems: [problem("invalid-option", { message: "Cannot read it" })] };
  for (const seen of [slip, noClusterNetworks, slip]) reporter.tell({ uid: "cm" }, seen);
  assert.equal(lines.length, 1);
  for (let list = 0; list < 3; list++) {
    await clock.advance(600_000);
    reporter.tell({ uid: "cm" }, slip);
  }
  assert.equal(lines.length, 2);
});
