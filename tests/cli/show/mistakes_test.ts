// What do commands say to somebody who is mistaken: pods that are not there or several, networks without members, no rights?
import assert from "node:assert/strict";
import { commands } from "../../../main.ts";
import { field, type KubeObject } from "../../sandbox/store/kube_object.ts";
import { setStage, type Stage } from "../../stories/stage.ts";
import { type CommandResult, runOn } from "../test_host.ts";

function runner(stage: Stage): (...args: readonly string[]) => Promise<CommandResult> {
  return (...args) => runOn(commands, { args: [...args, "--server", stage.sandbox.server.url] });
}

Deno.test("pods and networks that are not there, or several: status 1, and what may be meant", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks({ west: "id=101", east: "id=102" });
  stage.pod({ name: "a.b", networks: "west" });
  stage.pod({ name: "a.b", namespace: "other", networks: "east" });
  stage.pod({ name: "bare", networks: "west", spec: { containers: [{ name: "app", image: "x" }] } });
  for (const [namespace, name] of [["default", "a.b"], ["other", "a.b"], ["default", "bare"]] as const) {
    const holds = (pod: KubeObject): boolean => field(field(pod, "status"), "podIP") !== undefined;
    await stage.sandbox.waitForPod({ namespace, name }, { what: "has its pod IP", holds });
  }
  const run = runner(stage);
  const rows: readonly (readonly [string, RegExp])[] = [
    ["inspect nobody -A", /^error: Cannot inspect "nobody": no pod of that name has the label vxlan/],
    ["inspect nobody -n other", /no pod of that name in namespace other has the label/],
    ["inspect a.b -n third", /in namespace third has the label .*; there is default\/a\.b, other\/a\.b$/],
    ["inspect a.b -A", /"a\.b": pods of several namespaces are called so: default\/a\.b, other\/a\.b$/],
    ["inspect a.b -A -n default", /pods of several namespaces/],
    ["inspect default/a.b other/nobody", /"other\/nobody": no pod of that name in namespace other/],
    ["inspect pod nobody -n other", /"nobody": no pod of that name in namespace other/],
    ["inspect po/nobody -n other", /"po\/nobody": no pod of that name in namespace other/],
    ["inspect default/a.b/c", /expected NAME, pod\/NAME or NAMESPACE\/NAME$/],
    ["inspect pod/", /expected NAME, pod\/NAME or NAMESPACE\/NAME$/],
    ["check pod nobody", /^error: Cannot check pod "nobody": no pod of that name/],
    ["check pod default/bare", /"default\/bare": it is no member \(AgentMissing\): .*no agent/],
    ["check network north", /"north": nobody is a member; networks are east, west$/],
    ["graph north", /^error: Cannot draw "north": no pod is a member$/],
  ];
  for (const [line, says] of rows) {
    const { status, complained, printed } = await run(...line.split(" "));
    assert.equal(status, 1, `${line}: ${complained}`);
    assert.match(complained, says);
    assert.equal(printed, "", line);
  }
  const { printed } = await run("list", "pods", "a.", "-n", "other", "--no-headers");
  assert.match(printed, /^other +a\.b /);
  const none = await run("list", "pods", "zz", "-A");
  assert.deepEqual([none.status, none.printed, none.complained], [0, "", "Nothing found among 3 pods."]);
});

Deno.test("an empty cluster: no heads without rows, and empty lists for programs", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  const run = runner(stage);
  const nothing = "No pods with label vxlan.travelping.com=true.";
  for (const what of ["pods", "networks"]) {
    const { status, printed, complained } = await run("list", what);
    assert.deepEqual([status, printed, complained], [0, "", nothing]);
    assert.deepEqual(JSON.parse((await run("list", what, "-o", "json")).printed).items, []);
  }
  assert.match(
    (await run("list", "pods", "-n", "lab")).complained,
    /in namespace lab; -A shows those of all\.$/,
  );
  const labelled = await run("list", "pods", "-l", "tier=x");
  assert.equal(labelled.complained, "No pods with label vxlan.travelping.com=true,tier=x.");
  const { status, printed } = await run("status");
  assert.equal(status, 1);
  assert.match(printed, /^members {6}0 of 0 ready$/m);
  assert.equal((await run("graph")).status, 0);
});

for (
  const { it, line, says } of [
    {
      it: "no word",
      line: "list",
      says: /missing required argument 'what': pods, networks or addresses$/m,
    },
    { it: "no thing to check", line: "check", says: /missing required argument 'what': network or pod$/m },
    { it: "the name alone", line: "check lab/a", says: /argument 'name': of the network, or of the pod/ },
    { it: "no pod", line: "inspect", says: /missing required argument 'pod': NAME/ },
    { it: "no shell", line: "completion", says: /missing required argument 'shell': bash/ },
    {
      it: "a word too many",
      line: "check pod a b",
      says: /too many arguments.*Expected 2 arguments but got 3/,
    },
    {
      it: "a format that is none",
      line: "list pods -o xml",
      says: /--output="xml": expected one of table, wide/,
    },
    {
      it: "a format of another command",
      line: "inspect a -o wide",
      says: /expected one of text, json, yaml/,
    },
    {
      it: "a namespace that is none",
      line: "list pods -n Lab",
      says: /--namespace="Lab": expected a namespace name/,
    },
    {
      it: "a number that is none",
      line: "check network a --sample many",
      says: /--sample="many": expected a whole/,
    },
    { it: "a shell that is none", line: "completion tcsh", says: /Cannot complete in "tcsh": expected bash/ },
    {
      it: "a thing that cannot be checked",
      line: "check node a",
      says: /Cannot check "node": expected network or pod/,
    },
    {
      it: "a flag of kubectl that we have not",
      line: "list pods --sort-by x",
      says: /unknown option '--sort-by'/,
    },
  ]
) {
  Deno.test(`a mistake in the command line: ${it}: status 2`, async () => {
    const { status, complained, printed } = await runOn(commands, { args: line.split(" ") });
    assert.deepEqual([status, printed], [2, ""], complained);
    assert.match(complained, says);
  });
}

for (
  const { it, args, says } of [
    {
      it: "nothing is configured",
      args: [],
      says: /^error: Cannot find an API server: --server and --kubeconfig are not set/,
    },
    {
      it: "a kubeconfig that is not there",
      args: ["--kubeconfig", "/no"],
      says: /kubeconfig \/no cannot be read/,
    },
    {
      it: "two that contradict each other",
      args: ["--server", "http://h", "--context", "x"],
      says: /together with --context/,
    },
  ]
) {
  Deno.test(`no cluster: ${it}: status 3 of every command that asks one`, async () => {
    for (const command of ["list pods", "inspect a/b", "status", "check network n", "graph", "uninstall"]) {
      const { status, complained } = await runOn(commands, { args: [...command.split(" "), ...args] });
      assert.equal(status, 3, `${command}: ${complained}`);
      assert.match(complained, says);
    }
  });
}
