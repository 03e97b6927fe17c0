// What namespaces= reserved outlives its key: a controller that is killed knows it again from what its rights let it remember.
import assert from "node:assert/strict";
import { inspectCommand } from "../../lib/cli/inspect/inspect.ts";
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
/** By the VNI, under another name; and by one that nobody has reserved. */
const sneaks = stranger("sneaks", `mine id=${vni}`);
const honest = stranger("honest", "own id=771");
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
              await applyWorkload(cluster, sneaks);
              await keptOut(cluster);
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

/** Log, condition, Event and command say the same of it. */
async function keptOut(cluster: Cluster): Promise<void> {
  const why = `id ${vni} is that of network "closed", not for namespace "${elsewhere}"`;
  await until("it to be told", async () => (await controllerLog(cluster)).includes(why), {
    seconds: 90,
    describe: () => controllerLog(cluster),
  });
  const [pod] = await podsOf(cluster, sneaks);
  assert.ok(pod && !pod.ready, "who is not let in waits in its agent");
  const describe = (): Promise<string> => cluster.kubectl(["-n", elsewhere, "describe", "pod", pod.name]);
  await until("an Event to tell of it", async () => (await describe()).includes(why), {
    seconds: 60,
    describe,
  });
  const condition = 'jsonpath={.status.conditions[?(@.type=="vxlan.travelping.com/Ready")].message}';
  const shown = await cluster.kubectl(["-n", elsewhere, "get", "pod", pod.name, "-o", condition]);
  assert.ok(shown.includes(why), `the condition says: ${shown}`);
  const { printed } = await productOn(cluster, [inspectCommand], ["inspect", `${elsewhere}/${pod.name}`]);
  assert.ok(printed.replace(/\s+/g, " ").includes(why), `inspect says:\n${printed}`);
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
  await until(
    "the newcomer to be told",
    async () => new RegExp(`WARN.*reserved.*member=${elsewhere}/honest`).test(await controllerLog(cluster)),
    {
      seconds: 60,
      describe: () => controllerLog(cluster),
    },
  );
  for (const work of [honest, sneaks]) {
    assert.deepEqual((await podsOf(cluster, work)).map(({ ready }) => ready), [false], `${work.name} waits`);
  }
  await change({ op: "replace", path: "/rules", value: rules });
  await readyPods(cluster, honest);
  assert.deepEqual(
    (await podsOf(cluster, sneaks)).map(({ ready }) => ready),
    [false],
    "it is still kept out",
  );
}
