// Stories of pools that are asked in odd ways: early, twice by one pod, by pods that ask no more, beside addresses of their own.
import assert from "node:assert/strict";
import { label } from "../member/member_pod.ts";
import { objectOf } from "../../lib/pools/pool_object.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { addressesOf, held, lawHolds, makePools, showsWhatItHas } from "./pool_objects.ts";
import { running } from "./scenes.ts";
import { poolsName, type RunningController, setStage, type Stage } from "./stage.ts";

const storage = { storage: "id=7 subnet=10.7.0.0/24" };
const object = { namespace: "kube-system", name: `${poolsName}-${objectOf("storage")}` };

async function started(networks: Readonly<Record<string, string>> = storage): Promise<Stage> {
  const stage = await setStage();
  makePools(stage);
  stage.networks(networks);
  return stage;
}

async function says({ log }: RunningController, text: string): Promise<void> {
  await waitFor(() => log.some((line) => line.includes(text)), {
    what: `it says "${text}"`,
    state: () => log.slice(-20).join("\n"),
  });
}

for (const form of ["classic", "native"] as const) {
  Deno.test(`${form}: no agent is asked anything before the pool has answered, and then as often as without one`, async () => {
    await using stage = await started({ ...storage, plain: "id=8" });
    await stage.startController();
    const order = stage.sandbox.faults.onRequest({ verb: "update", resource: "configmaps" }, {
      kind: "hang",
    });
    stage.pod({ name: "a", networks: "storage", form });
    await waitFor(() => order.hits > 0, { what: "its address is being written" });
    stage.pod({ name: "b", networks: "plain", form });
    await running(stage, ["b"]);
    assert.deepEqual(commands(stage, "a"), [], "it had its turn, and was left alone");
    order.lift();
    await running(stage, ["a"]);
    await lawHolds(stage, ["storage"]);
    assert.deepEqual(untilRelease(stage, "a"), untilRelease(stage, "b"));
  });
}

function commands(stage: Stage, pod: string): readonly string[] {
  return stage.sandbox.counters.execs({ pod }).map(({ command }) => command[0] ?? "");
}

/**
 * With the tools alone there is a session of each, and the order to end where there is one. One pod is asked whether its
 * image has the program, for all of that image.
 */
function untilRelease(stage: Stage, pod: string): readonly string[] {
  const all = commands(stage, pod).filter((program) => program !== "vxlan-agent");
  const kill = all.indexOf("kill");
  return kill < 0 ? all.slice(0, 2) : all.slice(0, kill + 1);
}

Deno.test("two networks of one pod with one subnet: it is told at once, nothing is given for the second, others go on", async () => {
  await using stage = await started({ ...storage, office: "id=8 subnet=10.7.0.0/24" });
  const controller = await stage.startController();
  stage.pod({ name: "a", networks: "storage, office" });
  await says(controller, 'Cannot give the pod network "office": subnet 10.7.0.0/24 of its pool overlaps');
  stage.pod({ name: "b", networks: "office" });
  await running(stage, ["b"]);
  assert.deepEqual([...held(stage, "office").values()], [["10.7.0.1"]], "b is the only one");
  stage.annotate("a", "storage, office ip=none");
  await running(stage, ["a"]);
  await lawHolds(stage, ["storage", "office"]);
});

Deno.test("the same by an edit: who runs keeps what it has and is told; mended, all is as it should be", async () => {
  await using stage = await started({ ...storage, office: "id=8 subnet=10.8.0.0/24" });
  const controller = await stage.startController();
  stage.pod({ name: "a", networks: "storage, office" });
  await running(stage, ["a"]);
  stage.networks({ ...storage, office: "id=8 subnet=10.7.0.0/24" });
  await says(controller, "overlaps 10.7.0.0/24 of network");
  assert.deepEqual(await addressesOf(stage, { name: "a", interfaceName: "office" }), ["10.8.0.1"]);
  await lawHolds(stage, ["storage", "office"]);
  stage.networks({ ...storage, office: "id=8 subnet=10.9.0.0/24" });
  stage.pod({ name: "b", networks: "storage, office" });
  await running(stage, ["b"]);
  assert.deepEqual(await addressesOf(stage, { name: "b", interfaceName: "office" }), ["10.9.0.1"]);
  await lawHolds(stage, ["storage", "office"]);
});

Deno.test("an ip= that another holds: the holder keeps it, both are told, and a third gets another", async () => {
  await using stage = await started();
  const controller = await stage.startController();
  stage.pod({ name: "a", networks: "storage" });
  await running(stage, ["a"]);
  stage.pod({ name: "thief", networks: "storage ip=10.7.0.1/24" });
  await says(
    controller,
    'Cannot rely on address 10.7.0.1 of network "storage": it is also used by default/thief',
  );
  await says(
    controller,
    'Cannot rely on address 10.7.0.1 of network "storage": it is also used by default/a',
  );
  stage.pod({ name: "c", networks: "storage" });
  await running(stage, ["c"]);
  assert.deepEqual(await addressesOf(stage, { name: "a", interfaceName: "storage" }), ["10.7.0.1"]);
  assert.deepEqual(await addressesOf(stage, { name: "c", interfaceName: "storage" }), ["10.7.0.2"]);
  stage.sandbox.delete(pods, { name: "thief", graceSeconds: 0 });
  await lawHolds(stage, ["storage"]);
});

Deno.test("who has lost its label and cannot be cleaned keeps its address from others until it is clean", async () => {
  await using stage = await started();
  await stage.startController();
  stage.pod({ name: "a", networks: "storage" });
  await running(stage, ["a"]);
  await showsWhatItHas(stage, "a");
  const { uid } = podNamed(stage, "a").metadata;
  assert.deepEqual(held(stage, "storage").get(uid), ["10.7.0.1"]);
  const dead = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 500 }, {
    times: "until-lifted",
  });
  stage.sandbox.patch(pods, { name: "a" }, { metadata: { labels: { [label]: null } } });
  await waitFor(() => dead.hits > 0, { what: "it cannot be cleaned" });
  stage.pod({ name: "b", networks: "storage" });
  await running(stage, ["b"]);
  await waitFor(() => held(stage, "storage").get(uid)?.join() === "10.7.0.1", {
    what: "what its kernel still has is its own",
  });
  dead.lift();
  await waitFor(() => !held(stage, "storage").has(uid), { what: "it is free" });
  assert.deepEqual(await addressesOf(stage, { name: "a", interfaceName: "storage" }), []);
});

Deno.test("who asks for the network no more and cannot be cleaned keeps its address from others until it is clean", async () => {
  await using stage = await started({ ...storage, plain: "id=8" });
  await stage.startController();
  stage.pod({ name: "a", networks: "storage" });
  await running(stage, ["a"]);
  await showsWhatItHas(stage, "a");
  const { uid } = podNamed(stage, "a").metadata;
  const dead = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 500 }, {
    times: "until-lifted",
  });
  stage.annotate("a", "plain");
  await waitFor(() => dead.hits > 0, { what: "it cannot be cleaned" });
  stage.pod({ name: "b", networks: "storage" });
  await running(stage, ["b"]);
  assert.deepEqual(held(stage, "storage").get(uid), ["10.7.0.1"], "its kernel still has it");
  dead.lift();
  await waitFor(
    async () => (await addressesOf(stage, { name: "a", interfaceName: "storage" })).length === 0,
    {
      what: "its interface has gone",
    },
  );
  await showsWhatItHas(stage, "a");
  await waitFor(() => !held(stage, "storage").has(uid), { what: "it is free" });
});

Deno.test("labels lost and ranges shrunk while the controller was down: cleaned, freed, and nobody else loses anything", async () => {
  await using stage = await started();
  const first = await stage.startController();
  for (const name of ["a", "b", "c"]) stage.pod({ name, networks: "storage" });
  await running(stage, ["a", "b", "c"]);
  for (const name of ["a", "b", "c"]) await showsWhatItHas(stage, name);
  const before = held(stage, "storage");
  await first.stop();
  stage.sandbox.patch(pods, { name: "c" }, { metadata: { labels: { [label]: null } } });
  stage.networks({ storage: "id=7 subnet=10.7.0.0/24 range=10.7.0.100-10.7.0.101" });
  await stage.startController();
  await waitFor(() => held(stage, "storage").size === 2, { what: "that of c is free" });
  await waitFor(
    async () => (await addressesOf(stage, { name: "c", interfaceName: "storage" })).length === 0,
    {
      what: "c has no interface of ours",
    },
  );
  stage.pod({ name: "d", networks: "storage" });
  await running(stage, ["d"]);
  assert.deepEqual(await addressesOf(stage, { name: "d", interfaceName: "storage" }), ["10.7.0.100"]);
  for (const [holder, addresses] of held(stage, "storage")) {
    assert.deepEqual(addresses, before.get(holder) ?? ["10.7.0.100"]);
  }
  await lawHolds(stage, ["storage"]);
});

Deno.test("the object lost and the range shrunk while the controller was down: who is outside is told, and keeps its address", async () => {
  await using stage = await started();
  const first = await stage.startController();
  for (const name of ["a", "b"]) stage.pod({ name, networks: "storage" });
  await running(stage, ["a", "b"]);
  for (const name of ["a", "b"]) await showsWhatItHas(stage, name);
  const [has = ""] = await addressesOf(stage, { name: "b", interfaceName: "storage" });
  await first.stop();
  stage.sandbox.patch(configMaps, object, { data: null });
  stage.networks({ storage: "id=7 subnet=10.7.0.0/24 range=10.7.0.1-10.7.0.1" });
  const second = await stage.startController();
  await says(second, "of which the network's pool knows nothing, and which is outside of what it gives");
  const names = [...held(stage, "storage").values()];
  assert.deepEqual(names, [["10.7.0.1"]]);
  assert.deepEqual(await addressesOf(stage, { name: "b", interfaceName: "storage" }), [has]);
});

Deno.test("a pod that claims in its annotation what it does not have gets what the pool gives", async () => {
  await using stage = await started();
  await stage.startController();
  stage.pod({ name: "a", networks: "storage" });
  await running(stage, ["a"]);
  stage.sandbox.apply(JSON.stringify(forged(stage, "10.7.0.99")));
  await running(stage, ["forger"]);
  const [address = ""] = await addressesOf(stage, { name: "forger", interfaceName: "storage" });
  assert.notEqual(address, "10.7.0.99");
  await lawHolds(stage, ["storage"]);
});

/** The pod a again under another name, with a status that it has made up. */
function forged(stage: Stage, address: string): object {
  const { metadata: { labels, annotations }, ...rest } = podNamed(stage, "a");
  const shown = JSON.stringify([{ name: "storage", interface: "storage", ips: [address] }]);
  const status = { "vxlan.travelping.com/network-status": shown };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "forger", labels, annotations: { ...annotations, ...status } },
    spec: rest["spec"],
  };
}

function podNamed(stage: Stage, name: string): ReturnType<Stage["sandbox"]["store"]["list"]>[number] {
  const pod = stage.sandbox.store.list(pods).find(({ metadata }) => metadata.name === name);
  assert.ok(pod !== undefined, `there is a pod ${name}`);
  return pod;
}
