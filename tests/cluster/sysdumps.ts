// Is what somebody who helps from afar needs in the archive of a real cluster: for an administrator, a reader, after a restart?
import assert from "node:assert/strict";
import { sysdumpCommand } from "../../lib/cli/sysdump/sysdump.ts";
import { filesOf } from "../cli/sysdump/unpack.ts";
import type { Cluster } from "./cluster.ts";
import { productOn } from "./product_on.ts";
import { say } from "./progress.ts";
import { until } from "./until.ts";

/** A pod that the controller has told that its network is not known. */
export interface ToldPod {
  readonly namespace: string;
  readonly pod: string;
}

/** Somebody with the role `view` in one namespace gets its pods and Events, and reads what else there would be. */
export async function sysdumpedByReader(cluster: Cluster, { namespace, pod }: ToldPod): Promise<void> {
  const user = "kvc-test-reader";
  const binding = ["rolebinding", "reader", "--clusterrole=view", `--user=${user}`];
  await cluster.kubectl(["-n", namespace, "create", ...binding]);
  let files: ReadonlyMap<string, string> = new Map();
  // The API server reads new bindings by a watch.
  await until("the reader's archive to have the pods", async () => {
    const args = ["sysdump", "-n", namespace, "--as", user];
    const { status, complained, written } = await productOn(cluster, [sysdumpCommand], args);
    assert.equal(status, 0, complained);
    files = await filesOf(written);
    return files.has(`pods/${namespace}/${pod}.json`);
  }, { seconds: 30, describe: () => files.get("READ-ME.txt") ?? "" });
  const said = files.get("READ-ME.txt") ?? "";
  assert.match(files.get("events.json") ?? "", /VxlanUnknownNetwork/, said);
  assert.match(said, /^- Cannot list ConfigMap kube-system.*403.*; so no agent was looked into/m);
  assert.match(said, /^- Cannot list the controller's pods: .*403/m);
  assert.match(said, /^- Cannot list nodes: .*403/m);
}

/** What the container said before it ended is what one wants to read then. */
export async function sysdumpedAfterRestart(cluster: Cluster, told: ToldPod): Promise<void> {
  if (cluster.access === undefined) return say("SKIPPED: containers are killed on nodes of our own only");
  const at = ["-n", "kube-system", "get", "pods", "-l", "app.kubernetes.io/name=kube-vxlan-controller", "-o"];
  const pod = await cluster.kubectl([...at, "jsonpath={.items[0].metadata.name}"]);
  const restarts = "jsonpath={.items[0].status.containerStatuses[0].restartCount}";
  const before = await cluster.kubectl([...at, restarts]);
  await cluster.access.killContainer({ namespace: "kube-system", pod, container: "controller" });
  await until("the controller's container to be restarted", async () => {
    return await cluster.kubectl([...at, restarts]) > before;
  }, { seconds: 60 });
  const { status, complained, written } = await productOn(cluster, [sysdumpCommand], ["sysdump"]);
  assert.equal(status, 0, complained);
  const files = await filesOf(written);
  const log = files.get(`controllers/${pod}.previous.log`) ?? "";
  assert.match(log, new RegExp(`member=${told.namespace}/${told.pod}`), files.get("READ-ME.txt") ?? "");
}

/** As an administrator, so nothing but the pools that are not there may be missing. */
export async function sysdumped(cluster: Cluster, { namespace, pod }: ToldPod): Promise<void> {
  const { status, complained, written } = await productOn(cluster, [sysdumpCommand], ["sysdump"]);
  assert.equal(status, 0, complained);
  const files = await filesOf(written);
  const said = files.get("READ-ME.txt") ?? "";
  const [log] = [...files].filter(([path]) => /^controllers\/.*(?<!previous)\.log$/.test(path));
  assert.match(log?.[1] ?? "", new RegExp(`member=${namespace}/${pod}`), said);
  const [metrics] = [...files].filter(([path]) => path.endsWith(".metrics.txt"));
  assert.match(metrics?.[1] ?? "", /^kube_vxlan_controller_members \d+$/m, said);
  assert.match(files.get("events.json") ?? "", /VxlanUnknownNetwork/);
  assert.match(files.get(`inspect/${namespace}/${pod}.json`) ?? "", /nosuch/);
  assert.match(files.get(`agents/${namespace}/${pod}/ip-address-show.json`) ?? "", /"ifname": "eth0"/);
  assert.match(files.get("versions.json") ?? "", /"kubeletVersion": "v1\./);
}
