// Do the examples work unchanged on a real cluster, with the controller deployed as k8s.yaml says?
import assert from "node:assert/strict";
import { type Cluster, clusterForTests } from "./cluster.ts";
import { dhcp } from "./dhcp_example.ts";
import { example, manifestOf, namespace, podsReady, putAppliances } from "./example_pods.ts";
import { installController, removeController } from "./install_controller.ts";
import { pool } from "./pool_example.ts";
import { floodsTo, type Inside, inside, pings, vxlanInterfaces } from "./pod_network.ts";
import { programsIn } from "./pod_namespace.ts";
import { trafficIsCounted } from "./traffic_example.ts";
import { until } from "./until.ts";
import { vrrp } from "./vrrp_example.ts";

const agent = "vxlan-controller-agent";
Deno.test("the examples on a real cluster", async (t) => {
  const cluster = await clusterForTests();
  try {
    await installController(cluster, { env: { KVC_INTERFACE_INFO: "100" } });
    await t.step("first.yaml: red reaches blue", () => example(cluster, "first", first));
    await t.step(
      "routed.yaml: a reaches b through gw, and b reaches a",
      () => example(cluster, "routed", routed),
    );
    await t.step("seed.yaml: four pods in two networks, across nodes", () => example(cluster, "seed", seed));
    await t.step("pool.yaml: three pods of a Deployment, each with addresses of the pool", () => {
      return example(cluster, "pool", pool);
    });
    await withAppliances(t, cluster);
    await removeController(cluster);
  } finally {
    await cluster.close();
  }
});

/** Those that install programs from packages. */
async function withAppliances(t: Deno.TestContext, cluster: Cluster): Promise<void> {
  const missing = await putAppliances(cluster);
  const why = missing === undefined ? "" : ` (not here: ${missing})`;
  const steps = [
    { name: "gateway.yaml: a client reaches a node through the gateway", file: "gateway", fn: gateway },
    { name: "vrrp.yaml: an address moves between two nodes", file: "vrrp", fn: vrrp },
    { name: "dhcp.yaml: a lease from a member on the other node", file: "dhcp", fn: dhcp },
  ];
  for (const { name, file, fn } of steps) {
    await t.step({
      name: name + why,
      ignore: missing !== undefined,
      fn: () => example(cluster, file, fn),
    });
  }
}

/** Then a third member asks for a route to the pod IP of another: that one is reached all the same. */
async function first(cluster: Cluster): Promise<void> {
  const [blue] = await podsReady(cluster, 2);
  assert.ok(blue);
  const argv = ["ping", "-c", "3", "192.168.10.2"];
  const seen = await inside(cluster, { namespace, pod: "red", container: "app", argv });
  assert.match(seen, /3 packets transmitted, 3 packets received, 0% packet loss/, "as README shows it");
  await trafficIsCounted(cluster);
  const ping = { namespace, pod: "red", to: "192.168.10.2" };
  const asked = `route=${blue.ip}/32:192.168.10.1`;
  const [red = ""] = (await manifestOf("first")).split("---\n");
  const green = red.replace("name: red", "name: green").replace(
    /lab id=100 .*/,
    `lab id=100 ip=192.168.10.3/24 ${asked}`,
  );
  await cluster.kubectl(["apply", "-f", "-"], green);
  try {
    await podsReady(cluster, 3);
    assert.ok(await pings(cluster, ping));
    await until(
      "red to reach green",
      () => pings(cluster, { ...ping, to: "192.168.10.3" }),
      { seconds: 20 },
    );
    assert.ok(await pings(cluster, { namespace, pod: "green", to: "192.168.10.1" }), "green reaches red");
  } finally {
    await cluster.kubectl(["-n", namespace, "delete", "pod", "green", "--now"]);
  }
}

async function routed(cluster: Cluster): Promise<void> {
  await podsReady(cluster, 3);
  const a = await vxlanInterfaces(cluster, { namespace, pod: "a", container: agent });
  assert.deepEqual([...a.keys()], ["west"]);
  assert.equal(a.get("west")?.vni, 101);
  assert.ok(a.get("west")?.addresses.includes("192.168.11.2/29"));
  await until("a to reach b", () => pings(cluster, { namespace, pod: "a", to: "192.168.12.2" }), {
    seconds: 20,
  });
  await until("b to reach a", () => pings(cluster, { namespace, pod: "b", to: "192.168.11.2" }), {
    seconds: 20,
  });
}

/** A node's address stands for the outside: the client has no way to it but its default route. */
async function gateway(cluster: Cluster): Promise<void> {
  const [client] = await podsReady(cluster, 2);
  assert.ok(client);
  const outside = cluster.access?.layout.nodes.find(({ name }) => name !== client.node)?.address;
  assert.ok(outside !== undefined);
  const run = await programsIn(cluster, client.uid);
  const way = await run(["ip", "route", "get", outside]);
  assert.match(way.stdout, /via 10\.70\.0\.1 dev egress/, way.stderr);
  const ping = async (): Promise<boolean> =>
    (await run(["ping", "-c", "2", "-i", "0.2", "-W", "1", outside])).code === 0;
  await until(`${outside} to answer`, ping, { seconds: 30 });
}

async function seed(cluster: Cluster): Promise<void> {
  const pods = await podsReady(cluster, 4);
  if (cluster.nodes.length > 1) {
    assert.equal(new Set(pods.map((pod) => pod.node)).size, 2, "pods are on two nodes");
  }
  for (const pod of pods) {
    const target = { namespace, pod: pod.name, container: agent };
    const second = pod.name.startsWith("green") ? "storage" : "vxeth1";
    const interfaces = await vxlanInterfaces(cluster, target);
    assert.deepEqual([...interfaces.keys()].sort(), [second, "vxeth0"].sort());
    assert.equal(interfaces.get("vxeth0")?.vni, 1000);
    assert.equal(interfaces.get(second)?.vni, 1001);
    const peers = pods.filter((other) => other !== pod).map((other) => other.ip).sort();
    for (const dev of ["vxeth0", second]) await peersOf(cluster, { ...target, dev, peers });
  }
  for (const pod of pods.slice(1)) {
    await reachesFirst(cluster, { pod: pod.name, first: pods[0]?.name ?? "" });
  }
}

/** The seed's networks have no addresses of their own, so the pods ping each other's link-local ones. */
async function reachesFirst(
  cluster: Cluster,
  { pod, first }: { readonly pod: string; readonly first: string },
): Promise<void> {
  const interfaces = await vxlanInterfaces(cluster, { namespace, pod: first, container: agent });
  const address = interfaces.get("vxeth0")?.addresses.find((one) => one.startsWith("fe80:"))?.split("/")[0];
  assert.ok(address, `${first} has a link-local address on vxeth0`);
  const to = `${address}%vxeth0`;
  await until(`${pod} to reach ${first}`, () => pings(cluster, { namespace, pod, to }), {
    seconds: 20,
    describe: () => inside(cluster, { namespace, pod, container: agent, argv: ["ip", "address"] }),
  });
}

async function peersOf(
  cluster: Cluster,
  { peers, ...target }: Inside & { readonly dev: string; readonly peers: readonly string[] },
): Promise<void> {
  let found: readonly string[] = [];
  await until(`the fdb of ${target.dev} in ${target.pod}`, async () => {
    found = await floodsTo(cluster, target);
    return found.join() === peers.join();
  }, { seconds: 20, describe: () => `it floods to ${found.join()}, and the peers are ${peers.join()}` });
}
