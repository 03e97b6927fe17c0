// Do 60 of 60 pods get their interface and a complete fdb, ten times in a row? The predecessor left three out, silently.
import { applyWorkload, overlayHolds, podsOf, readyPods, type Workload } from "../cluster/members.ts";
import { until } from "../cluster/until.ts";
import { withController } from "../cluster/with_controller.ts";

const namespace = "sixty";
const rounds = 10;

Deno.test("60 of 60 pods, ten times", async (t) => {
  await withController({ namespace }, async (cluster) => {
    for (let round = 1; round <= rounds; round++) {
      const form = round % 2 === 0 ? "native" : "classic";
      await t.step(`round ${round}, ${form}`, async () => {
        const work: Workload = {
          namespace,
          name: "sixty",
          networks: "vxeth0",
          replicas: 60,
          form,
          graceSeconds: 1,
        };
        await applyWorkload(cluster, work);
        const pods = await readyPods(cluster, { ...work, seconds: 240 });
        await overlayHolds(cluster, [{ network: "vxeth0", vni: 1000, namespace, pods }]);
        await cluster.kubectl(["-n", namespace, "delete", "deployment", work.name, "--now"]);
        await until("the pods to be gone", async () => (await podsOf(cluster, work)).length === 0, {
          seconds: 120,
        });
      });
    }
  });
});
