// What is in the archive of `sysdump`, with all rights, with few, with agents that are hostile, and when nobody reads it?
import assert from "node:assert/strict";
import { sysdumpCommand } from "../../../lib/cli/sysdump/sysdump.ts";
import { startArguments } from "../../sandbox/tools/product.ts";
import { availablePlanes } from "../../sandbox/kubelet/available_planes.ts";
import { setStage, type Stage } from "../../stories/stage.ts";
import { startPair } from "../../stories/scenes.ts";
import { type CommandResult, runOn } from "../test_host.ts";
import { filesOf } from "./unpack.ts";

const needs = availablePlanes.includes("namespaces") ? "" : " (needs network namespaces)";
const always = { times: "until-lifted" } as const;

Deno.test({ name: `sysdump${needs}`, ignore: needs !== "" }, async (t) => {
  await using stage = await setStage();
  await startPair(stage);
  stage.pod({ name: "lost", networks: "nosuch" });

  await t.step("all that can be read here, and what cannot is said", async () => {
    const { files, complained } = await dumped(stage);
    for (
      const path of [
        ...["READ-ME.txt", "versions.json", "status.json", "events.json"],
        ...["configmaps/kube-vxlan-controller.json", "pods/default/a.json", "inspect/default/a.json"],
        ...["agents/default/a/ip-address-show.json", "agents/default/a/ip-route-show-table-all.json"],
        ...["agents/default/a/ip-neigh-show.json", "agents/default/a/bridge-fdb-show.json"],
      ]
    ) assert.ok(files.has(path), `${path} of ${[...files.keys()].join(" ")}`);
    assert.equal(JSON.parse(files.get("inspect/default/a.json") ?? "").inSync, true);
    assert.match(files.get("agents/default/a/bridge-fdb-show.json") ?? "", /00:00:00:00:00:00/);
    // The sandbox has no nodes to list, and no controller that is a pod.
    assert.match(files.get("READ-ME.txt") ?? "", /- Cannot list nodes: .*404/);
    assert.match(files.get("READ-ME.txt") ?? "", /- no controller runs as a pod in namespace kube-system/);
    assert.match(complained, /^\d+ files, \d+ bytes; \d+ things are missing: see READ-ME\.txt$/);
  });
  await t.step("--redact: no name and no address of ours is left", async () => {
    const { files } = await dumped(stage, "--redact");
    const all = [...files].flat().join("\n");
    assert.deepEqual(all.match(/.*(10\.244\.|\bnosuch\b|\blost\b|\bnode[12]\b).*/g) ?? [], []);
    const a = [...files.keys()].find((path) =>
      path.startsWith("inspect/") && files.get(path)?.includes('"inSync": true')
    );
    const value = JSON.parse(files.get(a ?? "") ?? "");
    assert.match(value.name, /^pod-\d$/);
    assert.match(value.networks[0].peers[0].podIP, /^ipv4-\d+$/);
    assert.ok(files.has(`pods/default/${value.name}.json`));
  });
  await t.step(
    "agents that take an exec and never answer: the archive ends, says so, and has the rest",
    async () => {
      const hang = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "hang" }, always);
      const { files } = await dumped(stage);
      hang.lift();
      assert.match(files.get("READ-ME.txt") ?? "", /- agent of default\/a: .*within \d+ (ms|s)/);
      assert.ok(!files.has("agents/default/a/ip-address-show.json"));
      // What is known without its kernel is there all the same.
      assert.ok(files.has("pods/default/a.json") && files.has("agents/default/b/bridge-fdb-show.json"));
    },
  );
  await t.step("an agent that floods: said, and the others are there", async () => {
    const flood = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "flood", bytes: 50_000_000 }, always);
    const { files } = await dumped(stage);
    flood.lift();
    assert.ok(!files.has("agents/default/a/ip-address-show.json"));
    assert.match(files.get("READ-ME.txt") ?? "", /- agent of default\/a: /);
    assert.ok(files.has("agents/default/b/bridge-fdb-show.json"));
  });
  await t.step("--agents bounds how many are looked into, those that are not ready first", async () => {
    const { files } = await dumped(stage, "--agents", "1");
    assert.match(files.get("READ-ME.txt") ?? "", /- agents: 1 of \d members were looked into/);
  });
  await t.step("rights in one namespace only: pods and Events of it, and what was refused", async () => {
    const refused = { kind: "status", code: 403 } as const;
    const faults = [
      stage.sandbox.faults.onRequest({ resource: "configmaps" }, refused, always),
      stage.sandbox.faults.onRequest({ resource: "pods", namespace: "" }, refused, always),
      stage.sandbox.faults.onRequest({ resource: "pods", namespace: "kube-system" }, refused, always),
    ];
    const { files, complained } = await dumped(stage, "-n", "default");
    for (const fault of faults) fault.lift();
    const said = files.get("READ-ME.txt") ?? "";
    assert.ok(files.has("pods/default/lost.json"), complained);
    assert.match(said, /- Cannot list ConfigMap .*403.*; so no agent was looked into/);
    assert.match(said, /- Cannot read ConfigMap kube-system\/kube-vxlan-controller: .*403/);
    assert.match(said, /- Cannot list the controller's pods: .*403/);
  });
  await t.step("nobody reads: it ends with 1 and one sentence", async () => {
    const command = [
      Deno.execPath(),
      ...await startArguments(),
      "sysdump",
      "--server",
      stage.sandbox.server.url,
    ];
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", `"$@" > >(exec true); echo "status $?" >&2`, "bash", ...command],
      cwd: new URL("../../../", import.meta.url),
    }).output();
    assert.equal(stdout.length, 0);
    assert.match(
      new TextDecoder().decode(stderr),
      /error: Cannot write the archive: .*[Bb]roken pipe.*\nstatus 1\n$/,
    );
  });
  await t.step("a terminal gets no archive", async () => {
    const { status, complained } = await runOn([sysdumpCommand], { args: ["sysdump"], terminal: true });
    assert.equal(status, 2);
    assert.match(complained, /Cannot write an archive to a terminal/);
  });
});

/** The files of the archive, without its folder. */
async function dumped(
  { sandbox }: Stage,
  ...args: readonly string[]
): Promise<CommandResult & { readonly files: ReadonlyMap<string, string> }> {
  const result = await runOn([sysdumpCommand], {
    args: ["sysdump", ...args, "--server", sandbox.server.url],
  });
  assert.equal(result.status, 0, result.complained);
  const files = await filesOf(result.written);
  return { ...result, files };
}
