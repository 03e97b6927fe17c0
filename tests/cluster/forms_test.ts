// Do workloads of every form join, scale and roll: classic pair, native sidecar, injected; Deployment and StatefulSet?
import type { Cluster } from "./cluster.ts";
import { withController } from "./with_controller.ts";
import {
  type AgentForm,
  agentImage,
  applyWorkload,
  type MemberPod,
  overlayHolds,
  podsOf,
  readyPods,
  seedAgentImage,
  type Workload,
} from "./members.ts";
import { until } from "./until.ts";
import assert from "node:assert/strict";

const namespace = "forms";

/** Each in a network of its own, so that all can come and go at a time. */
const forms: readonly {
  readonly name: string;
  readonly form: AgentForm;
  readonly image: string;
  readonly vni: number;
}[] = [
  { name: "classic", form: "classic", image: agentImage, vni: 2001 },
  { name: "native", form: "native", image: agentImage, vni: 2002 },
  { name: "native-port", form: "native with a port", image: agentImage, vni: 2003 },
  { name: "injected", form: "injected", image: agentImage, vni: 2004 },
  { name: "classic-seed", form: "classic", image: seedAgentImage, vni: 2005 },
  { name: "native-seed", form: "native", image: seedAgentImage, vni: 2006 },
];

Deno.test("workloads of every form", async (t) => {
  await withController({ namespace, admission: true }, async (cluster) => {
    const failed = new Map<string, unknown>();
    await Promise.all(
      forms.map((each) => joinScaleRoll(cluster, each).catch((error) => failed.set(each.name, error))),
    );
    for (const { name } of forms) {
      await t.step(`${name}: joins, scales up and down, rolls`, () => {
        if (failed.has(name)) throw failed.get(name);
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
        { network: "vxeth0", vni: 1000, namespace, pods },
        { network: "vxeth1", vni: 1001, namespace, pods },
      ]);
    });
  });
});

async function joinScaleRoll(
  cluster: Cluster,
  { name, form, image, vni }: typeof forms[number],
): Promise<void> {
  const network = `net-${vni}`;
  const work: Workload = { namespace, name, networks: `${network} id=${vni}`, replicas: 2, form, image };
  const holds = async (replicas: number): Promise<readonly MemberPod[]> => {
    const pods = await readyPods(cluster, { ...work, replicas });
    await overlayHolds(cluster, [{ network, vni, namespace, pods }]);
    return pods;
  };
  await applyWorkload(cluster, work);
  await holds(2);
  for (const replicas of [6, 3]) {
    await applyWorkload(cluster, { ...work, replicas });
    await holds(replicas);
  }
  const before = (await podsOf(cluster, work)).map((pod) => pod.uid);
  await cluster.kubectl(["-n", namespace, "rollout", "restart", `deployment/${name}`]);
  await cluster.kubectl(["-n", namespace, "rollout", "status", `deployment/${name}`, "--timeout=120s"]);
  const after = await holds(3);
  assert.ok(after.every((pod) => !before.includes(pod.uid)), "every pod is a new one");
  await cluster.kubectl(["-n", namespace, "delete", "deployment", name, "--now"]);
}
