// Do the other ways to install work on a real cluster: for one namespace only, and with two replicas?
import assert from "node:assert/strict";
import { type Cluster, clusterForTests } from "./cluster.ts";
import { putControllerImage, repository } from "./install_controller.ts";
import { applyWorkload, overlayHolds, readyPods, type Workload } from "./members.ts";

/** What deploy/namespaced names. */
const served = "default";
const elsewhere = "elsewhere";
const deployment = "deployment/kube-vxlan-controller";

Deno.test("other ways to install", async (t) => {
  const cluster = await clusterForTests();
  try {
    await putControllerImage(cluster);
    await t.step(
      "deploy/namespaced serves its namespace, and may do nothing in another",
      () => namespaced(cluster),
    );
    await t.step("deploy/ha runs two replicas, and members join", () => twoReplicas(cluster));
  } finally {
    await cluster.close();
  }
});

async function namespaced(cluster: Cluster): Promise<void> {
  const files = ["-k", `${repository}deploy/namespaced`];
  await cluster.kubectl(["apply", ...files]);
  try {
    await joins(cluster, served);
    const account = `--as=system:serviceaccount:${served}:kube-vxlan-controller`;
    const may = (...question: readonly string[]): Promise<{ readonly code: number }> =>
      cluster.kubectl.try([account, "auth", "can-i", "--quiet", ...question]);
    assert.equal((await may("list", "pods", "-n", served)).code, 0);
    assert.equal((await may("list", "pods", "-n", "kube-system")).code, 1);
    assert.equal((await may("create", "pods", "--subresource=exec", "-n", "kube-system")).code, 1);
  } finally {
    await cluster.kubectl(["delete", ...files, "--ignore-not-found", "--now"]);
  }
}

async function twoReplicas(cluster: Cluster): Promise<void> {
  const files = ["-f", `${repository}k8s.yaml`, "-f", `${repository}deploy/ha`];
  await cluster.kubectl(["create", "namespace", elsewhere]);
  await cluster.kubectl(["apply", ...files]);
  try {
    await joins(cluster, elsewhere);
    const holder = await cluster.kubectl([
      ...[
        "-n",
        "kube-system",
        "get",
        "lease",
        "kube-vxlan-controller",
        "-o",
        "jsonpath={.spec.holderIdentity}",
      ],
    ]);
    assert.match(holder, /^kube-vxlan-controller-/, "a pod of ours holds the lease");
  } finally {
    await cluster.kubectl(["delete", ...files, "--ignore-not-found", "--now"]);
    await cluster.kubectl(["delete", "namespace", elsewhere, "--timeout=60s"]);
    await cluster.kubectl.try(["-n", "kube-system", "delete", "lease", "kube-vxlan-controller"]);
  }
}

/** The controller becomes ready, and a workload's pods find each other. */
async function joins(cluster: Cluster, namespace: string): Promise<void> {
  const where = namespace === served ? served : "kube-system";
  await cluster.kubectl(["-n", where, "rollout", "status", deployment, "--timeout=90s"]);
  const work: Workload = { namespace, name: "work", networks: "vxeth0", replicas: 2, form: "classic" };
  await applyWorkload(cluster, work);
  const pods = await readyPods(cluster, work);
  await overlayHolds(cluster, [{ network: "vxeth0", vni: 1000, namespace, pods }]);
  await cluster.kubectl(["-n", namespace, "delete", "deployment", work.name, "--now"]);
}
