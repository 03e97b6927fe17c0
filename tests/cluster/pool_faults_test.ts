// What befalls pools on a real cluster. After each fault: no address twice in any kernel, none without its object, none leaked.
import assert from "node:assert/strict";
import { objectOf } from "../../lib/pools/pool_object.ts";
import { readTable } from "../../lib/pools/table_text.ts";
import { brokenNow } from "../pools/address_law.ts";
import type { Cluster } from "./cluster.ts";
import { allowExec, banExec } from "./exec_ban.ts";
import { deployment, fieldOf, killController, system } from "./fault_deeds.ts";
import { controllerLog, controllerReady, repository } from "./install_controller.ts";
import { leader } from "./leader.ts";
import { agentContainer, applyWorkload, podsOf, readyPods, type Workload } from "./members.ts";
import type { NodeAccess } from "./node_access.ts";
import { lawHolds, poolWorld, type SeenWorld, telling } from "./pool_world.ts";
import { say } from "./progress.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "pool-faults";
const network = "held";
const where = { namespace, networks: [network] };
const object = `kube-vxlan-controller-pool-${objectOf(network)}`;
const db: Workload = {
  ...{ namespace, name: "db", networks: network, replicas: 3, form: "classic", kind: "StatefulSet" },
  graceSeconds: 1,
};
const web: Workload = {
  ...{ namespace, name: "web", networks: network, replicas: 5, form: "native with a port" },
  graceSeconds: 1,
};

interface Scene {
  readonly cluster: Cluster;
  readonly access: NodeAccess;
}

Deno.test("faults of pools", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const { access } = cluster;
    if (access === undefined) {
      say("SKIPPED: faults of pools need access to the nodes; this is an existing cluster");
      return;
    }
    const scene = { cluster, access };
    const data = { [network]: "id=811 subnet=10.91.0.0/24 subnet=fd91::/64" };
    const patch = ["patch", "configmap", "kube-vxlan-controller", "--type=merge", "-p"];
    await cluster.kubectl([...system, ...patch, JSON.stringify({ data })]);
    try {
      const steps = [
        ["killed -9 between the write and the kernel", killedBetween],
        ["killed -9 twice while members come and go", killedAmongMany],
        ["the object emptied, deleted, filled with rubbish", lost],
        ["a leader frozen beyond its lease, then woken", frozen],
        ["two that both lead", two],
        ["everything goes: nothing is held any more", nothingLeaks],
      ] as const;
      for (const [name, deed] of steps) {
        await t.step(name, () => telling(() => deed(scene), { cluster, ...where }));
      }
    } finally {
      await allowExec(cluster);
    }
  });
});

/** All is given and nothing is made; then one goes while nobody looks, and who is left finds the addresses it was given. */
async function killedBetween(scene: Scene): Promise<void> {
  const { cluster } = scene;
  await applyWorkload(cluster, { ...web, replicas: 1 });
  const [first] = await readyPods(cluster, { ...web, replicas: 1 });
  assert.ok(first !== undefined);
  await banExec(cluster, { namespace, name: first.name, container: agentContainer });
  for (const work of [db, web]) await applyWorkload(cluster, work);
  await until("the object to have all of them", async () => (await held(cluster)).size === 8, {
    seconds: 90,
    describe: () => controllerLog(cluster),
  });
  const before = await held(cluster);
  const { kernels } = await poolWorld(cluster, where);
  assert.deepEqual([...new Set(kernels.map(({ pod }) => pod))], [`${namespace}/${first.name}`]);
  await killController(scene, { fresh: true });
  const [, gone] = await podsOf(cluster, web);
  await cluster.kubectl(["-n", namespace, "delete", "pod", gone?.name ?? "", "--now"]);
  await allowExec(cluster);
  await settled(cluster, before);
}

async function killedAmongMany(scene: Scene): Promise<void> {
  const { cluster } = scene;
  const before = await held(cluster);
  for (const fresh of [false, true]) {
    const text = await textOf(cluster);
    const names = (await podsOf(cluster, web)).map(({ name }) => name).slice(0, 2);
    await cluster.kubectl(["-n", namespace, "delete", "pods", ...names, "--wait=false"]);
    await until("the object to be written", async () => await textOf(cluster) !== text, { seconds: 60 });
    await killController(scene, { fresh });
    await controllerReady(cluster);
  }
  await settled(cluster, before);
}

async function lost({ cluster }: Scene): Promise<void> {
  const losses: readonly { readonly lose: () => Promise<unknown>; readonly mend?: () => Promise<unknown> }[] =
    [
      { lose: () => patchObject(cluster, { data: null }) },
      {
        lose: () => cluster.kubectl([...system, "delete", "configmap", object]),
        mend: async () => {
          await says(cluster, `${object} is not there; apply the manifests again`);
          await cluster.kubectl(["apply", "-f", `${repository}deploy/base/pools.yaml`]);
        },
      },
      {
        lose: () => patchObject(cluster, { data: { [network]: "held a\u0001 b 10.91.0.1/24\nrubbish" } }),
        mend: async () => {
          await says(cluster, `is damaged, key ${network}: line 1 cannot be read`);
          await patchObject(cluster, { data: { [network]: null } });
        },
      },
    ];
  await memoryIsHad(cluster);
  for (const { lose, mend } of losses) {
    const before = await held(cluster);
    await lose();
    await cluster.kubectl([
      "-n",
      namespace,
      "delete",
      "pod",
      "db-1",
      await anyOf(cluster, web),
      "--wait=false",
    ]);
    await mend?.();
    await settled(cluster, before);
  }
}

/**
 * The controller that runs now leads and has read the object: it writes it. One that starts while the object is lost knows of
 * nobody's address but what the pods that are there show, and a pod that is deleted in the same second shows nothing.
 */
async function memoryIsHad(cluster: Cluster): Promise<void> {
  const text = await textOf(cluster);
  await cluster.kubectl(["-n", namespace, "delete", "pod", await anyOf(cluster, web), "--wait=false"]);
  await until("the controller to write the object", async () => await textOf(cluster) !== text, {
    seconds: 90,
    describe: () => controllerLog(cluster),
  });
  await readyPods(cluster, web);
}

/** It is stopped while members come, another leads and serves others, and it wakes up among them. */
async function frozen(scene: Scene): Promise<void> {
  const { cluster, access } = scene;
  await runAs(cluster, { replicas: 2, election: true });
  const pod = await leader(cluster);
  const first = { namespace: "kube-system", pod, container: "controller" };
  const before = await held(cluster);
  await applyWorkload(cluster, { ...web, replicas: 8 });
  await until("the first of them to be in the object", async () => (await held(cluster)).size > before.size, {
    seconds: 60,
  });
  await access.signalContainer(first, "SIGSTOP");
  await until("another to lead", async () => await leader(cluster) !== pod, { seconds: 60 });
  await cluster.kubectl(["-n", namespace, "delete", "pod", "db-2", "--wait=false"]);
  await watched(cluster, () => readyPods(cluster, { ...web, replicas: 8 }));
  // On a slow machine the kubelet may have found it dead, and started another in its place.
  await access.signalContainer(first, "SIGCONT").catch((error) => {
    if (!String(error).includes("none runs")) throw error;
    say(error.message);
  });
  const restarts = { namespace: "kube-system", pod, path: ".status.containerStatuses[0].restartCount" };
  const log = ["logs", pod, "-c", "controller"];
  await until("the one that was frozen to see that it leads no more", async () => {
    const { stdout } = await cluster.kubectl.try([...system, ...log]);
    return stdout.includes("no longer leading") || await fieldOf(cluster, restarts) !== "0";
  }, { seconds: 60, describe: () => controllerLog(cluster) });
  await applyWorkload(cluster, web);
  await settled(cluster, before);
}

async function two({ cluster }: Scene): Promise<void> {
  await runAs(cluster, { replicas: 2, election: false });
  const before = await held(cluster);
  await watched(cluster, async () => {
    await applyWorkload(cluster, { ...web, replicas: 8 });
    const names = (await podsOf(cluster, web)).map(({ name }) => name).slice(0, 2);
    await cluster.kubectl(["-n", namespace, "delete", "pods", ...names, "db-0", "--wait=false"]);
    await readyPods(cluster, { ...web, replicas: 8 });
  });
  await applyWorkload(cluster, web);
  await settled(cluster, before);
}

async function nothingLeaks({ cluster }: Scene): Promise<void> {
  await cluster.kubectl(["-n", namespace, "delete", "deployments,statefulsets", "--all"]);
  await cluster.kubectl(["-n", namespace, "wait", "--for=delete", "pods", "--all", "--timeout=270s"]);
  const { kernels } = await lawHolds(cluster, where);
  assert.deepEqual(kernels, []);
  assert.equal((await held(cluster)).size, 0);
}

/** All are ready, the law holds, and nobody who was there has another address than before. */
async function settled(cluster: Cluster, before: ReadonlyMap<string, string>): Promise<SeenWorld> {
  for (const work of [db, web]) await readyPods(cluster, work);
  const world = await lawHolds(cluster, where);
  const after = await held(cluster);
  assert.deepEqual([...after.keys()].filter((holder) => holder.startsWith(`${namespace}/`)).sort(), [
    `${namespace}/db-0`,
    `${namespace}/db-1`,
    `${namespace}/db-2`,
  ]);
  for (const [holder, addresses] of after) {
    assert.equal(addresses, before.get(holder) ?? addresses, `${holder} has other addresses than before`);
    assert.equal(addresses.split(",").length, 2, `${holder} has one of each family: ${addresses}`);
  }
  return world;
}

/** Looks again and again while something is done: at no moment may an address be twice in kernels. */
async function watched(cluster: Cluster, deed: () => Promise<unknown>): Promise<void> {
  const state = { isOver: false };
  const done = deed().finally(() => state.isOver = true);
  const broken: string[] = [];
  let looks = 0;
  for (; !state.isOver; looks++) broken.push(...brokenNow(await poolWorld(cluster, where)));
  await done;
  assert.deepEqual(broken, []);
  say(`kernels and object were looked at ${looks} times meanwhile`);
}

/** Holder → its addresses, as the object says. */
async function held(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
  const read = readTable(await textOf(cluster));
  assert.equal(read.kind, "table", JSON.stringify(read));
  const all = read.kind === "table" ? [...read.table.held.values()] : [];
  return new Map(all.map(({ holder, addresses }) => [
    holder,
    addresses.map(({ address }) => address).sort().join(),
  ]));
}

async function textOf(cluster: Cluster): Promise<string> {
  return await cluster.kubectl([...system, "get", "configmap", object, "-o", `jsonpath={.data.${network}}`]);
}

async function patchObject(cluster: Cluster, patch: object): Promise<void> {
  await cluster.kubectl([
    ...system,
    "patch",
    "configmap",
    object,
    "--type=merge",
    "-p",
    JSON.stringify(patch),
  ]);
}

async function anyOf(cluster: Cluster, work: Workload): Promise<string> {
  const [pod] = await podsOf(cluster, work);
  assert.ok(pod !== undefined);
  return pod.name;
}

async function says(cluster: Cluster, text: string): Promise<void> {
  await until(`the controller to say "${text}"`, async () => (await controllerLog(cluster)).includes(text), {
    seconds: 60,
    describe: () => controllerLog(cluster),
  });
}

/** So many controllers, with or without an election, in one rollout. */
async function runAs(
  cluster: Cluster,
  { replicas, election }: { readonly replicas: number; readonly election: boolean },
): Promise<void> {
  const env = [{ name: "KVC_LEADER_ELECTION", value: String(election) }];
  const spec = { replicas, template: { spec: { containers: [{ name: "controller", env }] } } };
  await cluster.kubectl([...system, "patch", deployment, "-p", JSON.stringify({ spec })]);
  await controllerReady(cluster);
}
