// Do members notice an upgrade, the way back, or a removal? They ping all the time, with agents of the version before.
import assert from "node:assert/strict";
import { startProduct } from "../sandbox/tools/product.ts";
import { type Cluster, clusterForTests } from "./cluster.ts";
import { controllerLog, controllerReady, putControllerImage, repository } from "./install_controller.ts";
import { networksOf } from "./installs.ts";
import {
  agentContainer,
  applyWorkload,
  type MemberPod,
  overlayHolds,
  podsOf,
  readyPods,
  type Workload,
} from "./members.ts";
import { pings, vxlanInterfaces } from "./pod_network.ts";
import { previousImages, type PreviousVersion, previousVersion } from "./previous_version.ts";
import { say } from "./progress.ts";
import { loseNothing, startSteadyPair } from "./steady_pair.ts";
import { newNamespace } from "./test_namespace.ts";
import { until } from "./until.ts";

const namespace = "upgrade";
const install = { namespace: "kube-system", name: "kube-vxlan-controller" };
/** What a user made of the three networks of k8s.yaml. */
const edited = { vxeth0: "id=4242", vxeth1: "id=1001", mine: "id=77" };
const image = previousImages.agent;
const old: Workload = { namespace, name: "old", networks: "vxeth0", replicas: 2, form: "classic", image };
const native: Workload = {
  namespace,
  name: "native",
  networks: "vxeth0, mine",
  replicas: 2,
  form: "native",
  image,
};
const upgrade = ["-k", `${repository}deploy/upgrade`];

Deno.test("upgrade and removal, seen by members", async (t) => {
  const cluster = await clusterForTests();
  try {
    if (cluster.access === undefined) {
      say("SKIPPED: the upgrade needs images on the nodes; this is an existing cluster");
      return;
    }
    const previous = await previousVersion();
    for (const archive of previous.archives) await cluster.access.importImage(archive);
    await putControllerImage(cluster);
    await newNamespace(cluster, namespace);
    await installPrevious(cluster, previous);
    await t.step(
      "the version before → this one → back: no frame lost, no link made anew",
      () => thereAndBack(cluster, previous),
    );
    await t.step("kubectl delete -f k8s.yaml: members keep talking", () => removed(cluster));
    await t.step("uninstall --clean: nothing of ours is left in members", () => cleaned(cluster));
  } catch (error) {
    say(`the controller says:\n${await controllerLog(cluster)}`);
    throw error;
  } finally {
    await cluster.kubectl.try(["delete", "namespace", namespace, "--timeout=180s"]);
    await cluster.kubectl.try(["delete", "-f", `${repository}k8s.yaml`, "--ignore-not-found", "--now"]);
    await cluster.kubectl.try(
      ["delete", "-f", "-", "--ignore-not-found"],
      (await previousVersion()).manifest,
    );
    await cluster.close();
  }
});

async function installPrevious(cluster: Cluster, { manifest }: PreviousVersion): Promise<void> {
  await cluster.kubectl(["apply", "-f", "-"], manifest);
  const patch = JSON.stringify({ data: { ...edited, vxeth2: null } });
  await cluster.kubectl([
    "-n",
    install.namespace,
    "patch",
    "configmap",
    install.name,
    "--type=merge",
    "-p",
    patch,
  ]);
  await controllerReady(cluster);
  await startSteadyPair(cluster, namespace, { image });
  for (const work of [old, native]) await applyWorkload(cluster, work);
  await allHold(cluster, [old, native]);
}

async function thereAndBack(cluster: Cluster, previous: PreviousVersion): Promise<void> {
  const before = await linksOf(cluster, [old, native]);
  assert.equal(Object.keys(before).length, 6);
  await loseNothing(cluster, {
    namespace,
    fault: async () => {
      await runs(cluster, "the version before");
      await cluster.kubectl(["apply", ...upgrade]);
      await takesOver(cluster, { ...old, name: "newcomer" });
      await runs(cluster, "this version");
      await cluster.kubectl(["apply", "-f", "-"], withoutNetworks(previous.manifest));
      await takesOver(cluster, { ...native, name: "latecomer" });
      await runs(cluster, "the version before");
    },
  });
  assert.deepEqual(await linksOf(cluster, [old, native]), before);
  assert.deepEqual(await networksOf(cluster, install), edited);
}

/** Waits until all pods of the controller have the image of that version: one that goes may be there for a moment. */
async function runs(cluster: Cluster, which: "this version" | "the version before"): Promise<void> {
  const pods = ["get", "pods", "-l", `app.kubernetes.io/name=${install.name}`];
  const path = ["-o", "jsonpath={.items[*].spec.containers[*].image}"];
  let images = "";
  await until(`${which} to run alone`, async () => {
    images = await cluster.kubectl(["-n", install.namespace, ...pods, ...path]);
    return images !== "" &&
      images.split(" ").every((one) => one.endsWith(":previous") === (which === "the version before"));
  }, { seconds: 30, describe: () => images });
}

/** A controller is ready, has looked at everybody, and serves somebody new. */
async function takesOver(cluster: Cluster, newcomer: Workload): Promise<void> {
  await controllerReady(cluster);
  await applyWorkload(cluster, newcomer);
  await allHold(cluster, [old, native, newcomer]);
  await cluster.kubectl(["-n", namespace, "delete", "deployment", newcomer.name, "--now"]);
  await until(`${newcomer.name} to be gone`, async () => {
    return await cluster.kubectl([
      "-n",
      namespace,
      "get",
      "pods",
      "-l",
      `app=${newcomer.name}`,
      "-o",
      "name",
    ]) === "";
  }, { seconds: 60 });
  await allHold(cluster, [old, native]);
}

async function removed(cluster: Cluster): Promise<void> {
  await cluster.kubectl(["apply", ...upgrade]);
  await controllerReady(cluster);
  const before = await linksOf(cluster, [old, native]);
  await loseNothing(cluster, {
    namespace,
    fault: async () => {
      await cluster.kubectl(["delete", "-f", `${repository}k8s.yaml`]);
      const pods = ["get", "pods", "-l", `app.kubernetes.io/name=${install.name}`, "-o", "name"];
      await until("the controller to be gone", async () => {
        return await cluster.kubectl(["-n", install.namespace, ...pods]) === "";
      }, { seconds: 60 });
      assert.ok(
        await pings(cluster, { namespace, pod: "steady-two", to: "10.77.0.1" }),
      );
    },
  });
  assert.deepEqual(await linksOf(cluster, [old, native]), before);
}

async function cleaned(cluster: Cluster): Promise<void> {
  const lines: string[] = [];
  const config = ["--kubeconfig", cluster.kubeconfig ?? ""];
  const product = await startProduct(["uninstall", "--clean", ...config], {
    onLine: (line) => lines.push(line),
  });
  const code = await product.ended;
  // It is about all pods with the label, those that other tests have left to end too.
  const besides = lines.filter((line) => !/: (\S+: deleted|condition and annotation removed)/.test(line));
  say(`besides what it has removed, uninstall says:\n${besides.join("\n")}`);
  assert.equal(code, 0, besides.join("\n"));
  const left = Object.values(await linksOf(cluster, [old, native]));
  assert.deepEqual(left, left.map(() => []));
  const pods = await cluster.kubectl(["-n", namespace, "get", "pods", "-o", "json"]);
  assert.ok(!pods.includes("vxlan.travelping.com/Ready"), "the condition is gone");
  assert.ok(!pods.includes("vxlan.travelping.com/network-status"), "the annotation is gone");
}

/** All pods of vxeth0, and those of `native` in the other network. */
async function allHold(cluster: Cluster, workloads: readonly Workload[]): Promise<void> {
  const members = await Promise.all(workloads.map(async ({ networks, ...work }) => ({
    networks: networks.split(", "),
    pods: await readyPods(cluster, work),
  })));
  const podsIn = (network: string): readonly MemberPod[] =>
    members.filter(({ networks }) => networks.includes(network)).flatMap(({ pods }) => pods);
  await overlayHolds(cluster, [
    { network: "vxeth0", vni: 4242, namespace, pods: podsIn("vxeth0") },
    { network: "mine", vni: 77, namespace, pods: podsIn("mine") },
  ]);
}

/** What a link that is made anew has otherwise: its index, and mostly its MAC address. */
async function linksOf(
  cluster: Cluster,
  workloads: readonly Workload[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const pods = (await Promise.all(workloads.map((work) => podsOf(cluster, work)))).flat();
  const names = [...pods.map(({ name }) => name), "steady-one", "steady-two"];
  const links: Record<string, readonly string[]> = {};
  for (const pod of names) {
    const found = await vxlanInterfaces(cluster, { namespace, pod, container: agentContainer });
    links[pod] = [...found.values()].map(({ name, index, mac, vni }) => `${index} ${name} ${mac} ${vni}`)
      .sort();
  }
  return links;
}

function withoutNetworks(manifest: string): string {
  const kept = manifest.split("\n---\n").filter((text) => !/^kind: ConfigMap$/m.test(text));
  return kept.join("\n---\n");
}
