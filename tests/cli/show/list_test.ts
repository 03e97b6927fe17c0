// What does `list` print of pods in every state, and of networks?
import assert from "node:assert/strict";
import { listCommand } from "../../../lib/cli/show/list.ts";
import { textTable } from "../../../lib/cli/show/text_table.ts";
import { field, type KubeObject } from "../../sandbox/store/kube_object.ts";
import { ipOf } from "../../stories/scenes.ts";
import { setStage } from "../../stories/stage.ts";
import { type CommandResult, runOn } from "../test_host.ts";

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
  stage.pod({ name: "a", namespace: "other", networks: "west id=7" });
  const run = async (...args: readonly string[]): Promise<CommandResult> => {
    const result = await runOn([listCommand], {
      args: ["list", ...args, "--server", stage.sandbox.server.url],
    });
    assert.equal(result.status, 0, result.complained);
    return result;
  };
  const list = async (...args: readonly string[]): Promise<readonly (readonly string[])[]> =>
    (await run(...args)).printed.split("\n").map((line) => line.split(/ {2,}/));
  const rows = (await list("pods", "-n", "default")).map(([namespace, pod, , networks, ready, reason]) =>
    [namespace, pod, networks, ready, reason].join(" ")
  );
  assert.deepEqual(rows, [
    "NAMESPACE POD NETWORKS READY REASON",
    "default a east,west - -",
    "default b west - -",
    "default broken - - UnknownNetwork",
    "default finished - - AgentMissing",
    // An address that another member has too is a problem of both, beside what else is wrong.
    "default same1 south - Conflict",
    "default same2 south - UnknownNetwork",
  ]);
  const [east, west] = [["east", "102", "4789", "IPv4", "0/1", "default/a"], [
    "west",
    "101",
    "8472",
    "IPv4",
    "0/2",
  ]];
  assert.deepEqual(await list("networks", "-n", "default"), [
    ["NETWORK", "VNI", "PORT", "UNDERLAY", "READY", "PODS"],
    east,
    ["south", "103", "8472", "IPv4", "0/2", "default/same1, default/same2"],
    [...west ?? [], "default/a, default/b"],
  ]);
  const everywhere = await list("nets", "-A");
  assert.deepEqual(everywhere[3], ["west", "7", "8472", "IPv4", "0/1", "other/a"], "the predecessor's word");
  // In the annotation of one of two members; the pod IP of a member is no VTEP outside.
  stage.annotate("same1", `south peer=203.0.113.8 peer=203.0.113.7 peer=${ipOf(stage, "same2")}`);
  const wide = await list("networks", "-n", "default", "-o", "wide");
  assert.deepEqual(wide.map((cells) => [cells[0], cells.at(-1)]), [
    ["NETWORK", "OUTSIDE"],
    ["east", "-"],
    ["south", "203.0.113.7, 203.0.113.8"],
    ["west", "-"],
  ]);
  assert.match(everywhere.at(-1)?.join(" ") ?? "", /^west stands for several networks: /);

  assert.equal(
    (await run("pods", "b", "-n", "default", "-o", "name", "--no-headers")).printed,
    "pod/b\npod/broken",
  );
  const named = async (...args: readonly string[]): Promise<string> =>
    (await run(...args, "-o", "name")).printed.replaceAll("\n", " ");
  assert.equal(await named("pods", "-n", "default", "pod/b", "fin"), "pod/b pod/broken pod/finished");
  assert.equal(await named("po", "-A", "other/", "default/same1"), "pod/same1 pod/a");
  assert.equal(await named("nets", "-A", "net/west"), "network/west network/west");
  assert.equal((await run("pods", "-n", "default", "-l", "nothing=here", "--no-headers")).printed, "");
  const { apiVersion, kind, items } = JSON.parse((await run("pods", "a", "-o", "json")).printed);
  assert.deepEqual([apiVersion, kind, items.length], ["vxlan.travelping.com/v1", "MemberList", 2]);
  assert.deepEqual(items[0].networks.map(({ name, vni }: { name: string; vni: number }) => [name, vni]), [
    ["east", 102],
    ["west", 101],
  ]);
  assert.match((await run("networks", "east", "-o", "yaml")).printed, /^apiVersion: .*\nkind: NetworkList\n/);
});

Deno.test("a table: columns as wide as their widest cell, foreign text made harmless", () => {
  assert.deepEqual(textTable(["A", "B"], [["long one", "x"], ["y\x1b[2J", ""]]), [
    "A            B",
    "long one     x",
    "y\\u{1b}[2J",
  ]);
});
