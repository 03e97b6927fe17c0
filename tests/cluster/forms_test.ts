// Do workloads of every form join, scale and roll: classic pair, native sidecar, injected; Deployment and StatefulSet?
import { otherAgent } from "../images/other_iproute2.ts";
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
/** The oldest iproute2 that Debian's mirrors still have; others in tests/soak/iproute2_test.ts. */
const oldest = "bullseye";

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

/** As `forms`, with the oldest tools. */
const oldForms = (image: string): typeof forms => [
  { name: `classic-${oldest}`, form: "classic", image, vni: 2007 },
  { name: `native-${oldest}`, form: "native", image, vni: 2008 },
];

Deno.test("workloads of every form", async (t) => {
  await withController({ namespace, admission: true }, async (cluster) => {
    const failed = new Map<string, unknown>();
    const old = await oldImage(cluster);
    const all = typeof old === "string" ? [...forms, ...oldForms(old)] : forms;
    await Promise.all(
      all.map((each) => joinScaleRoll(cluster, each).catch((error) => failed.set(each.name, error))),
    );
    if (typeof old !== "string") {
      await t.step({ name: `tools of ${oldest}: ${old.missing}`, ignore: true, fn: () => {} });
    }
    for (const { name } of all) {
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

/** The name of the image with the oldest tools, on the nodes now; or why it cannot be had here. */
async function oldImage(cluster: Cluster): Promise<string | { readonly missing: string }> {
  if (cluster.access === undefined) return { missing: "images get onto the nodes of our own cluster alone" };
  let archive;
  try {
    archive = await otherAgent(oldest);
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
  await cluster.access.importImage(archive);
  return archive.names[0];
}

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
  await cluster.kubectl(["-n", namespace, "rollout", "status", `deployment/${name}`, "--timeout=360s"]);
  const after = await holds(3);
  assert.ok(after.every((pod) => !before.includes(pod.uid)), "every pod is a new one");
  await cluster.kubectl(["-n", namespace, "delete", "deployment", name, "--now"]);
}
