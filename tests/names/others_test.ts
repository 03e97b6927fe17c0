// What do names make of what others do meanwhile: people's edits, other writers, and events in another order?
import assert from "node:assert/strict";
import { endpointSlices, pods, services } from "../sandbox/api/resources.ts";
import { field, type KubeObject, listField } from "../sandbox/store/kube_object.ts";
import { NamesStage } from "./names_stage.ts";

const storage = (...addresses: readonly string[]): { readonly storage: readonly string[] } => ({
  storage: addresses,
});

async function started(): Promise<NamesStage> {
  const stage = new NamesStage();
  await stage.start();
  return stage;
}

/** One member that is listed. */
async function listedOne(): Promise<NamesStage> {
  const stage = await started();
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  await stage.settle();
  return stage;
}

function owner(slice: KubeObject | undefined): unknown {
  return listField(slice?.metadata, "ownerReferences").map((one) => field(one, "uid"));
}

Deno.test("before the ConfigMap was read no network is called unknown, and then it is", async () => {
  await using stage = new NamesStage();
  await stage.start({ networks: undefined });
  stage.service();
  await stage.settle();
  assert.deepEqual(stage.told, []);
  stage.names.putNetworks(new Set(["other"]));
  await stage.settle();
  assert.deepEqual(stage.told.map(({ reason }) => reason), ["VxlanUnknownNetwork"]);
});

Deno.test("a network that the ConfigMap has is not unknown while it has no members", async () => {
  await using stage = new NamesStage();
  await stage.start({ networks: ["storage"] });
  stage.service();
  await stage.settle();
  assert.deepEqual([stage.told, stage.listed()], [[], []]);
});

Deno.test("while a pod that may have the network was not looked into, it is not called unknown", async () => {
  await using stage = await started();
  stage.pod({ name: "db-0" });
  await stage.settle();
  stage.service();
  await stage.settle();
  assert.deepEqual(stage.told, []);
  stage.pod({ name: "db-0" }, { other: ["10.8.0.1"] });
  await stage.settle();
  assert.deepEqual(stage.told.map(({ reason }) => reason), ["VxlanUnknownNetwork"]);
});

Deno.test("thirty members without address, one after the other, are told once", async () => {
  await using stage = await started();
  stage.service();
  for (let number = 0; number < 30; number++) {
    stage.pod({ name: `db-${number}` }, storage());
    await stage.settle(300);
  }
  assert.deepEqual(stage.told.map(({ reason }) => reason), ["VxlanNoAddress"]);
  stage.pod({ name: "db-30" }, storage("10.9.0.1"));
  for (let number = 0; number < 30; number++) stage.api.remove(pods, `db-${number}`);
  await stage.settle();
  stage.pod({ name: "db-1" }, storage());
  await stage.settle();
  assert.equal(stage.told.length, 2, "after it was mended");
});

Deno.test("who loses its label and gets it back is listed, whichever the names hear of first", async () => {
  await using stage = await listedOne();
  const pod = stage.api.find(pods, "db-0");
  assert.ok(pod !== undefined);
  // The controller has looked at it again before this watch has told that the label was gone.
  stage.pod({ name: "db-0" }, storage("10.9.0.2"));
  stage.api.put(pods, { ...pod, metadata: { ...pod.metadata, labels: { app: "db" } } });
  await stage.settle();
  assert.deepEqual(stage.listed(), []);
  stage.pod({ name: "db-0" });
  await stage.settle();
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.2"]);
});

Deno.test("who has lost its label and was cleaned is not listed by what it had", async () => {
  await using stage = await listedOne();
  const pod = stage.api.find(pods, "db-0");
  stage.api.put(pods, { ...pod, metadata: { ...pod?.metadata, labels: { app: "db" } } });
  await stage.settle();
  stage.names.takeBack("uid-default-db-0");
  stage.pod({ name: "db-0" });
  await stage.settle();
  assert.deepEqual(stage.listed(), []);
});

const edits: readonly { readonly it: string; readonly edit: (slice: KubeObject) => object }[] = [
  { it: "has lost its endpoints", edit: () => ({ endpoints: [] }) },
  { it: "lists somebody else", edit: () => ({ endpoints: [{ addresses: ["10.66.0.1"] }] }) },
  { it: "lists one twice", edit: ({ endpoints }) => ({ endpoints: [endpoints, endpoints].flat() }) },
  {
    it: "has another address beside ours",
    edit: (slice) => ({
      endpoints: listField(slice, "endpoints").map((one) => ({
        ...Object(one),
        addresses: ["10.9.0.1", "10.66.0.1"],
      })),
    }),
  },
  { it: "has other ports", edit: () => ({ ports: [{ name: "sql", port: 1, protocol: "TCP" }] }) },
  {
    it: "belongs to nobody",
    edit: ({ metadata }) => ({ metadata: { ...metadata, ownerReferences: [] } }),
  },
  {
    it: "is another Service's now",
    edit: ({ metadata }) => ({
      metadata: { ...metadata, labels: { ...metadata.labels, "kubernetes.io/service-name": "web" } },
    }),
  },
];

Deno.test("a slice of ours that somebody has edited is mended", async (t) => {
  for (const { it, edit } of edits) {
    await t.step(it, async () => {
      await using stage = await listedOne();
      stage.service({ name: "web", network: null, selector: null });
      await stage.settle();
      const [slice] = stage.slices();
      assert.ok(slice !== undefined);
      stage.api.put(endpointSlices, { ...slice, ...edit(slice) });
      await stage.settle(5_000);
      assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.1"]);
      const [after] = stage.slices();
      assert.deepEqual(owner(after), ["uid-service-default-db"]);
      assert.deepEqual(after?.["ports"], [{ name: "sql", port: 5432, protocol: "TCP" }]);
    });
  }
  await t.step("deleted", async () => {
    await using stage = await listedOne();
    stage.api.remove(endpointSlices, stage.slices()[0]?.metadata.name ?? "");
    await stage.settle(5_000);
    assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.1"]);
  });
});

Deno.test("a Service that is made anew owns the slices of the one before", async (t) => {
  for (const isDown of [false, true]) {
    await t.step(isDown ? "while the controller was down" : "while it ran", async () => {
      await using stage = await listedOne();
      if (isDown) await stage.stop();
      stage.api.remove(services, "db");
      stage.service({ uid: "uid-anew" });
      if (isDown) await stage.start();
      await stage.settle();
      assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.1"]);
      assert.deepEqual(owner(stage.slices()[0]), ["uid-anew"]);
      assert.deepEqual(stage.gone, isDown ? [] : ["uid-service-default-db"]);
    });
  }
});

Deno.test("a Service that has another network or selector lists those, and no others", async () => {
  await using stage = await listedOne();
  stage.pod({ name: "db-0" }, { ...storage("10.9.0.1"), backup: ["10.8.0.1"] });
  stage.pod({ name: "web-0", app: "web" }, { backup: ["10.8.0.2"] });
  stage.service({ network: "backup" });
  await stage.settle();
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.8.0.1"]);
  stage.service({ network: "backup", selector: "" });
  await stage.settle();
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.8.0.1 web-0=10.8.0.2"]);
  stage.service({ network: "backup", selector: "app notin (db)" });
  await stage.settle();
  assert.deepEqual(stage.listed(), ["IPv4 web-0=10.8.0.2"]);
  stage.service({ network: null, selector: null });
  await stage.settle();
  assert.deepEqual(stage.slices(), []);
});

Deno.test("two with one hostname are both behind it; a long name and an odd one are behind the Service only", async () => {
  await using stage = await started();
  stage.service();
  const long = `db-${"x".repeat(61)}`;
  stage.pod({ name: "a", hostname: "db" }, storage("10.9.0.1"));
  stage.pod({ name: "b", hostname: "db" }, storage("10.9.0.2"));
  stage.pod({ name: long }, storage("10.9.0.3"));
  stage.pod({ name: "d.example" }, storage("10.9.0.4"));
  await stage.settle();
  assert.deepEqual(stage.listed(), ["IPv4 db=10.9.0.1 db=10.9.0.2 ?=10.9.0.4 ?=10.9.0.3"]);
});

const ports: readonly { readonly it: string; readonly given: readonly object[]; readonly listed: object }[] =
  [
    { it: "none", given: [], listed: [] },
    {
      it: "several, of several protocols",
      given: [
        { name: "s1ap", port: 36412, protocol: "SCTP" },
        { name: "gtp", port: 2152, targetPort: 2153, protocol: "UDP" },
        { name: "http", port: 80, protocol: "TCP", appProtocol: "http" },
      ],
      listed: [
        { name: "s1ap", port: 36412, protocol: "SCTP" },
        { name: "gtp", port: 2153, protocol: "UDP" },
        { name: "http", port: 80, protocol: "TCP", appProtocol: "http" },
      ],
    },
    { it: "one without a name", given: [{ port: 80 }], listed: [{ name: "", port: 80, protocol: "TCP" }] },
  ];

Deno.test("ports of a Service are those of its slices, and change with them", async (t) => {
  for (const { it, given, listed } of ports) {
    await t.step(it, async () => {
      await using stage = await listedOne();
      stage.service({ spec: { ports: given } });
      await stage.settle();
      assert.deepEqual(stage.slices()[0]?.["ports"], listed);
      stage.takeWrites();
      await stage.settle();
      assert.deepEqual(stage.takeWrites(), []);
    });
  }
});

Deno.test("of a thousand members one changes, goes or comes: one slice is written", async () => {
  await using stage = await started();
  stage.service();
  for (let number = 0; number < 1_000; number++) {
    stage.pod({ name: `db-${number}` }, storage(`10.9.${number >> 8}.${number & 255}`));
  }
  await stage.settle();
  assert.deepEqual(stage.takeWrites(), Array.from({ length: 10 }, () => "POST"));
  stage.pod({ name: "db-500", ready: false });
  await stage.settle();
  assert.deepEqual(stage.takeWrites(), ["PATCH"], "changes");
  stage.api.remove(pods, "db-500");
  await stage.settle();
  assert.deepEqual(stage.takeWrites(), ["PATCH"], "goes");
  stage.pod({ name: "db-anew" }, storage("10.9.7.1"));
  await stage.settle();
  assert.deepEqual(stage.takeWrites(), ["PATCH"], "comes");
  stage.pod({ name: "db-more" }, storage("10.9.7.2"));
  await stage.settle();
  assert.deepEqual(stage.takeWrites(), ["POST"], "one more than the slices hold");
});

Deno.test("a write that others came before is done again, in silence; if it happens again, it is said", async () => {
  await using stage = await started();
  let conflicts = 1;
  stage.api.befall = ({ resource, verb }) =>
    resource === endpointSlices && verb === "patch" && conflicts-- > 0
      ? { status: 409, message: "the object has been modified" }
      : undefined;
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  await stage.settle();
  stage.pod({ name: "db-0" }, storage("10.9.0.2"));
  await stage.settle(5_000);
  assert.deepEqual([stage.listed(), stage.failures], [["IPv4 db-0=10.9.0.2"], []]);
  conflicts = 2;
  stage.pod({ name: "db-0" }, storage("10.9.0.3"));
  await stage.settle(5_000);
  assert.equal(stage.failures.length, 1);
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.3"]);
});

Deno.test("an empty list after a restart takes nobody out, though one of those that were listed has gone", async () => {
  await using stage = await listedOne();
  stage.pod({ name: "db-1" }, storage("10.9.0.2"));
  await stage.settle();
  await stage.stop();
  stage.api.remove(pods, "db-0");
  stage.emptyLists = true;
  await stage.start();
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.1 db-1=10.9.0.2"]);
  stage.emptyLists = false;
  await stage.settle(30_000);
  assert.deepEqual(stage.listed(), ["IPv4 db-1=10.9.0.2"]);
});

Deno.test("when it cannot be asked whether pods are there, that is said, and they stay", async () => {
  await using stage = await listedOne();
  await stage.stop();
  stage.emptyLists = true;
  stage.api.befall = ({ resource, verb }) =>
    resource === pods && verb === "get" ? { status: 403, message: "pods is forbidden" } : undefined;
  await stage.start();
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.1"]);
  assert.match(stage.failures[0] ?? "", /^default\/db: .*403/);
});
