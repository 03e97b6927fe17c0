// Stories of addresses from pools: who gets which, who waits, and what a lost, damaged or contested object does.
import assert from "node:assert/strict";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { objectOf } from "../../lib/pools/pool_object.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { addressesOf, held, lawHolds, makePools, showsWhatItHas, statefulPod } from "./pool_objects.ts";
import { running } from "./scenes.ts";
import { poolsName, setStage, type Stage } from "./stage.ts";

const storage = { storage: "id=7 subnet=10.7.0.0/24 range=10.7.0.10-10.7.0.12" };
const object = { namespace: "kube-system", name: `${poolsName}-${objectOf("storage")}` };

async function started(networks: Readonly<Record<string, string>> = storage): Promise<Stage> {
  const stage = await setStage();
  makePools(stage);
  stage.networks(networks);
  return stage;
}

async function has(stage: Stage, name: string, addresses: readonly string[]): Promise<void> {
  let found: readonly string[] = [];
  await waitFor(async () => {
    found = await addressesOf(stage, { name, interfaceName: "storage" });
    return found.join() === addresses.join();
  }, { what: `${name} has ${addresses.join()}`, state: () => `it has ${found.join()}` });
}

async function sound(stage: Stage): Promise<void> {
  await lawHolds(stage, ["storage"]);
}

Deno.test("members without ip= get addresses of the pool, those with one keep theirs, and none opts out", async () => {
  await using stage = await started();
  await stage.startController();
  for (const name of ["a", "b"]) stage.pod({ name, networks: "storage" });
  await running(stage, ["a", "b"]);
  stage.pod({ name: "own", networks: "storage ip=10.7.0.12/24" });
  stage.pod({ name: "dhcp", networks: "storage ip=none", form: "native" });
  await running(stage, ["own", "dhcp"]);
  const given = [...held(stage, "storage").values()].flat().sort();
  assert.deepEqual(given, ["10.7.0.10", "10.7.0.11"]);
  assert.deepEqual(await addressesOf(stage, { name: "dhcp", interfaceName: "storage" }), []);
  await has(stage, "own", ["10.7.0.12"]);
});

Deno.test("who finds the pool exhausted waits, is told so, and follows when one comes free", async () => {
  await using stage = await started();
  const { log } = await stage.startController();
  for (const name of ["a", "b", "c"]) stage.pod({ name, networks: "storage" });
  await running(stage, ["a", "b", "c"]);
  stage.pod({ name: "d", networks: "storage" });
  await waitFor(() => log.some((line) => line.includes("its pool is exhausted: all 3 addresses")), {
    what: "the log says that the pool is exhausted",
    state: () => log.slice(-20).join("\n"),
  });
  // Widened rather than waited for: a freed one rests for a minute.
  stage.networks({ storage: "id=7 subnet=10.7.0.0/24 range=10.7.0.10-10.7.0.13" });
  await running(stage, ["d"]);
  await has(stage, "d", ["10.7.0.13"]);
  await sound(stage);
});

Deno.test("a StatefulSet's pod has its address again after its deletion, and after a restart of the controller", async () => {
  await using stage = await started();
  const first = await stage.startController();
  for (const name of ["db-0", "db-1"]) statefulPod(stage, name, "storage");
  await running(stage, ["db-0", "db-1"]);
  const before = held(stage, "storage").get("default/db-1") ?? [];
  assert.equal(before.length, 1);
  stage.sandbox.delete(pods, { name: "db-1", graceSeconds: 0 });
  await waitFor(() => !held(stage, "storage").has("default/db-1"), { what: "it is freed" });
  await first.stop();
  await stage.startController();
  stage.pod({ name: "other", networks: "storage" });
  await running(stage, ["other"]);
  statefulPod(stage, "db-1", "storage");
  await running(stage, ["db-1"]);
  await has(stage, "db-1", before);
  await sound(stage);
});

Deno.test("two families, both or none, and the pod's status names them", async () => {
  await using stage = await started({ storage: "id=7 subnet=10.7.0.0/24 subnet=fd07::/64" });
  await stage.startController();
  stage.pod({ name: "a", networks: "storage" });
  await running(stage, ["a"]);
  await has(stage, "a", ["10.7.0.1", "fd07::1"]);
});

Deno.test("an object that is emptied is made again from what the pods have, by a controller that has just started", async () => {
  await using stage = await started();
  const first = await stage.startController();
  for (const name of ["a", "b"]) stage.pod({ name, networks: "storage" });
  await running(stage, ["a", "b"]);
  const before = held(stage, "storage");
  for (const name of ["a", "b"]) await showsWhatItHas(stage, name);
  await first.stop();
  stage.sandbox.patch(configMaps, object, { data: null });
  await stage.startController();
  await waitFor(() => held(stage, "storage").size === 2, { what: "the table is made again" });
  assert.deepEqual(held(stage, "storage"), before);
  stage.pod({ name: "c", networks: "storage" });
  await running(stage, ["c"]);
  await has(stage, "c", ["10.7.0.12"]);
  await sound(stage);
});

Deno.test("a pool that was taken away and comes back smaller: what was given before counts for nothing", async () => {
  await using stage = await started();
  const { log } = await stage.startController();
  for (const name of ["a", "b"]) stage.pod({ name, networks: "storage" });
  await running(stage, ["a", "b"]);
  stage.networks({ storage: "id=7" });
  for (const name of ["a", "b"]) await has(stage, name, []);
  await waitFor(() => held(stage, "storage").size === 0, { what: "nobody holds anything" });
  stage.networks({ storage: "id=7 subnet=10.7.0.0/24 range=10.7.0.10-10.7.0.10" });
  await waitFor(() => log.some((line) => line.includes("its pool is exhausted")), { what: "one is told" });
  await sound(stage);
  assert.equal(held(stage, "storage").size, 1);
});
