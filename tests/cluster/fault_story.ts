// What befalls a real cluster: after each fault the overlay is right again by itself, and untouched pods lost nothing.
import type { Cluster } from "./cluster.ts";
import { faults } from "./faults.ts";
import { applyWorkload, readyPods, type Workload, workloadsHold } from "./members.ts";
import { say } from "./progress.ts";
import { loseNothing, startSteadyPair } from "./steady_pair.ts";
import { withController } from "./with_controller.ts";

const namespace = "faults";
const mesh: Workload = { namespace, name: "mesh", networks: "vxeth0", replicas: 6, form: "native" };
const set: Workload = {
  namespace,
  name: "set",
  networks: "vxeth1",
  replicas: 2,
  form: "classic",
  kind: "StatefulSet",
};

/** Runs all faults of one duration as steps of a test. */
export async function faultStory(t: Deno.TestContext, duration: "short" | "long"): Promise<void> {
  await withController({ namespace }, async (cluster) => {
    if (cluster.access === undefined) {
      say("SKIPPED: faults of a cluster need access to its nodes; this is an existing cluster");
      return;
    }
    const { access } = cluster;
    await startSteadyPair(cluster, namespace);
    for (const work of [mesh, set]) await applyWorkload(cluster, work);
    await allIsRight(cluster);
    for (
      const { name, run, disturbsPods = false } of faults.filter((fault) =>
        (fault.duration ?? "short") === duration
      )
    ) {
      await t.step(name, async () => {
        const fault = async (): Promise<void> => {
          await run({ cluster, access, namespace });
          await stillWorks(cluster);
        };
        await (disturbsPods ? fault() : loseNothing(cluster, { namespace, fault }));
      });
    }
  });
}

/** Everything as it should be, and a newcomer is served: the controller is at work again. */
async function stillWorks(cluster: Cluster): Promise<void> {
  await allIsRight(cluster);
  await applyWorkload(cluster, { ...mesh, replicas: mesh.replicas + 1 });
  await readyPods(cluster, { ...mesh, replicas: mesh.replicas + 1 });
  await applyWorkload(cluster, mesh);
  await allIsRight(cluster);
}

async function allIsRight(cluster: Cluster): Promise<void> {
  await workloadsHold(cluster, [
    { work: mesh, network: "vxeth0", vni: 1000 },
    { work: set, network: "vxeth1", vni: 1001 },
  ]);
}
