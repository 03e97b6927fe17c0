// What the controller leaves in members, and how `uninstall --clean` takes it away without touching what is not ours.
import assert from "node:assert/strict";
import { inPod } from "./scenes.ts";
import { setStage } from "./stage.ts";
import { links, members, shows, uninstall } from "./uninstall_scene.ts";

const names = ["a", "b"];

Deno.test("uninstall names what is ours, and with --clean it is gone; what is foreign stays", async () => {
  await using stage = await setStage();
  const controller = await members(stage, names);
  await controller.stop();
  // Whatever somebody else made in the pod.
  await inPod(stage, "a", [
    "ip",
    "link",
    "add",
    "mine",
    "type",
    "vxlan",
    "id",
    "9",
    "dev",
    "eth0",
    "dstport",
    "8472",
  ]);

  const before = await uninstall(stage);
  assert.equal(before.code, 0);
  const says = (name: string, text: string): boolean =>
    before.lines.some((line) => line.startsWith(`default/${name}: to do: `) && line.includes(text));
  for (const name of names) {
    const deletes = ["one", "two"].map((each) => `delete interface ${each}: the controller has made it`);
    for (const text of [...deletes, "condition and annotation"]) {
      assert.ok(says(name, text), `${name} ${text}: ${before.lines.join("\n")}`);
    }
    assert.ok(shows(stage, name) && (await links(stage, name)).includes("one"), "nothing was changed");
  }

  const { code, lines } = await uninstall(stage, "--clean");
  assert.equal(code, 0, lines.join("\n"));
  assert.ok(!/asks for/.test(lines.join()), lines.join("\n"));
  assert.deepEqual(await links(stage, "a"), ["eth0", "lo", "mine"]);
  assert.deepEqual(await links(stage, "b"), ["eth0", "lo"]);
  for (const name of names) assert.ok(!shows(stage, name), name);
  assert.deepEqual(await uninstall(stage), { code: 0, lines: ["2 pods looked at"] });
});

Deno.test("uninstall --clean does not work against a controller that leads", async () => {
  await using stage = await setStage();
  const controller = await members(stage, names);
  const { code, lines } = await uninstall(stage, "--clean");
  assert.equal(code, 2);
  assert.match(
    lines.join("\n"),
    /Cannot clean: .* holds Lease kube-system\/kube-vxlan-controller .*--replicas=0/,
  );
  assert.ok((await links(stage, "a")).includes("one"));
  await controller.stop();
});

Deno.test("uninstall --clean says which pods it could not clean, and cleans the others", async () => {
  await using stage = await setStage();
  const controller = await members(stage, names);
  await controller.stop();
  stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 403 }, { times: "until-lifted" });
  const { code, lines } = await uninstall(stage, "--clean");
  assert.equal(code, 1);
  assert.ok(lines.some((line) => line.startsWith("default/a: ") && line.includes("403")), lines.join("\n"));
  assert.ok(lines.includes("2 pods looked at, 1 could not be cleaned: run it again"), lines.join("\n"));
  assert.deepEqual(await links(stage, "b"), ["eth0", "lo"]);
});
