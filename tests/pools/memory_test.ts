// What is reserved, as an annotation of the first object: beside the tables in it, bounded, and written by who leads.
import assert from "node:assert/strict";
import type { Memory } from "../../lib/network/reserved/memory_text.ts";
import { objectOf, poolObjects } from "../../lib/pools/pool_object.ts";
import { configMaps } from "../sandbox/api/resources.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { field, textField } from "../sandbox/store/kube_object.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { emptyObjects, startArbiter } from "./arbiter.ts";
import { requestsOf } from "./requests.ts";

const key = "vxlan.travelping.com/known-networks";
const object = { namespace: "kube-system", name: "pool-0" };

function memoryOf(count: number): Memory {
  const names = Array.from({ length: count }, (_, at) => `network-number-${at}`);
  return { networks: new Map(names.map((name, at) => [name, { id: at + 1, namespaces: ["db"] }])), left: [] };
}

function textIn(sandbox: Sandbox): string {
  const annotations = field(field(sandbox.find(configMaps, object), "metadata"), "annotations");
  return textField(annotations, key) ?? "";
}

function linesIn(sandbox: Sandbox): number {
  return textIn(sandbox).split("\n").length - 1;
}

Deno.test("memory: what does not fit into an annotation is told, once, and the rest is written", async () => {
  await using sandbox = await emptyObjects();
  await using arbiter = await startArbiter(sandbox, { requests: [] });
  await arbiter.ready();
  arbiter.memory = memoryOf(10_000);
  arbiter.reread();
  await waitFor(() => linesIn(sandbox) > 0, { what: "it is written" });
  const fitting = linesIn(sandbox);
  assert.ok(textIn(sandbox).length <= 200_000);
  assert.ok(textIn(sandbox).length > 199_900);
  arbiter.memory = { ...memoryOf(10_000), left: [{ network: "x", id: 1, namespaces: [] }] };
  arbiter.changed();
  arbiter.memory = memoryOf(fitting);
  arbiter.changed();
  await waitFor(
    () => textIn(sandbox).endsWith(`network network-number-${fitting - 1} id=${fitting} namespaces=db\n`),
    {
      what: "all of the others are written",
    },
  );
  const told =
    "Cannot remember over a restart what namespaces= reserves: not all of it fits into 200000 bytes of " +
    `annotation ${key} of ConfigMap kube-system/pool-0`;
  assert.deepEqual(arbiter.said, [told]);
  arbiter.memory = memoryOf(3);
  arbiter.changed();
  await waitFor(() => linesIn(sandbox) === 3, { what: "the few are written" });
  assert.deepEqual(arbiter.said, [told]);
});

Deno.test("memory: tables and memory in one object are both there in the end, whoever writes first", async () => {
  await using sandbox = await emptyObjects();
  assert.equal(objectOf("dmz"), 0);
  await using arbiter = await startArbiter(sandbox, { requests: [] });
  await using other = await startArbiter(sandbox, { requests: [] });
  for (const each of [arbiter, other]) {
    await each.ready();
    each.reread();
  }
  for (let round = 1; round < 6; round++) {
    const pods = Array.from({ length: round }, (_, at) => ({ pod: `p${at}` }));
    arbiter.requests = requestsOf(pods, "id=5 subnet=10.0.0.0/16").map((one) => ({ ...one, network: "dmz" }));
    arbiter.memory = other.memory = memoryOf(round);
    for (const each of [arbiter, other]) each.changed();
    await waitFor(() => linesIn(sandbox) === round && tableIn(sandbox).match(/^held/gm)?.length === round, {
      what: `round ${round} is written`,
      state: () => tableIn(sandbox) + textIn(sandbox),
    });
  }
});

Deno.test("memory: who does not lead reads it and writes nothing; who begins to lead is told anew what is there", async () => {
  await using sandbox = await emptyObjects();
  let leads = false;
  await using arbiter = await startArbiter(sandbox, { requests: [], isLeader: () => leads });
  const [first, last] = ["network a id=1 namespaces=db\n", "network b id=2 namespaces=db\n"];
  write(sandbox, first);
  await arbiter.ready();
  arbiter.reread();
  arbiter.changed();
  await waitFor(() => arbiter.remembered.length === 3, {
    what: "it was told at first and when all pods were known",
  });
  write(sandbox, last);
  leads = true;
  arbiter.reread();
  await waitFor(() => textIn(sandbox) === "", { what: "nobody holds anything, and it leads" });
  assert.deepEqual(
    arbiter.remembered.map(({ memory, unread }) => [[...memory.networks.keys()].join(), unread]),
    [
      ["", `annotation ${key} of ConfigMap kube-system/pool-0 was not read yet`],
      ["a", undefined],
      ["a", undefined],
      ["b", undefined],
    ],
  );
});

Deno.test("memory: the object of a controller with another annotation is not touched", async () => {
  await using sandbox = await emptyObjects();
  await using first = await startArbiter(sandbox, { requests: [] });
  first.memory = memoryOf(1);
  first.reread();
  await waitFor(() => linesIn(sandbox) === 1, { what: "the first has written" });
  await using other = await startArbiter(sandbox, { requests: [], owner: "vxlan.travelping.com/others" });
  other.memory = memoryOf(2);
  await other.ready();
  other.reread();
  await waitFor(() => other.said.length > 0, { what: "it is told" });
  assert.match(other.said.join(), /Cannot remember .* is that of the controller of annotation/);
  assert.equal(linesIn(sandbox), 1);
  assert.deepEqual(other.remembered.map(({ memory }) => memory.networks.size), [0, 0, 0]);
});

Deno.test("memory: that it cannot be written or read is told where something is reserved, and not else", async () => {
  await using sandbox = await emptyObjects();
  await using arbiter = await startArbiter(sandbox, { requests: [] });
  await arbiter.ready();
  arbiter.reread();
  await waitFor(() => arbiter.remembered.length === 3, { what: "it was told when all pods were known" });
  const away = sandbox.faults.onRequest({ verb: "get", resource: "configmaps" }, {
    kind: "status",
    code: 500,
  }, {
    times: "until-lifted",
  });
  arbiter.reread();
  arbiter.changed();
  // Each object was asked for, and for one of them at least it is a later try.
  await waitFor(() => away.hits > poolObjects + 1, { what: "it was asked again" });
  assert.deepEqual(arbiter.said, []);
  arbiter.memory = memoryOf(1);
  arbiter.changed();
  await waitFor(() => arbiter.said.length === 1, { what: "it is told" });
  assert.match(arbiter.said.join(), /^Cannot remember over a restart what namespaces= reserves: .*500/);
  away.lift();
  await waitFor(() => linesIn(sandbox) === 1, { what: "it is written" });
});

Deno.test("memory and pools: an error with another port in it at every try is told once", async () => {
  await using sandbox = await emptyObjects();
  await using arbiter = await startArbiter(sandbox, {
    requests: requestsOf([{ pod: "p" }], "id=5 subnet=10.0.0.0/24"),
  });
  await arbiter.ready();
  arbiter.memory = memoryOf(1);
  let port = 40_000;
  const message = (): string =>
    `failed calling webhook "w": read tcp 10.0.0.1:${port++}: connection reset by peer`;
  const refused = sandbox.faults.onRequest(
    { resource: "configmaps" },
    { kind: "status", code: 500, message },
    {
      times: "until-lifted",
    },
  );
  arbiter.reread();
  arbiter.changed();
  await waitFor(() => refused.hits > poolObjects + 8, { what: "both were tried again and again" });
  refused.lift();
  assert.deepEqual(arbiter.said.map((text) => text.split(":")[0]).sort(), [
    "Cannot give addresses",
    "Cannot remember over a restart what namespaces= reserves",
  ]);
});

Deno.test("memory: it is ready when all that follows from what was remembered is done: pods would be looked at twice", async () => {
  await using sandbox = await emptyObjects();
  const { promise, resolve } = Promise.withResolvers<void>();
  await using arbiter = await startArbiter(sandbox, { requests: [], onReserved: () => promise });
  let isReady = false;
  const ready = arbiter.ready().then(() => isReady = true);
  await waitFor(() => arbiter.remembered.length === 2, { what: "it was read" });
  await new Promise((done) => setTimeout(done, 0));
  assert.equal(isReady, false);
  resolve();
  await ready;
});

function write(sandbox: Sandbox, text: string): void {
  sandbox.patch(configMaps, object, { metadata: { annotations: { [key]: text } } });
}

function tableIn(sandbox: Sandbox): string {
  return textField(field(sandbox.find(configMaps, object), "data"), "dmz") ?? "";
}
