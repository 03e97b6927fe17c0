// Stories of the ConfigMap: edited, emptied, deleted, restored, wrong. It never tears down what runs.
import assert from "node:assert/strict";
import { bothNetworks, membersOf, one, running, said, startPair } from "./scenes.ts";
import { setStage } from "./stage.ts";

Deno.test("a new id in the ConfigMap moves running members to the other segment", async () => {
  await using stage = await setStage();
  await startPair(stage);
  stage.networks({ one: "id=77", two: "id=2" });
  await stage.holds({ members: membersOf({ network: "one", vni: 77 }, ["a", "b"]) });
});

Deno.test("an id back and forth within a moment ends where it began", async () => {
  await using stage = await setStage();
  await startPair(stage);
  for (const id of [77, 78, 79, 1]) stage.networks({ ...bothNetworks, one: `id=${id}` });
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});

Deno.test("a removed key tears nothing down, holders keep their options, and a newcomer is told", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.networks({ two: "id=2" });
  stage.pod({ name: "c", networks: "one" });
  await said(controller, /WARN.*pod default\/c.*one/);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
  stage.networks(bothNetworks);
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
});

Deno.test("an emptied ConfigMap tears nothing down", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.networks({});
  await said(controller, /WARN.*ConfigMap/);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});

Deno.test("a deleted ConfigMap tears nothing down, loudly; newcomers still join; restored it is read again", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.networks(undefined);
  await said(controller, /WARN.*ConfigMap/);
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  stage.networks({ one: "id=5" });
  await stage.holds({ members: membersOf({ network: "one", vni: 5 }, ["a", "b", "c"]) });
});

Deno.test("a wrong entry keeps the last good one and names the key", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.networks({ one: "id=zero", two: "id=2" });
  const line = await said(controller, /WARN.*id=zero/);
  assert.match(line, /kube-system\/kube-vxlan-controller.*one/);
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
});

Deno.test("a ConfigMap that comes only after the pods is enough", async () => {
  await using stage = await setStage();
  const controller = await stage.startController();
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  await said(controller, /WARN.*pod default\/a.*one/);
  stage.networks(bothNetworks);
  await running(stage, ["a", "b"]);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});
