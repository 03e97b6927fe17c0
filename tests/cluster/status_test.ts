// Does `kubectl describe pod` say what is wrong and what to do, for every kind of broken pod, and turn when it is mended?
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { pauseImageName } from "../images/image_names.ts";
import { say } from "./progress.ts";
import { sysdumped, sysdumpedAfterRestart, sysdumpedByReader } from "./sysdumps.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "status";
const told = { namespace, pod: "unknown-network" };
const image = "aialferov/kube-vxlan-controller-agent";
const netAdmin = { capabilities: { add: ["NET_ADMIN"] } };

interface Broken {
  readonly it: string;
  readonly networks: string;
  readonly spec?: object;
  /** What describe must show: the reason of the condition or Event, and the remedy. */
  readonly reason: string;
  readonly says: RegExp;
  /** The annotation that mends it; absent where the pod must be made anew. */
  readonly mended?: string;
}

const agent = (name: string, securityContext: object = netAdmin): object => ({
  name,
  image,
  imagePullPolicy: "IfNotPresent",
  securityContext,
});
const withImage = (other: string): object => ({
  initContainers: [{ ...agent("vxlan-controller-agent-init"), image: other }],
  containers: [{ ...agent("vxlan-controller-agent"), image: other }],
});
const pair = (securityContext?: object): object => ({
  initContainers: [agent("vxlan-controller-agent-init", securityContext)],
  containers: [agent("vxlan-controller-agent", securityContext)],
});

const broken: readonly Broken[] = [
  { it: "unknown-network", networks: "nosuch", reason: "UnknownNetwork", says: /nosuch/, mended: "vxeth0" },
  {
    it: "bad-option",
    networks: "vxeth0 mtu=huge",
    reason: "InvalidOptions",
    says: /mtu=huge/,
    mended: "vxeth0 mtu=1400",
  },
  { it: "bad-id", networks: "vxeth0 id=0145", reason: "InvalidOptions", says: /id=0145/, mended: "vxeth0" },
  {
    it: "no-agent",
    networks: "vxeth0",
    spec: { containers: [agent("app", {})] },
    reason: "AgentMissing",
    says: /vxlan-controller-agent/,
  },
  { it: "no-net-admin", networks: "vxeth0", spec: pair({}), reason: "AgentUnfit", says: /NET_ADMIN/ },
  {
    it: "not-root",
    networks: "vxeth0",
    spec: pair({ ...netAdmin, runAsUser: 1000 }),
    reason: "AgentUnfit",
    says: /root|runAsUser/,
  },
  {
    it: "host-network",
    networks: "vxeth0",
    spec: { ...pair(), hostNetwork: true },
    reason: "HostNetwork",
    says: /hostNetwork/,
  },
];

Deno.test("what describe says of broken pods", async (t) => {
  await withController({ namespace }, async (cluster) => {
    for (const { it, networks, spec = pair() } of broken) {
      await createPod(cluster, { name: it, networks, spec });
    }
    await t.step("sysdump has it all: the log, metrics, pods, what agents say", async () => {
      await described(cluster, told.pod, (text) => text.includes("VxlanUnknownNetwork"));
      await sysdumped(cluster, told);
    });
    for (const { it, reason, says, mended } of broken) {
      await t.step(it, async () => {
        await described(cluster, it, (text) => text.includes(`Vxlan${reason}`) && says.test(text));
        if (mended === undefined) return;
        await annotate(cluster, { name: it, networks: mended });
        await condition(cluster, { name: it, status: "True" });
      });
    }
    await t.step("an agent image without the tools", async () => {
      if (cluster.access === undefined) return say("SKIPPED: the image is on nodes of our own only");
      const spec = withImage(pauseImageName);
      await createPod(cluster, { name: "no-tools", networks: "vxeth0", spec });
      await described(
        cluster,
        "no-tools",
        (text) => text.includes("VxlanAgentUnfit") && text.includes("its image needs ip, bridge and kill"),
      );
    });
    await t.step("two members with one address: told on both, healed when one goes", async () => {
      for (const name of ["twin-a", "twin-b"]) {
        await createPod(cluster, { name, networks: "vxeth1 ip=10.3.0.1/24", spec: pair() });
      }
      for (const name of ["twin-a", "twin-b"]) {
        await described(cluster, name, (text) => text.includes("VxlanConflict") && text.includes("10.3.0.1"));
      }
      await cluster.kubectl(["-n", namespace, "delete", "pod", "twin-b", "--now"]);
      await condition(cluster, { name: "twin-a", status: "True" });
    });
    await t.step("a foreign link: told, never touched, healed when it goes", async () => {
      await createPod(cluster, { name: "foreign", networks: "vxeth0", spec: pair() });
      // The networks hold before the sidecar runs; the commands below need it.
      await until("foreign to be ready", async () => {
        return await conditionOf(cluster, { name: "foreign", type: "Ready" }) === "True";
      }, { seconds: 60 });
      const ip = ["-n", namespace, "exec", "foreign", "-c", "vxlan-controller-agent", "--", "ip", "link"];
      await cluster.kubectl([
        ...ip,
        "add",
        "vxeth1",
        "type",
        "vxlan",
        "id",
        "99",
        "dev",
        "eth0",
        "dstport",
        "4789",
      ]);
      await annotate(cluster, { name: "foreign", networks: "vxeth0, vxeth1" });
      await described(
        cluster,
        "foreign",
        (text) => text.includes("VxlanConflict") && text.includes("vxeth1"),
      );
      await cluster.kubectl([...ip, "del", "vxeth1"]);
      await condition(cluster, { name: "foreign", status: "True" });
    });
    await t.step("sysdump of a reader of the namespace", () => sysdumpedByReader(cluster, told));
    await t.step("with a readiness gate a pod is ready only once its networks hold", async () => {
      const readinessGates = [{ conditionType: "vxlan.travelping.com/Ready" }];
      await createPod(cluster, {
        name: "gated",
        networks: "vxeth0, nosuch",
        spec: { ...pair(), readinessGates },
      });
      await described(cluster, "gated", (text) => text.includes("VxlanUnknownNetwork"));
      assert.notEqual(await conditionOf(cluster, { name: "gated", type: "Ready" }), "True");
      await annotate(cluster, { name: "gated", networks: "vxeth0" });
      await condition(cluster, { name: "gated", status: "True" });
      await until(
        "gated to be ready",
        async () => await conditionOf(cluster, { name: "gated", type: "Ready" }) === "True",
        {
          seconds: 60,
        },
      );
    });
    // Last, for a controller that was killed waits for its own Lease.
    await t.step(
      "sysdump has the log of the container before a restart",
      () => sysdumpedAfterRestart(cluster, told),
    );
  });
});

async function createPod(
  cluster: Cluster,
  { name, networks, spec }: { readonly name: string; readonly networks: string; readonly spec: object },
): Promise<void> {
  const metadata = {
    namespace,
    name,
    labels: { "vxlan.travelping.com": "true" },
    annotations: { "vxlan.travelping.com/networks": networks },
  };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { terminationGracePeriodSeconds: 1, ...spec },
  };
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(pod));
}

async function annotate(
  cluster: Cluster,
  { name, networks }: { readonly name: string; readonly networks: string },
): Promise<void> {
  const annotation = `vxlan.travelping.com/networks=${networks}`;
  await cluster.kubectl(["-n", namespace, "annotate", "pod", name, annotation, "--overwrite"]);
}

/** Waits until `kubectl describe pod` satisfies a test. */
async function described(cluster: Cluster, name: string, holds: (text: string) => boolean): Promise<void> {
  let text = "";
  await until(`describe of ${name} to say what is wrong`, async () => {
    text = await cluster.kubectl(["-n", namespace, "describe", "pod", name]);
    return holds(text);
  }, { seconds: 60, describe: () => text.slice(-1500) });
}

async function condition(
  cluster: Cluster,
  { name, status }: { readonly name: string; readonly status: string },
): Promise<void> {
  await until(`condition ${status} on ${name}`, async () => {
    return await conditionOf(cluster, { name, type: "vxlan.travelping.com/Ready" }) === status;
  }, { seconds: 60, describe: () => cluster.kubectl(["-n", namespace, "describe", "pod", name]) });
}

async function conditionOf(
  cluster: Cluster,
  { name, type }: { readonly name: string; readonly type: string },
): Promise<string | undefined> {
  const pod = JSON.parse(await cluster.kubectl(["-n", namespace, "get", "pod", name, "-o", "json"]));
  const all: readonly { readonly type: string; readonly status: string }[] = pod.status.conditions ?? [];
  return all.find((one) => one.type === type)?.status;
}
