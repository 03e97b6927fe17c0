// A member goes, and its pod IP is given to a pod that is none: nothing of the overlay may reach that one.
import assert from "node:assert/strict";
import { type FaultScene, fieldOf } from "./fault_deeds.ts";
import { agentContainer, type MemberPod, podsOf } from "./members.ts";
import { inside, pings } from "./pod_network.ts";
import { until } from "./until.ts";

const tenant = "tenant";

/** Ends when the others have forgotten the pod IP: then frames that are flooded do not come to its new owner. */
export async function reusedPodIp(scene: FaultScene): Promise<void> {
  const { cluster, namespace } = scene;
  const [victim, witness] = await podsOf(cluster, { namespace, name: "mesh" });
  assert.ok(victim !== undefined && witness !== undefined);
  await cluster.kubectl(["-n", namespace, "delete", "pod", victim.name, "--now"]);
  await takeOver(scene, victim);
  const entries = ["bridge", "-json", "fdb", "show", "dev", "vxeth0"];
  const from = { namespace, pod: witness.name, container: agentContainer };
  await until("the others to forget the pod IP", async () => {
    return !(await inside(cluster, { ...from, argv: entries })).includes(`"${victim.ip}"`);
  }, { seconds: 30 });
  const before = await strayDatagrams(scene);
  // Every link that is up listens to this group, so the frames are flooded to every peer, and some answer.
  assert.ok(await pings(cluster, { ...from, to: "ff02::1%vxeth0" }), "the members hear each other");
  assert.equal(
    await strayDatagrams(scene),
    before,
    "frames of the overlay came to the new owner of the pod IP",
  );
  await cluster.kubectl(["-n", namespace, "delete", "pod", tenant, "--now"]);
}

/** A pod without our label that gets exactly this IP. */
async function takeOver({ cluster, access, namespace }: FaultScene, victim: MemberPod): Promise<void> {
  await access.nextPodIp(victim.node, victim.ip);
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name: tenant },
    spec: {
      nodeName: victim.node,
      terminationGracePeriodSeconds: 1,
      containers: [{
        name: "app",
        image: "aialferov/kube-vxlan-controller-agent",
        imagePullPolicy: "IfNotPresent",
      }],
    },
  };
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(pod));
  await cluster.kubectl(["-n", namespace, "wait", "pod", tenant, "--for=condition=Ready", "--timeout=60s"]);
  assert.equal(await fieldOf(cluster, { namespace, pod: tenant, path: ".status.podIP" }), victim.ip);
}

/** Datagrams that came to a UDP port on which nobody listens. */
async function strayDatagrams({ cluster, namespace }: FaultScene): Promise<number> {
  const text = await inside(cluster, {
    ...{ namespace, pod: tenant, container: "app" },
    argv: ["cat", "/proc/net/snmp"],
  });
  const [names, values] = text.split("\n").filter((line) => line.startsWith("Udp:")).map((line) =>
    line.split(" ")
  );
  const at = names?.indexOf("NoPorts") ?? -1;
  assert.ok(at > 0);
  return Number(values?.[at]);
}
