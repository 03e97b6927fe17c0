// Do 60 of 60 pods get their interface and a complete fdb, ten times in a row, and does a pair that is there all the while
// lose no frame? The predecessor left three out, silently.
import { applyWorkload, overlayHolds, podsOf, readyPods, type Workload } from "../cluster/members.ts";
import { neighbourTable } from "../cluster/neighbour_table.ts";
import { loseNothing, startSteadyPair } from "../cluster/steady_pair.ts";
import { until } from "../cluster/until.ts";
import { withController } from "../cluster/with_controller.ts";

const namespace = "sixty";
const rounds = 10;
const network = { network: "vxeth0", vni: 1000, namespace };

Deno.test("60 of 60 pods, ten times", async (t) => {
  await using _ = await neighbourTable("roomy");
  await withController({ namespace }, async (cluster) => {
    // Members of the same network: each round adds and removes 60 of their entries.
    await startSteadyPair(cluster, namespace, { network: network.network });
    const pair = await podsOf(cluster, { namespace, name: "steady" });
    for (let round = 1; round <= rounds; round++) {
      const form = round % 2 === 0 ? "native" : "classic";
      await t.step(`round ${round}, ${form}`, async () => {
        const work: Workload = {
          namespace,
          name: "sixty",
          networks: network.network,
          replicas: 60,
          form,
          graceSeconds: 1,
        };
        const comeAndGo = async (): Promise<void> => {
          await applyWorkload(cluster, work);
          const pods = await readyPods(cluster, { ...work, seconds: 240 });
          await overlayHolds(cluster, [{ ...network, pods: [...pods, ...pair] }]);
          await cluster.kubectl(["-n", namespace, "delete", "deployment", work.name, "--now"]);
          await until("the pods to be gone", async () => (await podsOf(cluster, work)).length === 0, {
            seconds: 120,
          });
          await overlayHolds(cluster, [{ ...network, pods: pair }]);
        };
        await loseNothing(cluster, { namespace, fault: comeAndGo, interval: 0.02 });
      });
    }
  });
});
