// Which pod of the controller leads?
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { until } from "./until.ts";

/** Name of the pod that holds the Lease, and is not being deleted: one that goes may hold it to its last moment. */
export async function leader(cluster: Cluster): Promise<string> {
  const get = ["-n", "kube-system", "get", "-o"];
  let holder = "";
  await until("somebody to lead", async () => {
    const lease = [...get, "jsonpath={.spec.holderIdentity}", "lease", "kube-vxlan-controller"];
    [holder = ""] = (await cluster.kubectl.try(lease)).stdout.split("_");
    if (holder === "") return false;
    const pod = await cluster.kubectl.try([...get, "jsonpath={.metadata.deletionTimestamp}", "pod", holder]);
    return pod.code === 0 && pod.stdout === "";
  }, { seconds: 60 });
  assert.ok(holder.startsWith("kube-vxlan-controller"), `the holder "${holder}" names its pod`);
  return holder;
}
