// Two replicas: when the leader dies in the middle of a rollout the other finishes it; a frozen one wakes up harmless.
import { controllerReady, repository } from "./install_controller.ts";
import { leader } from "./leader.ts";
import { applyWorkload, overlayHolds, podsOf, readyPods, type Workload } from "./members.ts";
import { say } from "./progress.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "failover";
const work: Workload = {
  namespace,
  name: "mesh",
  networks: "vxeth0",
  replicas: 30,
  form: "native",
  graceSeconds: 1,
};

Deno.test("leadership on a cluster", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const { access } = cluster;
    if (access === undefined) {
      say("SKIPPED: failover needs access to the nodes; this is an existing cluster");
      return;
    }
    await cluster.kubectl(["apply", "-k", `${repository}deploy/ha`]);
    await controllerReady(cluster);
    await t.step("leader killed during a rollout of 30 pods: the standby finishes it", async () => {
      const before = await leader(cluster);
      await applyWorkload(cluster, work);
      await until("the rollout to be half done", async () => {
        return (await podsOf(cluster, work)).filter((pod) => pod.ready).length >= 5;
      }, { seconds: 60 });
      await access.killContainer({ namespace: "kube-system", pod: before, container: "controller" });
      const pods = await readyPods(cluster, work);
      await overlayHolds(cluster, [{ network: "vxeth0", vni: 1000, namespace, pods }]);
    });
    await t.step("leader gone with its pod: another one leads, and a newcomer joins", async () => {
      const before = await leader(cluster);
      await cluster.kubectl(["-n", "kube-system", "delete", "pod", before, "--now"]);
      await until("another leader", async () => await leader(cluster) !== before, { seconds: 60 });
      await applyWorkload(cluster, { ...work, replicas: 31 });
      const pods = await readyPods(cluster, { ...work, replicas: 31 });
      await overlayHolds(cluster, [{ network: "vxeth0", vni: 1000, namespace, pods }]);
    });
  });
});
