// A member goes, and its pod IP is given to a pod that is none: nothing of the overlay may reach that one.
import assert from "node:assert/strict";
import { type FaultScene, fieldOf } from "./fault_deeds.ts";
import { agentContainer, podsOf } from "./members.ts";
import { inside, pings } from "./pod_network.ts";
import { toolsIn } from "./test_tools.ts";
import { until } from "./until.ts";

const [leaver, tenant] = ["leaver", "tenant"];

/** Ends when the others have forgotten the pod IP: then frames that are flooded do not come to its new owner. */
export async function reusedPodIp(scene: FaultScene): Promise<void> {
  const { cluster, namespace } = scene;
  const [witness] = await podsOf(cluster, { namespace, name: "mesh" });
  assert.ok(witness !== undefined);
  // A pod of its own: nobody takes its place, and its pod IP, when it goes.
  const ip = await runPod(scene, { name: leaver, node: witness.node, isMember: true });
  await cluster.kubectl(["-n", namespace, "delete", "pod", leaver, "--now"]);
  await scene.access.nextPodIp(witness.node, ip);
  assert.equal(await runPod(scene, { name: tenant, node: witness.node, isMember: false }), ip);
  const argv = ["bridge", "-json", "fdb", "show"];
  for (const { name } of await podsOf(cluster, { namespace, name: "mesh" })) {
    await until(`${name} to forget the pod IP`, async () => {
      const entries = await inside(cluster, { namespace, pod: name, container: agentContainer, argv });
      return !entries.includes(`"${ip}"`);
    }, { seconds: 30 });
  }
  const before = await strayDatagrams(scene);
  // Every link that is up listens to this group, so the frames are flooded to every peer, and some answer.
  assert.ok(
    await pings(cluster, { namespace, pod: witness.name, to: "ff02::1%vxeth0" }),
    "the members hear each other",
  );
  assert.equal(
    await strayDatagrams(scene),
    before,
    "frames of the overlay came to the new owner of the pod IP",
  );
  await cluster.kubectl(["-n", namespace, "delete", "pod", tenant, "--now"]);
}

/** A pod on this node; gives its pod IP once it is ready. */
async function runPod(
  { cluster, namespace }: FaultScene,
  { name, node, isMember }: { readonly name: string; readonly node: string; readonly isMember: boolean },
): Promise<string> {
  const agent = {
    name: agentContainer,
    image: "aialferov/kube-vxlan-controller-agent",
    imagePullPolicy: "IfNotPresent",
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
  };
  const asMember = {
    labels: { "vxlan.travelping.com": "true" },
    annotations: { "vxlan.travelping.com/networks": "vxeth0" },
  };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, ...(isMember ? asMember : {}) },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 1,
      initContainers: isMember ? [{ ...agent, name: `${agentContainer}-init` }] : [],
      containers: [agent],
    },
  };
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(pod));
  await cluster.kubectl(["-n", namespace, "wait", "pod", name, "--for=condition=Ready", "--timeout=180s"]);
  return await fieldOf(cluster, { namespace, pod: name, path: ".status.podIP" });
}

/** Datagrams that came to a UDP port on which nobody listens. */
async function strayDatagrams({ cluster, namespace }: FaultScene): Promise<number> {
  const text = await inside(cluster, {
    ...await toolsIn(cluster, { namespace, pod: tenant }),
    argv: ["cat", "/proc/net/snmp"],
  });
  const [names, values] = text.split("\n").filter((line) => line.startsWith("Udp:")).map((line) =>
    line.split(" ")
  );
  const at = names?.indexOf("NoPorts") ?? -1;
  assert.ok(at > 0);
  return Number(values?.[at]);
}
