// examples/dhcp.yaml: does a member of another node get its address by DHCP, and does the controller leave it there?
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { manifestOf, namespace, type Pod, podsReady } from "./example_pods.ts";
import { addressesOf, staysThrough } from "./foreign_address.ts";
import { type ProgramsIn, programsIn } from "./pod_namespace.ts";
import { until } from "./until.ts";

/** With its two pods applied; a third is on the node where the server is not, and says that it wants no address of a pool. */
export async function dhcp(cluster: Cluster): Promise<void> {
  const server = named(await podsReady(cluster, 2), "server");
  const node = cluster.nodes.find((name) => name !== server.node);
  assert.ok(node !== undefined, "there are two nodes");
  const text = (await manifestOf("dhcp")).split("---\n").at(-1) ?? "";
  const far = text.replace("name: client", "name: far")
    .replace("lan id=702", "lan id=702 ip=none")
    .replace("spec:\n", `spec:\n  nodeName: ${node}\n`);
  await cluster.kubectl(["apply", "-f", "-"], far);
  try {
    const pods = await podsReady(cluster, 3);
    const leases = await Promise.all(
      ["client", "far"].map((name) => leaseOf(cluster, named(pods, name))),
    );
    const [near, other] = leases;
    assert.ok(near && other && near.address !== other.address);
    for (const { run } of leases) await frames(run, "10.91.0.1");
    await frames(other.run, addressIn(near.address));
    const asked = { pod: named(pods, "far"), networks: "lan id=702 ip=none", address: other.address };
    await staysThrough(cluster, asked);
    await frames(other.run, "10.91.0.1");
    // The server as a gateway, over an address that the controller does not know.
    const text = `vxlan.travelping.com/networks=${asked.networks} mtu=1300 gateway=10.91.0.1`;
    await cluster.kubectl(["-n", namespace, "annotate", "pod", "far", "--overwrite", text]);
    await until("the gateway to be asked", async () => {
      return (await other.run(["ip", "route", "get", "198.51.100.7"])).stdout.includes(
        "via 10.91.0.1 dev lan",
      );
    }, { seconds: 20 });
    await frames(other.run, addressIn(near.address));
  } finally {
    await cluster.kubectl(["-n", namespace, "delete", "pod", "far", "--now"]);
  }
}

interface Lease {
  readonly address: string;
  readonly run: ProgramsIn;
}

async function leaseOf(cluster: Cluster, pod: Pod): Promise<Lease> {
  const run = await programsIn(cluster, pod.uid);
  let found: readonly string[] = [];
  await until(`a lease for ${pod.name}`, async () => {
    found = await addressesOf(run);
    return found.length > 0;
  }, {
    seconds: 40,
    describe: async () =>
      await cluster.kubectl(["-n", namespace, "logs", pod.name, "-c", "udhcpc"]) +
      await cluster.kubectl(["-n", namespace, "logs", "server", "-c", "dnsmasq"]),
  });
  assert.match(found.join(), /^10\.91\.0\.1\d\d\/24$/, "one address, of the server's range");
  const way = await run(["ip", "route", "get", "198.51.100.7"]);
  assert.match(way.stdout, / dev eth0 /, "the pod's default route is what it was");
  return { address: found.join(), run };
}

async function frames(run: ProgramsIn, to: string): Promise<void> {
  const ping = async (): Promise<boolean> => (await run(["ping", "-c", "2", "-W", "1", to])).code === 0;
  await until(`answers of ${to}`, ping, { seconds: 20 });
}

function named(pods: readonly Pod[], name: string): Pod {
  const pod = pods.find((each) => each.name === name);
  assert.ok(pod, name);
  return pod;
}

function addressIn(cidr: string): string {
  return cidr.slice(0, cidr.indexOf("/"));
}
