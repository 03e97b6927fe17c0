// What does `graph` draw of a cluster, and what does it say of a network that nobody is in?
import assert from "node:assert/strict";
import { graphCommand } from "../../../lib/cli/show/graph.ts";
import { field, type KubeObject } from "../../sandbox/store/kube_object.ts";
import { setStage } from "../../stories/stage.ts";
import { type CommandResult, runOn } from "../test_host.ts";

Deno.test("graph: members by node, problems marked, one network alone, three languages", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101" });
  stage.pod({ name: "a", networks: "west ip=10.0.0.1/24" });
  stage.pod({ name: "b", networks: "west, nobody" });
  for (const name of ["a", "b"]) {
    const holds = (pod: KubeObject): boolean => field(field(pod, "status"), "podIP") !== undefined;
    await stage.sandbox.waitForPod({ name }, { what: "has its pod IP", holds });
  }
  const graph = (...args: readonly string[]): Promise<CommandResult> =>
    runOn([graphCommand], { args: ["graph", ...args, "--server", stage.sandbox.server.url] });
  const { status, printed, complained } = await graph();
  assert.equal(status, 0, complained);
  for (
    const line of [
      '---|"10.0.0.1/24"| net1',
      'net1(["west<br>VNI 101, port 8472"])',
      "nobody<br>not to be had",
    ]
  ) {
    assert.ok(printed.includes(line), `${line} is missing in\n${printed}`);
  }
  assert.equal((await graph("west", "-o", "mermaid")).printed.includes("not to be had"), false);
  assert.match((await graph("-o", "dot")).printed, /^graph networks \{/);
  assert.match((await graph("-o", "svg")).printed, /^<svg .*\n<style>/);
  const wanted = await graph("nobody");
  assert.deepEqual([wanted.status, wanted.printed.includes("not to be had")], [0, true], "asked for in vain");
  const unknown = await graph("east");
  assert.deepEqual([unknown.status, unknown.complained], [
    1,
    'error: Cannot draw "east": no pod is a member',
  ]);
});
