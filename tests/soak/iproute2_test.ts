// Does an agent without our program serve with other versions of iproute2 than ours, the oldest and the newest that can be had?
import assert from "node:assert/strict";
import { otherAgent, otherReleases } from "../images/other_iproute2.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { agentContainer, applyWorkload, overlayHolds, podsOf, readyPods } from "../cluster/members.ts";
import { say } from "../cluster/progress.ts";
import { loseNothing, startSteadyPair } from "../cluster/steady_pair.ts";
import { until } from "../cluster/until.ts";
import { withController } from "../cluster/with_controller.ts";

const namespace = "iproute2";
const network = { network: "vxeth0", vni: 1000, namespace };

Deno.test("agents with the iproute2 of other releases", async (t) => {
  await withController({ namespace }, async (cluster) => {
    for (const release of otherReleases) {
      await t.step(`the tools of ${release}`, () => serves(cluster, release));
    }
  });
});

/** Two pods ping each other while members of both forms come, grow and go, all with these tools. */
async function serves(cluster: Cluster, release: typeof otherReleases[number]): Promise<void> {
  const { access } = cluster;
  assert.ok(access, "images get onto the nodes of our own cluster alone");
  const archive = await otherAgent(release);
  await access.importImage(archive);
  const [image] = archive.names;
  await startSteadyPair(cluster, namespace, { image, network: network.network });
  const exec = ["-n", namespace, "exec", "steady-one", "-c", agentContainer, "--"];
  say(`${release}: ${(await cluster.kubectl([...exec, "ip", "-V"])).trim()}`);
  const pair = await podsOf(cluster, { namespace, name: "steady" });
  const comeAndGo = async (): Promise<void> => {
    for (const form of ["classic", "native"] as const) {
      const work = { namespace, name: form, networks: network.network, form, image, graceSeconds: 1 };
      for (const replicas of [2, 4, 3]) {
        await applyWorkload(cluster, { ...work, replicas });
        const pods = await readyPods(cluster, { ...work, replicas });
        await overlayHolds(cluster, [{ ...network, pods: [...pods, ...pair] }]);
      }
      await cluster.kubectl(["-n", namespace, "delete", "deployment", form, "--now"]);
      await until("the pods to be gone", async () => (await podsOf(cluster, work)).length === 0, {
        seconds: 60,
      });
    }
    await overlayHolds(cluster, [{ ...network, pods: pair }]);
  };
  await loseNothing(cluster, { namespace, fault: comeAndGo });
  await cluster.kubectl(["-n", namespace, "delete", "pods", "-l", "app=steady", "--now"]);
}
