// Do the commands know what keys that are gone still reserve, and say so where they cannot read it?
import assert from "node:assert/strict";
import { checkCommand } from "../../../lib/cli/check/check.ts";
import { inspectCommand } from "../../../lib/cli/inspect/inspect.ts";
import { listCommand } from "../../../lib/cli/show/list.ts";
import { configMaps } from "../../sandbox/api/resources.ts";
import { field, type KubeObject } from "../../sandbox/store/kube_object.ts";
import { waitFor } from "../../sandbox/tools/waiting.ts";
import { makePools } from "../../stories/pool_objects.ts";
import { configMapName, poolsName, setStage } from "../../stories/stage.ts";
import { type CommandResult, runOn, testHost } from "../test_host.ts";
import { runProgram } from "../../../lib/cli/program.ts";

const key = "vxlan.travelping.com/known-networks";
const object = { namespace: configMapName.namespace, name: `${poolsName}-0` };
const reserved =
  'Cannot give the pod network "b": id 1000 is that of network "one", not for namespace "default"';

Deno.test("what a key that is gone reserves is known to the commands, or they say that it is not", async (t) => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ two: "id=2" });
  stage.pod({ name: "h", namespace: "lab", networks: "one" });
  stage.pod({ name: "a", networks: "b id=1000" });
  for (const [namespace, name] of [["lab", "h"], ["default", "a"]] as const) {
    const holds = (pod: KubeObject): boolean => field(field(pod, "status"), "podIP") !== undefined;
    await stage.sandbox.waitForPod({ namespace, name }, { what: "has its pod IP", holds });
  }
  const server = ["--server", stage.sandbox.server.url];
  const run = async (...args: readonly string[]): Promise<CommandResult> =>
    await runOn([listCommand, inspectCommand, checkCommand], { args: [...args, ...server] });
  const listed = async (): Promise<{ readonly problems: readonly string[]; readonly complained: string }> => {
    const { printed, complained } = await run("list", "pods", "-n", "default", "-o", "json");
    return { problems: JSON.parse(printed).items[0].problems, complained };
  };
  const remember = (text: string): KubeObject =>
    stage.sandbox.patch(configMaps, object, { metadata: { annotations: { [key]: text } } });

  await t.step("there is no object: nothing is remembered, and nothing is said", async () => {
    assert.deepEqual(await listed(), { problems: [], complained: "" });
  });
  makePools(stage);
  remember("network one id=1000 namespaces=lab\n");

  await t.step("list", async () => {
    const { problems, complained } = await listed();
    assert.match(problems.join(), new RegExp(reserved));
    assert.equal(complained, "");
  });
  await t.step("inspect", async () => {
    assert.match((await run("inspect", "default/a")).printed, new RegExp(`problem: .*${reserved}`));
  });
  await t.step("check", async () => {
    const { complained } = await run("check", "network", "b");
    assert.match(complained, /Cannot check network "b": no pod is a member of any network$/);
  });
  await t.step("list -w", async () => {
    const stop = new AbortController();
    const { host, printed } = testHost({
      args: ["list", "pods", "-w", "-o", "wide", "-n", "default", ...server],
    });
    const ended = runProgram([listCommand], { ...host, stop: stop.signal });
    await waitFor(() => printed.length > 1, { what: "the pod is printed" });
    stop.abort();
    assert.equal(await ended, 0);
    assert.match(printed[1] ?? "", new RegExp(reserved));
  });
  await t.step("nobody has it any more", async () => {
    remember("network one id=1000 namespaces=nobody\n");
    assert.deepEqual((await listed()).problems, []);
    remember("network one id=1000 namespaces=lab\n");
  });
  await t.step("it may not be read: that is said, and the rest is shown", async () => {
    const refusal = stage.sandbox.faults.onRequest(
      { verb: "get", resource: "configmaps" },
      { kind: "status", code: 403 },
      { times: "until-lifted" },
    );
    const { problems, complained } = await listed();
    assert.deepEqual(problems, []);
    assert.match(
      complained,
      /^not read: what keys that are gone still reserve: Cannot get ConfigMap \S+-pool-0: .* 403 [^\n]*$/,
    );
    assert.equal((await run("inspect", "default/a")).complained, complained);
    refusal.lift();
  });
  await t.step("it is damaged: what can be read counts, and nobody enters by an id", async () => {
    remember("network one id=1000 namespaces=lab\nnetwork x id=y\n");
    const { problems, complained } = await listed();
    const damage = /annotation \S+ of ConfigMap \S+-pool-0 is damaged: cannot read "network x id=y"; mend it/;
    assert.match(
      complained,
      new RegExp(`^not read: what keys that are gone still reserve: ${damage.source}`),
    );
    assert.match(
      problems.join(),
      new RegExp(`whether id 1000 is reserved .* is not known: ${damage.source}.*${reserved}`),
    );
  });
});
