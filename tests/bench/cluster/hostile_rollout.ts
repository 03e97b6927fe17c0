// How much longer does a rollout take beside pods that attack the controller? The goal is twice as long.
import type { Cluster } from "../../cluster/cluster.ts";
import { attack, attackHolds, attacks } from "../../cluster/hostile_pods.ts";
import { applyWorkload, readyPods } from "../../cluster/members.ts";

/** Pods of a rollout, and of an attack. */
const pods = { healthy: 10, hostile: 6 } as const;
const goal = 2;

/** A line for each attack, as it ends. The namespace and the controller are there. */
export async function* hostileRatios(cluster: Cluster, namespace: string): AsyncGenerator<string> {
  for (const each of attacks) {
    const alone = await rollout(cluster, { namespace, name: `alone-${each.name}` });
    await attack(cluster, { ...each, namespace, replicas: pods.hostile });
    await attackHolds(cluster, { namespace, name: each.name, replicas: pods.hostile });
    const beside = await rollout(cluster, { namespace, name: `beside-${each.name}` });
    await cluster.kubectl(["-n", namespace, "delete", "deployment", each.name, "--now"]);
    const ratio = beside / alone;
    yield `beside ${pods.hostile} ${each.name}: ${pods.healthy} ready after ${beside.toFixed(1)} s, alone ` +
      `${alone.toFixed(1)} s; ratio ${ratio.toFixed(2)}, goal ${goal}${ratio > goal ? " MISSED" : ""}`;
  }
}

/** Seconds until all are ready. */
async function rollout(
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<number> {
  const work = { namespace, name, networks: "vxeth1", replicas: pods.healthy, form: "classic" } as const;
  const begin = performance.now();
  await applyWorkload(cluster, work);
  await readyPods(cluster, { ...work, seconds: 300 });
  const seconds = (performance.now() - begin) / 1000;
  await cluster.kubectl(["-n", namespace, "delete", "deployment", name, "--now"]);
  return seconds;
}
