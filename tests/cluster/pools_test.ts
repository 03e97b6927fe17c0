// Pools on a real cluster: the same addresses again, an exhausted pool, a rolling update, two families; none twice, none leaked.
import assert from "node:assert/strict";
import { brokenNow } from "../pools/address_law.ts";
import type { Cluster } from "./cluster.ts";
import { controllerLog } from "./install_controller.ts";
import {
  applyWorkload,
  type MemberPod,
  podsOf,
  podTemplate,
  readyPods,
  type Workload,
  workloadObject,
} from "./members.ts";
import { pings } from "./pod_network.ts";
import { addressesBy, lawHolds, poolWorld, telling } from "./pool_world.ts";
import { say, seconds } from "./progress.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "pools";
const data = {
  few: "id=801 subnet=10.81.0.0/24 range=10.81.0.100-10.81.0.119",
  both: "id=802 subnet=10.82.0.0/24 subnet=fd82::/64",
  roll: "id=803 subnet=10.83.0.0/24 range=10.83.0.1-10.83.0.9",
};
const where = { namespace, networks: Object.keys(data) };
const room = 20;
/** Milliseconds for which nobody else gets an address that was given back. */
const rests = 60_000;
const few: Workload = { namespace, name: "few", networks: "few", replicas: 30, form: "classic" };
const roll: Workload = { namespace, name: "roll", networks: "roll", replicas: 4, form: "classic" };
const db: Workload = {
  ...{ namespace, name: "db", networks: "both", replicas: 5 },
  ...{ form: "native with a port", kind: "StatefulSet" },
};

Deno.test("pools of addresses", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const patch = ["-n", "kube-system", "patch", "configmap", "kube-vxlan-controller", "--type=merge", "-p"];
    await cluster.kubectl([...patch, JSON.stringify({ data })]);
    for (const work of [db, few]) await applyWorkload(cluster, work);
    await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(surging(roll)));
    let kept: Readonly<Record<string, readonly string[]>> = {};
    const step = (name: string, deed: () => Promise<void>): Promise<boolean> =>
      t.step(name, () => telling(deed, { cluster, ...where }));
    await step("thirty on a range of twenty: twenty are ready, ten are told why not", async () => {
      kept = await exhausted(cluster);
    });
    // A freed address rests for a minute, in which the other steps are done.
    const gone = Object.keys(kept).slice(0, 5);
    await cluster.kubectl(["-n", namespace, "delete", "pods", ...gone, "--wait=false"]);
    await step("a StatefulSet's pods have the same again: deleted, and 5→3→5", () => sameAgain(cluster));
    await step("an Indexed Job and a StatefulSet that begins at 5: addresses by their numbers", () => {
      return counted(cluster);
    });
    await step("a rolling update with maxSurge gives none twice at any moment", () => rolled(cluster));
    await step("five went: five of those that waited follow", () => follow(cluster, { kept, gone }));
    await step("everything goes: nothing is held any more", () => nothingLeaks(cluster));
  });
});

function surging(work: Workload): object {
  const object = workloadObject(work) as { readonly spec: object };
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } };
  return { ...object, spec: { ...object.spec, strategy } };
}

async function exhausted(cluster: Cluster): Promise<Readonly<Record<string, readonly string[]>>> {
  const pods = await readyAmong(cluster, room);
  const text = await cluster.kubectl(["-n", namespace, "get", "pods", "-l", "app=few", "-o", "json"]);
  const { items }: { items: readonly WaitingJson[] } = JSON.parse(text);
  const ready = new Set(pods.filter((pod) => pod.ready).map(({ name }) => name));
  const waiting = items.filter(({ metadata }) => !ready.has(metadata.name));
  assert.equal(waiting.length, few.replicas - room);
  const told = /all 20 addresses of 10\.81\.0\.100-10\.81\.0\.119 are in use/;
  for (const { metadata: { name }, status: { conditions = [] } } of waiting) {
    const condition = conditions.find(({ type }) => type === "vxlan.travelping.com/Ready");
    assert.equal(condition?.reason, "PoolExhausted", name);
    assert.match(condition?.message ?? "", told, name);
  }
  let events = "";
  await until("an Event on each of the ten", async () => {
    const list = ["-n", namespace, "get", "events", "--field-selector", "reason=VxlanPoolExhausted"];
    events = await cluster.kubectl([...list, "-o", "wide"]);
    return waiting.every(({ metadata: { name } }) => events.includes(`pod/${name}`));
  }, { seconds: 30, describe: () => events });
  assert.match(events, told);
  const addresses = addressesBy(await lawHolds(cluster, where), "few");
  assert.deepEqual(Object.keys(addresses), [...ready].sort());
  assert.equal(new Set(Object.values(addresses).flat()).size, room);
  return addresses;
}

/** Waits until so many of the thirty are ready, and stay so. */
async function readyAmong(cluster: Cluster, count: number): Promise<readonly MemberPod[]> {
  let pods: readonly MemberPod[] = [];
  await until(`${count} of ${few.replicas} to be ready, and the others to be told why not`, async () => {
    pods = await podsOf(cluster, few);
    const path = 'jsonpath={.items[*].status.conditions[?(@.reason=="PoolExhausted")].status}';
    const told = await cluster.kubectl(["-n", namespace, "get", "pods", "-l", "app=few", "-o", path]);
    return pods.length === few.replicas && pods.filter(({ ready }) => ready).length === count &&
      told.split(" ").length === few.replicas - count;
  }, {
    seconds: 180,
    describe: async () =>
      `${pods.filter(({ ready }) => ready).length} of ${pods.length} are ready\n${await controllerLog(
        cluster,
      )}`,
  });
  return pods;
}

async function sameAgain(cluster: Cluster): Promise<void> {
  const first = await readyPods(cluster, db);
  const before = addressesBy(await lawHolds(cluster, where), "both");
  assert.deepEqual(Object.keys(before), ["db-0", "db-1", "db-2", "db-3", "db-4"]);
  for (const addresses of Object.values(before)) {
    assert.deepEqual(addresses.map((address) => address.includes(":")), [false, true], "one of each family");
  }
  await framesGo(cluster, { pods: first, addresses: before });
  await cluster.kubectl(["-n", namespace, "delete", "pod", "db-2"]);
  await readyPods(cluster, db);
  assert.deepEqual(addressesBy(await lawHolds(cluster, where), "both"), before);
  await cluster.kubectl(["-n", namespace, "scale", "statefulset", "db", "--replicas=3"]);
  const left = ["-n", namespace, "wait", "--for=delete", "pod/db-3", "pod/db-4", "--timeout=180s"];
  await cluster.kubectl(left);
  // Somebody else comes meanwhile: the pool has others for him.
  await cluster.kubectl(
    ["apply", "-f", "-"],
    JSON.stringify(workloadObject({ ...db, name: "other", kind: "Deployment", replicas: 1 })),
  );
  await readyPods(cluster, { namespace, name: "other", replicas: 1 });
  await cluster.kubectl(["-n", namespace, "scale", "statefulset", "db", "--replicas=5"]);
  await readyPods(cluster, db);
  const after = addressesBy(await lawHolds(cluster, where), "both");
  const ofSet = Object.fromEntries(Object.entries(after).filter(([name]) => name.startsWith("db-")));
  assert.deepEqual(ofSet, before);
}

/** The address is the base and the number that Kubernetes has given the pod. */
async function counted(cluster: Cluster): Promise<void> {
  const networks = "count id=804 ip=10.84.0.10/24+ordinal ip=fd84::10/64+ordinal";
  const about = { namespace, networks, replicas: 3, form: "native with a port" } as const;
  const set: Workload = { ...about, name: "nth", kind: "StatefulSet" };
  const { spec, ...others } = workloadObject(set) as { readonly spec: object };
  const { metadata, spec: pod } = podTemplate({ ...about, name: "batch" });
  const template = { metadata, spec: { ...pod, restartPolicy: "Never" } };
  const job = {
    ...{ apiVersion: "batch/v1", kind: "Job", metadata: { namespace, name: "batch" } },
    spec: { completionMode: "Indexed", completions: 3, parallelism: 3, template },
  };
  const counting = { ...others, spec: { ...spec, ordinals: { start: 5 } } };
  for (const object of [counting, job]) await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  const seen = { namespace, networks: ["count"] };
  for (const [work, first] of [[set, 5], [{ ...set, name: "batch" }, 0]] as const) {
    const names = (await readyPods(cluster, work)).map(({ name }) => name);
    let world = await poolWorld(cluster, seen);
    await until("all of them to be looked into", async () => {
      if (world.unseen.length > 0) world = await poolWorld(cluster, seen);
      return world.unseen.length === 0;
    }, { seconds: 30, describe: () => world.unseen.join("; ") });
    const addresses = addressesBy(world, "count");
    const path = 'jsonpath={range .items[*]}{.metadata.name} {.metadata.labels}{"\\n"}{end}';
    const labels = await cluster.kubectl([
      "-n",
      namespace,
      "get",
      "pods",
      "-l",
      `app=${work.name}`,
      "-o",
      path,
    ]);
    const found = names.map((name) => `${indexIn(labels, name)}: ${addresses[name]?.join(" ")}`).sort();
    const wanted = [0, 1, 2].map((at) => first + at).map((index) =>
      `${index}: 10.84.0.${10 + index} fd84::${(16 + index).toString(16)}`
    );
    assert.deepEqual(found, wanted);
  }
  await cluster.kubectl(["-n", namespace, "delete", "statefulset/nth", "job/batch", "--wait=false"]);
}

/** What Kubernetes itself has written on the pod. */
function indexIn(labels: string, name: string): string | undefined {
  const line = labels.split("\n").find((each) => each.startsWith(`${name} `)) ?? "";
  return /"(?:apps\.kubernetes\.io\/pod-index|batch\.kubernetes\.io\/job-completion-index)":"(\d+)"/
    .exec(line)?.[1];
}

/** Between two nodes where there are two, in both families. */
async function framesGo(
  cluster: Cluster,
  { pods, addresses }: {
    readonly pods: readonly MemberPod[];
    readonly addresses: Readonly<Record<string, readonly string[]>>;
  },
): Promise<void> {
  const [from, ...others] = pods;
  const to = others.find(({ node }) => node !== from?.node);
  assert.ok(from !== undefined && to !== undefined, `all of ${pods.map(({ node }) => node)} on one node`);
  for (const address of addresses[to.name] ?? []) {
    await until(`frames from ${from.name} to ${to.name}`, () => {
      return pings(cluster, { namespace, pod: from.name, to: address });
    }, { seconds: 30 });
    say(`${from.name} on ${from.node} pings ${to.name} on ${to.node} at ${address}`);
  }
}

async function rolled(cluster: Cluster): Promise<void> {
  await readyPods(cluster, roll);
  const before = addressesBy(await lawHolds(cluster, where), "roll");
  await cluster.kubectl(["-n", namespace, "rollout", "restart", "deployment", "roll"]);
  const begin = performance.now();
  const rollout = { isOver: false };
  const status = ["-n", namespace, "rollout", "status", "deployment", "roll", "--timeout=270s"];
  const end = cluster.kubectl.try(status).finally(() => rollout.isOver = true);
  const looks: string[][] = [];
  while (!rollout.isOver) looks.push([...brokenNow(await poolWorld(cluster, where))]);
  assert.equal((await end).code, 0, (await end).stderr + await controllerLog(cluster));
  assert.deepEqual(looks.flat(), []);
  const after = addressesBy(await lawHolds(cluster, where), "roll");
  const old = new Set(Object.values(before).flat());
  const again = Object.values(after).flat().filter((address) => old.has(address));
  const lasted = `it was looked at ${looks.length} times in ${seconds(begin)}`;
  if (performance.now() - begin < rests) assert.deepEqual(again, [], `what was freed rests; ${lasted}`);
  else say("NOT SEEN: what was freed rests, for a minute; the rolling update took longer");
  say(`the rolling update: ${lasted}`);
}

async function follow(
  cluster: Cluster,
  { kept, gone }: {
    readonly kept: Readonly<Record<string, readonly string[]>>;
    readonly gone: readonly string[];
  },
): Promise<void> {
  await readyAmong(cluster, room);
  const after = addressesBy(await lawHolds(cluster, where), "few");
  const staying = Object.fromEntries(Object.entries(kept).filter(([name]) => !gone.includes(name)));
  const stayed = Object.fromEntries(Object.entries(after).filter(([name]) => name in kept));
  assert.deepEqual(stayed, staying, "nobody lost or changed his address");
  const followed = Object.entries(after).filter(([name]) => !(name in kept)).flatMap(([, of]) => of);
  assert.deepEqual(followed.sort(), gone.flatMap((name) => kept[name] ?? []).sort());
}

async function nothingLeaks(cluster: Cluster): Promise<void> {
  await cluster.kubectl(["-n", namespace, "delete", "deployments,statefulsets", "--all"]);
  await cluster.kubectl(["-n", namespace, "wait", "--for=delete", "pods", "--all", "--timeout=270s"]);
  const { tables, kernels } = await lawHolds(cluster, where);
  assert.deepEqual(kernels, []);
  for (const [network, text] of tables) assert.doesNotMatch(text, /^held/m, network);
}

interface WaitingJson {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}
