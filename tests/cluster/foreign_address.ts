// Does an address that others have set on an interface of ours stay, when the controller begins anew and changes the interface?
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { namespace, type Pod } from "./example_pods.ts";
import { controllerReady } from "./install_controller.ts";
import { type ProgramsIn, programsIn, watchIn } from "./pod_namespace.ts";
import { until } from "./until.ts";

const dev = "lan";

/** Addresses of the interface, with their lengths. */
export async function addressesOf(run: ProgramsIn): Promise<readonly string[]> {
  const { stdout } = await run(["ip", "-4", "-json", "address", "show", "dev", dev]);
  const [link]: readonly { readonly addr_info?: readonly AddressInfo[] }[] = JSON.parse(stdout || "[]");
  return (link?.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

interface AddressInfo {
  readonly local: string;
  readonly prefixlen: number;
}

/**
 * Another process of the controller, which knows nothing of what was, looks at the pod and gives the interface another MTU.
 * All the while the address is not taken away for a moment.
 */
export async function staysThrough(
  cluster: Cluster,
  { pod, networks, address }: { readonly pod: Pod; readonly networks: string; readonly address: string },
): Promise<void> {
  const run = await programsIn(cluster, pod.uid);
  const events = await watchIn(cluster, pod.uid, ["ip", "-4", "monitor", "address"]);
  try {
    const deployment = "deployment/kube-vxlan-controller";
    await cluster.kubectl(["-n", "kube-system", "rollout", "restart", deployment]);
    await controllerReady(cluster);
    const text = `vxlan.travelping.com/networks=${networks} mtu=1300`;
    await cluster.kubectl(["-n", namespace, "annotate", "pod", pod.name, "--overwrite", text]);
    await until("the new controller to change the interface", async () => {
      return (await run(["ip", "link", "show", "dev", dev])).stdout.includes("mtu 1300");
    }, { seconds: 40 });
  } finally {
    await events.end();
  }
  assert.ok((await addressesOf(run)).includes(address), `${address} is there`);
  const gone = events.lines.filter((line) => line.startsWith("Deleted") && line.includes(address));
  assert.deepEqual(gone, [], "it was there all the while");
}
