// What the controller leaves in members, and how `uninstall --clean` takes it away without touching what is not ours.
import assert from "node:assert/strict";
import { pods } from "../sandbox/api/resources.ts";
import { type Product, startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { inPod, running } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

const names = ["a", "b"];

async function uninstall(
  stage: Stage,
  ...flags: readonly string[]
): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const args = ["uninstall", ...flags, "--server", stage.sandbox.server.url];
  const code = await (await startProduct(args, { onLine: (line) => lines.push(line) })).ended;
  return { code, lines: lines.sort() };
}

/** Members with all that the controller gives them, and the controller. */
async function members(stage: Stage): Promise<Product> {
  stage.networks({ one: "id=1", two: "id=2" });
  const url = stage.sandbox.server.url;
  const controller = await startProduct(
    ["run", "--server", url, "--http-address", "off", "--leader-election"],
    { onLine: () => {} },
  );
  for (const name of names) stage.pod({ name, networks: "one ip=10.1.0.1/24, two" });
  await running(stage, names);
  await waitFor(() => names.every((name) => shows(stage, name)), { what: "both pods show their status" });
  return controller;
}

/** Whether a pod carries our condition and our annotation, or one of them. */
function shows(stage: Stage, name: string): boolean {
  const text = JSON.stringify(stage.sandbox.find(pods, { name }));
  return text.includes("vxlan.travelping.com/Ready") || text.includes("vxlan.travelping.com/network-status");
}

async function links(stage: Stage, name: string): Promise<readonly string[]> {
  const all: readonly { readonly ifname: string }[] = JSON.parse(
    await inPod(stage, name, ["ip", "-json", "link", "show"]),
  );
  return all.map(({ ifname }) => ifname).sort();
}

Deno.test("uninstall names what is ours, and with --clean it is gone; what is foreign stays", async () => {
  await using stage = await setStage();
  const controller = await members(stage);
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
    for (const text of ["delete interface one", "delete interface two", "condition and annotation"]) {
      assert.ok(says(name, text), `${name} ${text}: ${before.lines.join("\n")}`);
    }
    assert.ok(shows(stage, name) && (await links(stage, name)).includes("one"), "nothing was changed");
  }

  const { code, lines } = await uninstall(stage, "--clean");
  assert.equal(code, 0, lines.join("\n"));
  assert.deepEqual(await links(stage, "a"), ["eth0", "lo", "mine"]);
  assert.deepEqual(await links(stage, "b"), ["eth0", "lo"]);
  for (const name of names) assert.ok(!shows(stage, name), name);
  assert.deepEqual(await uninstall(stage), { code: 0, lines: ["2 pods looked at"] });
});

Deno.test("uninstall --clean does not work against a controller that leads", async () => {
  await using stage = await setStage();
  const controller = await members(stage);
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
  const controller = await members(stage);
  await controller.stop();
  stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 403 }, { times: "until-lifted" });
  const { code, lines } = await uninstall(stage, "--clean");
  assert.equal(code, 1);
  assert.ok(lines.some((line) => line.startsWith("default/a: ") && line.includes("403")), lines.join("\n"));
  assert.ok(lines.includes("2 pods looked at, 1 could not be cleaned: run it again"), lines.join("\n"));
  assert.deepEqual(await links(stage, "b"), ["eth0", "lo"]);
});
