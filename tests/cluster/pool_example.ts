// examples/pool.yaml on the cluster: has each pod addresses of the pool that the file tells people to make?
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { namespace, podsReady } from "./example_pods.ts";
import { repository } from "./install_controller.ts";
import { agentContainer } from "./members.ts";
import { pings, vxlanInterfaces } from "./pod_network.ts";
import { until } from "./until.ts";

/** The pool comes into the ConfigMap by the command that the file itself gives, and goes with the controller's manifests. */
export async function pool(cluster: Cluster): Promise<void> {
  const text = await Deno.readTextFile(`${repository}examples/pool.yaml`);
  const [, patch = ""] = /patch configmap kube-vxlan-controller --type=merge -p '(.*)'/.exec(text) ?? [];
  await cluster.kubectl(["-n", "kube-system", "patch", "configmap", "kube-vxlan-controller", "-p", patch]);
  const pods = await podsReady(cluster, 3);
  const addresses = await Promise.all(pods.map(async ({ name }) => {
    const interfaces = await vxlanInterfaces(cluster, { namespace, pod: name, container: agentContainer });
    return interfaces.get("office")?.addresses.filter((one) => !one.startsWith("fe80:")) ?? [];
  }));
  const hosts = [1, 2, 3].map((host) => `192.168.40.${host}/24 fd00:40::${host}/64`);
  assert.deepEqual(addresses.map((of) => of.toSorted().join(" ")).sort(), hosts);
  const [from, to] = pods;
  for (const address of addresses[1] ?? []) {
    await until(`${from?.name} to reach ${to?.name} at ${address}`, () => {
      return pings(cluster, { namespace, pod: from?.name ?? "", to: address.split("/")[0] ?? "" });
    }, { seconds: 20 });
  }
  const list = ["list", "addresses", "office", "-A", "--no-headers"];
  const program = ["exec", "deploy/kube-vxlan-controller", "--", "kube-vxlan-controller"];
  const shown = await cluster.kubectl(["-n", "kube-system", ...program, ...list]);
  for (const { name } of pods) assert.match(shown, new RegExp(`default/${name} +held `), shown);
}
