// Do workloads of every form join, scale and roll: classic pair, native sidecar, injected; Deployment and StatefulSet?
import { withController } from "./with_controller.ts";
import {
  type AgentForm,
  agentImage,
  applyWorkload,
  overlayHolds,
  podsOf,
  readyPods,
  seedAgentImage,
  type Workload,
} from "./members.ts";
import { until } from "./until.ts";
import assert from "node:assert/strict";

const namespace = "forms";
const networks = { network: "vxeth0", vni: 1000 };

const forms: readonly { readonly name: string; readonly form: AgentForm; readonly image: string }[] = [
  { name: "classic", form: "classic", image: agentImage },
  { name: "native", form: "native", image: agentImage },
  { name: "native-port", form: "native with a port", image: agentImage },
  { name: "injected", form: "injected", image: agentImage },
  { name: "classic-seed", form: "classic", image: seedAgentImage },
  { name: "native-seed", form: "native", image: seedAgentImage },
];

Deno.test("workloads of every form", async (t) => {
  await withController({ namespace, admission: true }, async (cluster) => {
    for (const { name, form, image } of forms) {
      await t.step(`${name}: joins, scales up and down, rolls`, async () => {
        const work: Workload = { namespace, name, networks: "vxeth0", replicas: 2, form, image };
        await applyWorkload(cluster, work);
        await overlayHolds(cluster, [{ ...networks, namespace, pods: await readyPods(cluster, work) }]);
        for (const replicas of [6, 3]) {
          await applyWorkload(cluster, { ...work, replicas });
          const pods = await readyPods(cluster, { ...work, replicas });
          await overlayHolds(cluster, [{ ...networks, namespace, pods }]);
        }
        const before = (await podsOf(cluster, work)).map((pod) => pod.uid);
        await cluster.kubectl(["-n", namespace, "rollout", "restart", `deployment/${name}`]);
        await cluster.kubectl(["-n", namespace, "rollout", "status", `deployment/${name}`, "--timeout=120s"]);
        const after = await readyPods(cluster, { ...work, replicas: 3 });
        assert.ok(after.every((pod) => !before.includes(pod.uid)), "every pod is a new one");
        await overlayHolds(cluster, [{ ...networks, namespace, pods: after }]);
        await cluster.kubectl(["-n", namespace, "delete", "deployment", name, "--now"]);
      });
    }
    await t.step("StatefulSet: a pod of the same name comes back as somebody else", async () => {
      const work: Workload = {
        namespace,
        name: "set",
        networks: "vxeth0, vxeth1",
        replicas: 3,
        form: "classic",
        kind: "StatefulSet",
      };
      await applyWorkload(cluster, work);
      const before = await readyPods(cluster, work);
      await cluster.kubectl(["-n", namespace, "delete", "pod", "set-1", "--now"]);
      await until("a new set-1", async () => {
        const pods = await podsOf(cluster, work);
        return pods.length === 3 && pods[1]?.uid !== before[1]?.uid;
      }, { seconds: 60 });
      const pods = await readyPods(cluster, work);
      await overlayHolds(cluster, [
        { ...networks, namespace, pods },
        { network: "vxeth1", vni: 1001, namespace, pods },
      ]);
    });
  });
});
