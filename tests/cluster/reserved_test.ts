// What namespaces= reserved outlives its key: a controller that is killed knows it again from what its rights let it remember.
import assert from "node:assert/strict";
import { inspectCommand } from "../../lib/cli/inspect/inspect.ts";
import { listCommand } from "../../lib/cli/show/list.ts";
import type { Cluster } from "./cluster.ts";
import { controllerNow } from "./controller_now.ts";
import { system } from "./fault_deeds.ts";
import { controllerLog, controllerReady } from "./install_controller.ts";
import { applyWorkload, overlayHolds, podsOf, readyPods, type Workload } from "./members.ts";
import type { NodeAccess } from "./node_access.ts";
import { productOn } from "./product_on.ts";
import { say } from "./progress.ts";
import { loseNothing, startSteadyPair } from "./steady_pair.ts";
import { newNamespace } from "./test_namespace.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "reserved";
const elsewhere = "reserved-elsewhere";
const vni = 770;
const key = { closed: `id=${vni} namespaces=${namespace}` };
const stranger = (name: string, networks: string): Workload => ({
  ...{ namespace: elsewhere, name, networks },
  ...{ replicas: 1, form: "native" },
});
/** By the VNI, under another name; by the name; and by a VNI that nobody has reserved. */
const sneaks = stranger("sneaks", `mine id=${vni}`);
const asks = stranger("asks", `closed id=${vni}`);
const honest = stranger("honest", "own id=771");
/** Of those who are kept out, what each is told. */
const told = [
  [sneaks, `id ${vni} is that of network "closed", not for namespace "${elsewhere}"`],
  [asks, `it is not for namespace "${elsewhere}"`],
] as const;
const role = [...system, "role", "kube-vxlan-controller-config"];

Deno.test("what namespaces= reserved, and its key is gone", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const { access } = cluster;
    if (access === undefined) {
      say("SKIPPED: killing the controller needs access to the nodes; this is an existing cluster");
      return;
    }
    await newNamespace(cluster, elsewhere);
    try {
      await config(cluster, key);
      await startSteadyPair(cluster, namespace, { network: "closed" });
      await t.step(
        "the controller is killed: nobody else gets in, and who is in loses nothing",
        () =>
          loseNothing(cluster, {
            namespace,
            fault: async () => {
              await config(cluster, { closed: null });
              await until(
                "it to be remembered",
                async () => (await remembered(cluster)).includes(`id=${vni}`),
                {
                  seconds: 60,
                },
              );
              await killed(cluster, access);
              for (const [work] of told) await applyWorkload(cluster, work);
              for (const [work, why] of told) await keptOut(cluster, { work, why });
            },
          }),
      );
      await t.step(
        "without the right to read it: nobody enters by an id of his own, nobody loses his",
        () => loseNothing(cluster, { namespace, fault: () => withoutMemory(cluster, access) }),
      );
      await t.step("its last member goes: it is free, and who waited is in", async () => {
        await cluster.kubectl(["-n", namespace, "delete", "pods", "-l", "app=steady", "--now"]);
        const pods = await readyPods(cluster, sneaks);
        await overlayHolds(cluster, [{ network: "mine", vni, namespace: elsewhere, pods }]);
        const named = await readyPods(cluster, asks);
        await overlayHolds(cluster, [{ network: "closed", vni, namespace: elsewhere, pods: named }]);
        await until("it to be forgotten", async () => await remembered(cluster) === "", { seconds: 60 });
      });
    } finally {
      await cluster.kubectl.try(["delete", "namespace", elsewhere, "--wait=false"]);
    }
  });
});

async function config(cluster: Cluster, data: Readonly<Record<string, string | null>>): Promise<void> {
  const patch = ["patch", "configmap", "kube-vxlan-controller", "--type=merge", "-p"];
  await cluster.kubectl([...system, ...patch, JSON.stringify({ data })]);
}

async function remembered(cluster: Cluster): Promise<string> {
  const path = "jsonpath={.metadata.annotations.vxlan\\.travelping\\.com/known-networks}";
  return await cluster.kubectl([...system, "get", "configmap", "kube-vxlan-controller-pool-0", "-o", path]);
}

/** As the OOM killer does: nothing is handed over, and the Lease is still held. */
async function killed(cluster: Cluster, access: NodeAccess): Promise<void> {
  const { pod, restarts } = await controllerNow(cluster);
  await access.killContainer({ namespace: "kube-system", pod, container: "controller" });
  await until("it to be started again", async () => {
    const path = "jsonpath={.status.containerStatuses[0].restartCount}";
    return Number(await cluster.kubectl([...system, "get", "pod", pod, "-o", path])) > restarts;
  }, { seconds: 60 });
  await controllerReady(cluster);
}

/** Log, condition, Event and commands say the same of it. */
async function keptOut(
  cluster: Cluster,
  { work, why }: { readonly work: Workload; readonly why: string },
): Promise<void> {
  const line = (log: string): boolean =>
    log.split("\n").some((line) => line.includes(`member=${elsewhere}/${work.name}-`) && line.includes(why));
  await until("it to be told", async () => line(await controllerLog(cluster)), {
    seconds: 90,
    describe: () => controllerLog(cluster),
  });
  const [pod] = await podsOf(cluster, work);
  assert.ok(pod && !pod.ready, "who is not let in waits in its agent");
  const describe = (): Promise<string> => cluster.kubectl(["-n", elsewhere, "describe", "pod", pod.name]);
  await until("an Event to tell of it", async () => (await describe()).includes(why), {
    seconds: 60,
    describe,
  });
  const shown = await condition(cluster, pod.name);
  assert.ok(shown.includes(why), `the condition says: ${shown}`);
  const { printed } = await productOn(cluster, [inspectCommand], ["inspect", `${elsewhere}/${pod.name}`]);
  assert.ok(printed.replace(/\s+/g, " ").includes(why), `inspect says:\n${printed}`);
  const list = ["list", "pods", "-n", elsewhere, "-o", "json"];
  const { items } = JSON.parse((await productOn(cluster, [listCommand], list)).printed);
  const listed = items.find(({ name }: { readonly name: string }) => name === pod.name);
  assert.ok(listed?.problems.join("\n").includes(why), `list says: ${JSON.stringify(items)}`);
}

async function condition(cluster: Cluster, pod: string): Promise<string> {
  const path = 'jsonpath={.status.conditions[?(@.type=="vxlan.travelping.com/Ready")].message}';
  return await cluster.kubectl(["-n", elsewhere, "get", "pod", pod, "-o", path]);
}

async function withoutMemory(cluster: Cluster, access: NodeAccess): Promise<void> {
  const { rules } = JSON.parse(await cluster.kubectl(["get", ...role, "-o", "json"]));
  const isOfPools = ({ resourceNames }: { readonly resourceNames?: readonly string[] }): boolean =>
    resourceNames?.includes("kube-vxlan-controller-pool-0") ?? false;
  const at = rules.findIndex(isOfPools);
  assert.ok(at >= 0, "k8s.yaml has a rule for the objects with the pools");
  const change = async (patch: object): Promise<void> => {
    await cluster.kubectl(["patch", ...role, "--type=json", "-p", JSON.stringify([patch])]);
  };
  await change({ op: "remove", path: `/rules/${at}` });
  await killed(cluster, access);
  await applyWorkload(cluster, honest);
  await until(
    "it to be told",
    async () => /Cannot know what namespaces= had reserved.*403/.test(await controllerLog(cluster)),
    {
      seconds: 60,
      describe: () => controllerLog(cluster),
    },
  );
  const [newcomer] = await podsOf(cluster, honest);
  assert.ok(newcomer);
  const shown = (): Promise<string> => condition(cluster, newcomer.name);
  const why = /whether id 771 is reserved .* is not known: .*403.*allow it in the RBAC role of this account/;
  await until("the newcomer to be told, and what is to be done", async () => why.test(await shown()), {
    seconds: 60,
    describe: shown,
  });
  for (const work of [honest, sneaks, asks]) {
    assert.deepEqual((await podsOf(cluster, work)).map(({ ready }) => ready), [false], `${work.name} waits`);
  }
  await change({ op: "replace", path: "/rules", value: rules });
  await readyPods(cluster, honest);
  for (const { name } of [sneaks, asks]) {
    const pods = await podsOf(cluster, { namespace: elsewhere, name });
    assert.deepEqual(pods.map(({ ready }) => ready), [false], `${name} is still kept out`);
  }
}
