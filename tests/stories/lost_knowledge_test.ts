// What happened while the controller was down: labels taken away, addresses taken out of annotations.
import assert from "node:assert/strict";
import { label } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { addressesOf } from "./pool_objects.ts";
import { bothNetworks, membersOf, one, running, startPair } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

/** As the status on the pod says it, which these stories are without. */
async function shows(stage: Stage, name: string): Promise<void> {
  const ips = await addressesOf(stage, { name, interfaceName: "one" });
  const text = JSON.stringify([{ name: "one", interface: "one", ips }]);
  stage.sandbox.patch(pods, { name }, {
    metadata: { annotations: { "vxlan.travelping.com/network-status": text } },
  });
}

Deno.test("an address that was taken out of the annotation while the controller was down goes, and no other", async () => {
  await using stage = await setStage();
  stage.networks(bothNetworks);
  const first = await stage.startController();
  stage.pod({ name: "a", networks: "one ip=10.1.0.1/24 ip=10.1.0.2/24" });
  await running(stage, ["a"]);
  await shows(stage, "a");
  await first.stop();
  const added = await stage.sandbox.exec({ name: "a" }, [
    "ip",
    "address",
    "add",
    "10.9.0.9/24",
    "dev",
    "one",
  ]);
  assert.equal(added.code, 0, added.stderr);
  stage.annotate("a", "one ip=10.1.0.2/24");
  await stage.startController();
  let found: readonly string[] = [];
  await waitFor(async () => {
    found = await addressesOf(stage, { name: "a", interfaceName: "one" });
    return !found.includes("10.1.0.1");
  }, { what: "the address is gone", state: () => found.join() });
  assert.deepEqual([...found].sort(), ["10.1.0.2", "10.9.0.9"]);
});

Deno.test("a pod that lost its label while the controller was down is found and cleaned", async () => {
  await using stage = await setStage();
  const first = await startPair(stage);
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  await shows(stage, "c");
  await first.stop();
  stage.sandbox.patch(pods, { name: "c" }, { metadata: { labels: { [label]: null } } });
  await stage.startController();
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  let links = "";
  await waitFor(async () => {
    links = (await stage.sandbox.exec({ name: "c" }, ["ip", "-json", "link", "show"])).stdout;
    return !links.includes('"ifname":"one"');
  }, { what: "c has no interface of ours", state: () => links });
});
