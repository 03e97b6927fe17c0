// One pod that claims the addresses of others and lets go of them, again and again: do they notice, and what is written?
import assert from "node:assert/strict";
import { createApiClient } from "../../lib/kube/api/http.ts";
import { systemClock } from "../../lib/time/clock.ts";
import type { Cluster } from "./cluster.ts";
import { controllerNow } from "./controller_now.ts";
import { applyWorkload, connectionOf, readyPods, type Workload } from "./members.ts";
import { say } from "./progress.ts";
import { until } from "./until.ts";

const victims = 6;
const toggles = 60;
/** ms between two: less than an address must be shared to be told. */
const period = 300;
const key = "vxlan.travelping.com/networks";

/** Victims in one namespace, the thief in another. */
export async function toggling(
  cluster: Cluster,
  { namespace, thieves }: { readonly namespace: string; readonly thieves: string },
): Promise<void> {
  const idle = "vxeth1 ip=10.77.1.1/16";
  const addresses = Array.from({ length: victims }, (_, n) => `ip=10.77.0.${10 + n}/16`);
  const work: Workload = {
    ...{ namespace, name: "victim", networks: "vxeth1 ip=10.77.0.10/16+ordinal", form: "native" },
    ...{ kind: "StatefulSet", replicas: victims },
  };
  const thief: Workload = { ...work, namespace: thieves, name: "thief", networks: idle, replicas: 1 };
  for (const each of [work, thief]) await applyWorkload(cluster, each);
  await readyPods(cluster, work);
  await readyPods(cluster, thief);
  await until("the victims to show that they are ready", async () => {
    const all = await conditionsOf(cluster, namespace);
    return all.length === victims && all.every((one) => one.startsWith("True "));
  }, { seconds: 60, describe: async () => (await conditionsOf(cluster, namespace)).join("; ") });
  const told = await conditionsOf(cluster, namespace);
  const before = await controllerNow(cluster);
  const begin = performance.now();
  const client = createApiClient(await connectionOf(cluster), { clock: systemClock });
  try {
    for (let n = 0; n < toggles; n++) {
      await client.json({
        ...{ method: "PATCH", path: `/api/v1/namespaces/${thieves}/pods/thief-0`, purpose: "toggle" },
        body: { metadata: { annotations: { [key]: n % 2 === 0 ? `vxeth1 ${addresses.join(" ")}` : idle } } },
        ...{ contentType: "application/merge-patch+json", deadline: 60_000 },
      });
      // The attack is this often, however fast the answers come.
      await new Promise((resolve) => setTimeout(resolve, period));
    }
  } finally {
    client.close();
  }
  const seconds = (performance.now() - begin) / 1000;
  const after = await controllerNow(cluster);
  assert.equal(after.id, before.id, "the controller is the same process");
  const more = (metric: string, labels?: Readonly<Record<string, string>>): number =>
    after.sum(`kube_vxlan_controller_${metric}`, labels) -
    before.sum(`kube_vxlan_controller_${metric}`, labels);
  const patches = more("status_writes_total", { what: "status" });
  const events = more("status_writes_total", { what: "event" });
  const lines = more("log_lines_total");
  say(
    `${toggles} toggles of ${victims} addresses in ${seconds.toFixed(1)} s: ` +
      `${patches} patches, ${events} Events, ${lines} lines`,
  );
  // Of the thief every other second; of each victim, where this machine is so slow that it lasts, its beginning and end.
  assert.ok(patches <= seconds / 2 + 2 + 2 * victims, `${patches} patches`);
  assert.ok(events <= 2 + 2 * victims, `${events} Events`);
  assert.ok(lines <= toggles + 4 * victims + 10, `${lines} lines`);
  assert.deepEqual(await conditionsOf(cluster, namespace), told, "the victims have not turned");
  for (const { name, ready } of await readyPods(cluster, work)) assert.ok(ready, name);
  for (const each of [work, thief]) {
    await cluster.kubectl(["-n", each.namespace, "delete", "statefulset", each.name, "--wait=false"]);
  }
}

/** "True SINCE" of each victim. */
async function conditionsOf(cluster: Cluster, namespace: string): Promise<readonly string[]> {
  const found = `{range .items[*]}{range .status.conditions[?(@.type=="vxlan.travelping.com/Ready")]}` +
    `{.status} {.lastTransitionTime}{"\\n"}{end}{end}`;
  const text = await cluster.kubectl([
    "-n",
    namespace,
    "get",
    "pods",
    "-l",
    "app=victim",
    "-o",
    `jsonpath=${found}`,
  ]);
  return text.trim().split("\n");
}
