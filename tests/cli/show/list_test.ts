// What does `list` print of pods in every state, and of networks?
import assert from "node:assert/strict";
import { listCommand } from "../../../lib/cli/show/list.ts";
import { textTable } from "../../../lib/cli/show/text_table.ts";
import { field, type KubeObject } from "../../sandbox/store/kube_object.ts";
import { setStage } from "../../stories/stage.ts";
import { runOn } from "../test_host.ts";

Deno.test("list: pods in every state, and networks with their members", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101", east: "id=102 dstport=4789", south: "id=103" });
  stage.pod({ name: "a", networks: "west, east" });
  stage.pod({ name: "b", networks: "west" });
  stage.pod({ name: "broken", networks: "nobody" });
  stage.pod({ name: "same1", networks: "south ip=10.3.0.1/24" });
  stage.pod({ name: "same2", networks: "south ip=10.3.0.1/24, nobody" });
  stage.pod({ name: "finished", networks: "west", spec: { containers: [{ name: "app", image: "x" }] } });
  for (const name of ["a", "b", "broken", "finished", "same1", "same2"]) {
    const holds = (pod: KubeObject): boolean => field(field(pod, "status"), "podIP") !== undefined;
    await stage.sandbox.waitForPod({ name }, { what: "has its pod IP", holds });
  }
  const list = async (what: string): Promise<readonly (readonly string[])[]> => {
    const result = await runOn([listCommand], { args: ["list", what, "--server", stage.sandbox.server.url] });
    assert.equal(result.status, 0, result.complained);
    return result.printed.split("\n").map((line) => line.split(/ {2,}/));
  };
  const rows = (await list("pods")).map(([namespace, pod, , networks, problems]) =>
    [namespace, pod, networks, problems].join(" ")
  );
  assert.deepEqual(rows, [
    "NAMESPACE POD NETWORKS PROBLEMS",
    "default a east,west -",
    "default b west -",
    "default broken - 1",
    "default finished - refused: agent-missing",
    // An address that another member has too is a problem of both, beside what else is wrong.
    "default same1 south 1",
    "default same2 south 2",
  ]);
  assert.deepEqual(await list("networks"), [
    ["NETWORK", "VNI", "PORT", "UNDERLAY", "MEMBERS", "PODS"],
    ["east", "102", "4789", "IPv4", "1", "default/a"],
    ["south", "103", "8472", "IPv4", "2", "default/same1, default/same2"],
    ["west", "101", "8472", "IPv4", "2", "default/a, default/b"],
  ]);
  assert.deepEqual(await list("nets"), await list("networks"), "the predecessor's word");
});

Deno.test("a table: columns as wide as their widest cell, foreign text made harmless", () => {
  assert.deepEqual(textTable(["A", "B"], [["long one", "x"], ["y\x1b[2J", ""]]), [
    "A            B",
    "long one     x",
    "y\\u{1b}[2J",
  ]);
});
