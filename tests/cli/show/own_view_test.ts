// What do `list` and `inspect` show to somebody who has rights in a namespace of his own only?
import assert from "node:assert/strict";
import { inspectCommand } from "../../../lib/cli/inspect/inspect.ts";
import { listCommand } from "../../../lib/cli/show/list.ts";
import { pods } from "../../sandbox/api/resources.ts";
import { setStage, type Stage } from "../../stories/stage.ts";
import { type CommandResult, runOn } from "../test_host.ts";

const condition = "vxlan.travelping.com/Ready";
const well = { type: condition, status: "True", reason: "NetworksReady", message: "networks ready: west" };
const west = { name: "west", interface: "west", ips: ["192.168.11.2"], default: false, dns: {}, vni: 101 };
const lost = { name: "lost", default: false, dns: {}, error: "it has no id \u001b[2J" };

Deno.test("list and inspect, with rights in one namespace only", async (t) => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101" });
  for (const name of ["good", "bad", "shared", "new"]) stage.pod({ name, networks: "west" });
  stage.pod({ name: "elsewhere", namespace: "kube-system", networks: "west" });
  for (const name of ["good", "bad", "shared", "new"]) {
    await stage.sandbox.waitForPod({ name }, { what: "runs", holds: () => true });
  }
  await shows(stage, { name: "good", networks: [west], conditions: [well] });
  await shows(stage, {
    name: "bad",
    networks: [west, lost],
    conditions: [{ ...well, status: "False", reason: "UnknownNetwork", message: "no id" }],
  });
  await shows(stage, {
    name: "shared",
    networks: [west],
    conditions: [{ ...well, reason: "Conflict", message: "shared" }],
  });

  await t.step("everything may be read: as ever", async () => {
    const { complained } = await run(stage, "list", "pods");
    assert.equal(complained, "");
  });

  const refused = { kind: "status", code: 403 } as const;
  stage.sandbox.faults.onRequest({ resource: "configmaps" }, refused, { times: "until-lifted" });
  stage.sandbox.faults.onRequest({ resource: "pods", namespace: "" }, refused, { times: "until-lifted" });

  await t.step("list pods -n", async () => {
    const { status, printed, complained } = await run(stage, "list", "pods", "-n", "default");
    assert.equal(status, 0);
    assert.deepEqual(printed.split("\n").map((line) => line.split(/ {2,}/).filter((_, at) => at !== 2)), [
      ["NAMESPACE", "POD", "NETWORKS", "PROBLEMS"],
      ["default", "bad", "west", "2"],
      ["default", "good", "west", "-"],
      ["default", "new", "-", "1"],
      ["default", "shared", "west", "1"],
    ]);
    assert.match(complained, /^not read: Cannot list ConfigMap kube-system\/kube-vxlan-controller: .* 403 /);
    assert.equal(complained.split("\n").length, 2);
  });
  await t.step("list networks -n", async () => {
    const { printed } = await run(stage, "list", "networks", "-n", "default");
    assert.deepEqual(printed.split("\n").map((line) => line.split(/ {2,}/)), [
      ["NETWORK", "VNI", "MEMBERS HERE", "PODS"],
      ["lost", "-", "1", "default/bad"],
      ["west", "101", "3", "default/bad, default/good, default/shared"],
    ]);
  });
  await t.step("list without -n names the way", async () => {
    const { status, complained } = await run(stage, "list", "pods");
    assert.equal(status, 1);
    assert.match(complained, /Cannot list pods: .*403.*; or name a namespace of your own with -n$/);
  });
  await t.step("inspect of a pod that is well says what was not read", async () => {
    const { status, printed } = await run(stage, "inspect", "default/good");
    assert.equal(status, 0);
    const lines = printed.split("\n");
    assert.match(lines[0] ?? "", /^pod default\/good, pod IP /);
    assert.equal(lines[1], "  network west: interface west, VNI 101, 192.168.11.2");
    assert.match(lines[2] ?? "", /^ {2}not read: Cannot list ConfigMap /);
    assert.match(lines[3] ?? "", /^ {2}not read: Cannot list pods: /);
    assert.equal(lines.at(-1), "in sync, as far as the pod says");
  });
  await t.step("inspect of one that is not: its words, harmless", async () => {
    const { status, printed } = await run(stage, "inspect", "default/bad");
    assert.equal(status, 1);
    assert.match(printed, /problem: network lost: it has no id \\u\{1b\}\[2J\n/);
    assert.match(
      printed,
      /problem: condition vxlan\.travelping\.com\/Ready is False, UnknownNetwork: no id\n/,
    );
    assert.match(printed, /\nout of sync$/);
  });
  await t.step("a condition that is True with a problem is none that is well", async () => {
    const { status, printed } = await run(stage, "inspect", "default/shared");
    assert.equal(status, 1);
    assert.match(printed, /problem: condition .* is True, Conflict: shared\n/);
  });
  await t.step("nobody has judged it: not in sync", async () => {
    const { status, printed } = await run(stage, "inspect", "default/new");
    assert.equal(status, 1);
    assert.match(printed, /problem: there is no condition vxlan\.travelping\.com\/Ready/);
  });
  await t.step("a pod that is not there, and one of a foreign namespace that may not be read", async () => {
    assert.equal((await run(stage, "inspect", "default/nobody")).status, 1);
    assert.equal((await run(stage, "inspect", "nobody")).status, 1);
    stage.sandbox.faults.onRequest({ resource: "pods", namespace: "kube-system" }, refused);
    const foreign = await run(stage, "inspect", "kube-system/elsewhere");
    assert.equal(foreign.status, 1);
    assert.match(foreign.complained, /Cannot list pods of namespace kube-system: .*403/);
  });
  await t.step("asked for in a form that it does not have, it says what was refused", async () => {
    for (
      const args of [["inspect", "default/good", "-o", "json"], [
        "list",
        "pods",
        "-n",
        "default",
        "-o",
        "json",
      ]]
    ) {
      const { status, printed, complained } = await run(stage, ...args);
      assert.deepEqual([status, printed], [1, ""]);
      assert.match(complained, /403/);
    }
  });
  await t.step("an annotation that is no list", async () => {
    stage.sandbox.patch(pods, { name: "good" }, {
      metadata: { annotations: { "vxlan.travelping.com/network-status": "{" } },
    });
    const { status, printed } = await run(stage, "inspect", "default/good");
    assert.equal(status, 1);
    assert.match(
      printed,
      /problem: annotation vxlan\.travelping\.com\/network-status is no list of networks/,
    );
  });
});

interface Shown {
  readonly name: string;
  readonly networks: readonly object[];
  readonly conditions: readonly object[];
}

/** As the controller writes it. */
async function shows({ sandbox }: Stage, { name, networks, conditions }: Shown): Promise<void> {
  const annotations = { "vxlan.travelping.com/network-status": JSON.stringify(networks) };
  const answer = await fetch(`${sandbox.server.url}/api/v1/namespaces/default/pods/${name}/status`, {
    method: "PATCH",
    headers: { "content-type": "application/strategic-merge-patch+json" },
    body: JSON.stringify({ metadata: { annotations }, status: { conditions } }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

async function run({ sandbox }: Stage, ...args: readonly string[]): Promise<CommandResult> {
  return await runOn([listCommand, inspectCommand], { args: [...args, "--server", sandbox.server.url] });
}
