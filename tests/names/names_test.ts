// Which Service lists whom, when does an entry go, what is said of what cannot be, and what is never touched?
import assert from "node:assert/strict";
import { configMaps, endpointSlices, pods, services } from "../sandbox/api/resources.ts";
import { type AskingService, type ListedPod, managedBy, NamesStage } from "./names_stage.ts";

const storage = (...addresses: readonly string[]): { readonly storage: readonly string[] } => ({
  storage: addresses,
});

async function started(): Promise<NamesStage> {
  const stage = new NamesStage();
  await stage.start();
  return stage;
}

Deno.test("members that match are listed with their overlay addresses, one set for each family", async () => {
  await using stage = await started();
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1", "fd00::1"));
  stage.pod({ name: "db-1" }, storage("10.9.0.2"));
  stage.pod({ name: "web", app: "web" }, storage("10.9.0.3"));
  stage.pod({ name: "elsewhere" }, { other: ["10.8.0.1"] });
  stage.pod({ name: "db-0", namespace: "theirs" }, storage("10.9.0.4"));
  await stage.settle();
  assert.deepEqual([...stage.listed()].sort(), ["IPv4 db-0=10.9.0.1 db-1=10.9.0.2", "IPv6 db-0=fd00::1"]);
  const [slice] = stage.slices();
  assert.deepEqual(slice?.metadata.labels, {
    "endpointslice.kubernetes.io/managed-by": managedBy,
    "kubernetes.io/service-name": "db",
    "service.kubernetes.io/headless": "",
  });
  assert.deepEqual(Reflect.get(slice?.metadata ?? {}, "ownerReferences"), [
    { apiVersion: "v1", kind: "Service", name: "db", uid: "uid-service-default-db", controller: true },
  ]);
  assert.deepEqual(slice?.["ports"], [{ name: "sql", port: 5432, protocol: "TCP" }]);
  assert.deepEqual(stage.told, []);
});

interface PodRow {
  readonly it: string;
  readonly pod: Omit<ListedPod, "name"> & { readonly name?: string };
  readonly spec?: object;
  readonly listed: readonly string[];
}

const podRows: readonly PodRow[] = [
  { it: "ready", pod: {}, listed: ["IPv4 db-0=10.9.0.1"] },
  { it: "the pod is not ready", pod: { ready: false }, listed: ["IPv4 db-0=10.9.0.1(not ready)"] },
  { it: "its networks are not", pod: { networksReady: false }, listed: ["IPv4 db-0=10.9.0.1(not ready)"] },
  {
    it: "not ready, and published all the same",
    pod: { ready: false },
    spec: { publishNotReadyAddresses: true },
    listed: ["IPv4 db-0=10.9.0.1"],
  },
  { it: "being deleted", pod: { deletedWithGrace: 30 }, listed: ["IPv4 db-0=10.9.0.1(not ready, serving)"] },
  {
    it: "being deleted and not ready",
    pod: { deletedWithGrace: 30, ready: false },
    listed: ["IPv4 db-0=10.9.0.1(not ready, ending)"],
  },
  {
    it: "being deleted, and all of it has ended",
    pod: { deletedWithGrace: 30, terminated: true },
    listed: [],
  },
  { it: "finished", pod: { phase: "Succeeded" }, listed: [] },
  { it: "with a hostname", pod: { hostname: "first" }, listed: ["IPv4 first=10.9.0.1"] },
  { it: "with a name that is no DNS label", pod: { name: "db.0" }, listed: ["IPv4 ?=10.9.0.1"] },
];

Deno.test("how a pod is listed", async (t) => {
  for (const { it, pod, spec = {}, listed } of podRows) {
    await t.step(it, async () => {
      await using stage = await started();
      stage.service({ spec });
      stage.pod({ name: "db-0", ...pod }, storage("10.9.0.1"));
      await stage.settle();
      assert.deepEqual(stage.listed(), listed);
    });
  }
});

interface Refusal extends AskingService {
  readonly it: string;
  readonly reason: string;
  readonly says: RegExp;
  readonly addresses?: readonly string[];
  /** Of a Service that was in order before. */
  readonly stays?: boolean;
}

const refusals: readonly Refusal[] = [
  {
    it: "a selector",
    spec: { selector: { app: "db" } },
    reason: "VxlanServiceSelector",
    says:
      /write it into.*vxlan\.travelping\.com\/selector, and create the Service anew without spec\.selector/,
  },
  {
    it: "a ClusterIP",
    spec: { clusterIP: "10.96.0.7" },
    reason: "VxlanServiceNotHeadless",
    says: /clusterIP: None/,
  },
  {
    it: "an ExternalName",
    spec: { type: "ExternalName" },
    reason: "VxlanServiceNotHeadless",
    says: /headless/,
  },
  {
    it: "a bad name",
    network: "-batch",
    reason: "VxlanServiceInvalid",
    says: /"-batch".*begins with a letter/,
    stays: true,
  },
  {
    it: "no selector annotation",
    selector: null,
    reason: "VxlanServiceInvalid",
    says: /has no annotation/,
    stays: true,
  },
  {
    it: "a bad selector",
    selector: "app in db",
    reason: "VxlanServiceInvalid",
    says: /"app in db"/,
    stays: true,
  },
  { it: "an unknown network", network: "nosuch", reason: "VxlanUnknownNetwork", says: /"nosuch"/ },
  { it: "no address", addresses: [], reason: "VxlanNoAddress", says: /"db-0".*ip=/ },
  {
    it: "link-local only",
    addresses: ["fe80::1", "169.254.1.1"],
    reason: "VxlanNoAddress",
    says: /link-local/,
  },
];

Deno.test("what cannot be is said once, with the remedy; a slip in an annotation takes nobody out", async (t) => {
  for (const { it, reason, says, stays = false, addresses = ["10.9.0.1"], ...service } of refusals) {
    await t.step(it, async () => {
      await using stage = await started();
      stage.service();
      stage.pod({ name: "db-0" }, storage("10.9.0.1"));
      await stage.settle();
      stage.service(service);
      stage.pod({ name: "db-0" }, storage(...addresses));
      await stage.settle();
      // An unknown network: what was listed goes first.
      await stage.settle();
      stage.service(service);
      await stage.settle();
      assert.deepEqual(stage.listed(), stays ? ["IPv4 db-0=10.9.0.1"] : []);
      assert.deepEqual(stage.told.map((problem) => problem.reason), [reason]);
      assert.match(stage.told[0]?.note ?? "", says);
    });
  }
});

Deno.test("link-local, loopback and multicast addresses are never listed, and stop no others", async () => {
  await using stage = await started();
  stage.service();
  stage.pod(
    { name: "db-0" },
    storage("fe80::1", "127.0.0.1", "224.0.0.1", "0.0.0.0", "10.9.0.1", "169.254.0.9"),
  );
  await stage.settle();
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.1"]);
  assert.deepEqual(stage.told, []);
});

Deno.test("one change is one write, and nothing is written twice", async () => {
  await using stage = await started();
  stage.service();
  for (let number = 0; number < 150; number++) {
    stage.pod({ name: `db-${number}` }, storage(`10.9.1.${number}`));
  }
  await stage.settle();
  assert.deepEqual(stage.takeWrites(), ["POST", "POST"]);
  stage.pod({ name: "db-7", ready: false });
  await stage.settle();
  assert.deepEqual(stage.takeWrites(), ["PATCH"]);
  stage.pod({ name: "db-7", ready: false }, storage("10.9.1.7"));
  stage.service();
  await stage.settle();
  assert.deepEqual(stage.takeWrites(), []);
});

Deno.test("a pod that hangs while being deleted is listed until its grace has run out, and no longer", async () => {
  await using stage = await started();
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  stage.pod({ name: "db-0", deletedWithGrace: 30 });
  await stage.settle(31_000);
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.1(not ready, serving)"]);
  await stage.settle(2_000);
  assert.deepEqual(stage.listed(), []);
});

Deno.test("slices of others are never touched, whatever they say", async () => {
  await using stage = new NamesStage();
  const foreign = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "db-by-hand",
      namespace: "default",
      labels: { "kubernetes.io/service-name": "db", "endpointslice.kubernetes.io/managed-by": "somebody" },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.7.0.1"] }],
  };
  stage.api.put(endpointSlices, foreign);
  await stage.start();
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  await stage.settle();
  stage.service({ network: null });
  await stage.settle();
  assert.deepEqual(stage.slices().map(({ metadata }) => metadata.name), ["db-by-hand"]);
  assert.deepEqual(stage.listed(), ["IPv4 ?=10.7.0.1(not ready)"]);
});

Deno.test("after a restart what is listed stays until the controller has looked into the pods", async () => {
  await using stage = await started();
  stage.service();
  for (const name of ["db-0", "db-1"]) stage.pod({ name }, storage(`10.9.0.${name.slice(3)}1`));
  await stage.settle();
  const before = stage.listed();
  await stage.stop();
  stage.takeWrites();
  await stage.start();
  assert.deepEqual([stage.listed(), stage.takeWrites()], [before, []]);
  // One has another address now; the other was not looked into yet, and becomes unready meanwhile.
  stage.pod({ name: "db-0" }, storage("10.9.0.99"));
  stage.pod({ name: "db-1", ready: false });
  await stage.settle();
  assert.deepEqual(stage.listed(), ["IPv4 db-1=10.9.0.11(not ready) db-0=10.9.0.99"]);
});

Deno.test("a pod that asks for nothing any more is not kept", async () => {
  await using stage = await started();
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  await stage.settle();
  stage.names.takeBack("uid-default-db-0");
  await stage.settle();
  assert.deepEqual(stage.listed(), []);
});

Deno.test("empty lists take nobody out while the pods are there; once they are gone, they do", async () => {
  await using stage = await started();
  stage.service();
  for (const name of ["db-0", "db-1"]) stage.pod({ name }, storage(`10.9.0.${name.slice(3)}1`));
  await stage.settle();
  const before = stage.listed();
  stage.emptyLists = true;
  stage.api.befall = (route) => route.verb === "watch" ? { status: 500 } : undefined;
  stage.api.watches.expire();
  await stage.settle(120_000);
  assert.deepEqual(stage.listed(), before);
  stage.emptyLists = false;
  stage.api.befall = () => undefined;
  await stage.settle(60_000);
  stage.api.remove(pods, "db-0");
  await stage.settle();
  assert.deepEqual(stage.listed(), ["IPv4 db-1=10.9.0.11"]);
  stage.api.remove(pods, "db-1");
  await stage.settle();
  assert.deepEqual(stage.listed(), []);
});

Deno.test("a pod that has lost its label is not listed, though it lives", async () => {
  await using stage = await started();
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  await stage.settle();
  const pod = stage.api.find(pods, "db-0");
  stage.api.put(pods, { ...pod, metadata: { ...pod?.metadata, labels: { app: "db" } } });
  await stage.settle();
  assert.deepEqual(stage.listed(), []);
});

Deno.test("a standby writes nothing; the one that leads then does", async () => {
  await using stage = await started();
  stage.leading = false;
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  await stage.settle();
  assert.deepEqual([stage.listed(), stage.told], [[], []]);
  stage.leading = true;
  stage.names.restart();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  await stage.settle();
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.1"]);
});

Deno.test("a refused write is tried again, and another writer is no reason to give up", async () => {
  await using stage = await started();
  let refusals = 2;
  stage.api.befall = ({ resource, verb }) =>
    resource === endpointSlices && verb === "create" && refusals-- > 0
      ? { status: 403, message: "no" }
      : undefined;
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  await stage.settle(5_000);
  assert.equal(stage.failures.length, 2);
  const [slice] = stage.slices();
  stage.api.put(endpointSlices, { ...slice, endpoints: [] });
  await stage.settle(5_000);
  assert.deepEqual(stage.listed(), ["IPv4 db-0=10.9.0.1"]);
});

Deno.test("nothing is deleted because a list lacks the Service: that is the garbage collector's", async () => {
  await using stage = await started();
  stage.service();
  stage.pod({ name: "db-0" }, storage("10.9.0.1"));
  await stage.settle();
  stage.takeWrites();
  stage.api.remove(services, "db");
  await stage.settle(5_000);
  assert.deepEqual(stage.takeWrites(), []);
  assert.ok(stage.api.list(configMaps).length === 0);
});
