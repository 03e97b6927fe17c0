// Do unusual pods become members: over IPv6, with users of their own (hostUsers: false)? And where the probe's port is taken?
import assert from "node:assert/strict";
import { toolsImageName } from "../images/image_names.ts";
import type { Cluster } from "./cluster.ts";
import { agentContainer, agentImage, overlayHolds, readyPods, readyPort, workloadObject } from "./members.ts";
import { floodsTo, pings } from "./pod_network.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "kinds";
const network = "sixnet";

Deno.test("unusual pods", async (t) => {
  await withController({ namespace }, async (cluster) => {
    const missing = await missingOn(cluster);
    await t.step({
      name: `family 6: two members on two nodes exchange frames${missing.ipv6 ?? ""}`,
      ignore: missing.ipv6 !== undefined,
      fn: () => overIpv6(cluster),
    });
    await t.step("a probe's port that another container has: the pod is held, and its agent says why", () => {
      return portTaken(cluster);
    });
    const name = missing.users === undefined
      ? "hostUsers: false: a pod with users of its own becomes a member"
      : `hostUsers: false: refused by ${missing.users}, in the pod's Events`;
    await t.step(name, () => ownUsers(cluster, missing));
  });
});

async function overIpv6(cluster: Cluster): Promise<void> {
  await cluster.kubectl([
    ...["-n", "kube-system", "patch", "configmap", "kube-vxlan-controller", "--type=merge", "-p"],
    JSON.stringify({ data: { [network]: "id=600 family=6" } }),
  ]);
  for (const [at, node] of cluster.nodes.slice(0, 2).entries()) {
    await apply(cluster, { name: `six-${at}`, node, networks: `${network} ip=10.66.0.${at + 1}/24` });
  }
  const pods = await readyPods(cluster, { namespace, name: "kinds", replicas: 2 });
  const peers = await Promise.all(pods.map(({ name }) => ipv6Of(cluster, name)));
  for (const [at, { name }] of pods.entries()) {
    const target = { namespace, pod: name, container: agentContainer, dev: network };
    const floods = async (): Promise<string> => (await floodsTo(cluster, target)).join(" ");
    await until(
      `${name} to flood to the other's IPv6 address`,
      async () => await floods() === peers[1 - at],
      {
        seconds: 30,
        describe: async () => `${await floods()}, not ${peers[1 - at]}`,
      },
    );
  }
  const ping = { namespace, pod: "six-0", to: "10.66.0.2" };
  await until("frames to go and come", () => pings(cluster, ping), { seconds: 20 });
  // The same pods with the other family: the ordinary invariant.
  await cluster.kubectl([
    ...["-n", namespace, "annotate", "pods", "--all", "--overwrite"],
    "vxlan.travelping.com/networks=vxeth0",
  ]);
  await overlayHolds(cluster, [{ network: "vxeth0", vni: 1000, namespace, pods }]);
  await cluster.kubectl(["-n", namespace, "delete", "pods", "--all", "--now"]);
}

async function ownUsers(cluster: Cluster, missing: { readonly users?: string }): Promise<void> {
  await apply(cluster, { name: "users-0", networks: "vxeth0", more: { hostUsers: false } });
  if (missing.users !== undefined) {
    const events = (): Promise<string> => cluster.kubectl(["-n", namespace, "describe", "pod", "users-0"]);
    return await until("the pod's Events to say that it cannot run", async () => {
      return /user namespaces/i.test(await events());
    }, { seconds: 60, describe: events });
  }
  await apply(cluster, { name: "users-1", networks: "vxeth0" });
  const pods = await readyPods(cluster, { namespace, name: "kinds", replicas: 2 });
  await overlayHolds(cluster, [{ network: "vxeth0", vni: 1000, namespace, pods }]);
}

/** A listener before the agent, to whom the kubelet's probe would come. */
async function portTaken(cluster: Cluster): Promise<void> {
  const name = "taken";
  const object = workloadObject({
    ...{ namespace, name, networks: "vxeth0", replicas: 1, form: "native with a port" },
  }) as { spec: { template: { metadata: object; spec: { initContainers: object[] } } } };
  const { metadata, spec } = object.spec.template;
  const listener = {
    ...{ name: "listener", image: toolsImageName, imagePullPolicy: "IfNotPresent", restartPolicy: "Always" },
    command: ["httpd", "-f", "-p", String(readyPort)],
    startupProbe: { tcpSocket: { port: readyPort }, periodSeconds: 1 },
  };
  const pod = {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { ...metadata, namespace, name } },
    spec: { ...spec, initContainers: [listener, ...spec.initContainers] },
  };
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(pod));
  const log = async (): Promise<string> =>
    (await cluster.kubectl.try(["-n", namespace, "logs", name, "-c", agentContainer])).stdout;
  await until("the agent to say that its port is taken", async () => {
    return (await log()).includes(`Cannot hold the pod until its networks are there: port ${readyPort}`);
  }, { seconds: 60, describe: log });
  const path = "jsonpath={.status.containerStatuses[0].started}";
  assert.notEqual(await cluster.kubectl(["-n", namespace, "get", "pod", name, "-o", path]), "true");
  await cluster.kubectl(["-n", namespace, "delete", "pod", name, "--now"]);
}

/** Why there is no IPv6 here, as the end of the step's name; the runtime that knows no user namespaces for pods. */
async function missingOn(cluster: Cluster): Promise<{ readonly ipv6?: string; readonly users?: string }> {
  const { items } = await cluster.kubectl.json(["get", "nodes"]) as { items: readonly NodeJson[] };
  const dual = items.length > 1 &&
    items.every(({ status }) => status.addresses?.some(({ address }) => address.includes(":")));
  const users = items.every(({ status }) =>
    status.runtimeHandlers?.some(({ features }) => features?.userNamespaces === true)
  );
  const runtime = items[0]?.status.nodeInfo?.containerRuntimeVersion;
  return {
    ...(!dual && { ipv6: " (left out: there are no two nodes with IPv6)" }),
    ...(!users && { users: runtime ?? "the runtime" }),
  };
}

async function apply(
  cluster: Cluster,
  { name, networks, node, more = {} }: {
    readonly name: string;
    readonly networks: string;
    readonly node?: string;
    readonly more?: object;
  },
): Promise<void> {
  const container = (called: string): object => ({
    ...{ name: called, image: agentImage, imagePullPolicy: "IfNotPresent" },
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
  });
  const labels = { app: "kinds", "vxlan.travelping.com": "true" };
  const metadata = { namespace, name, labels, annotations: { "vxlan.travelping.com/networks": networks } };
  const spec = {
    ...(node !== undefined && { nodeName: node }),
    terminationGracePeriodSeconds: 1,
    initContainers: [container("vxlan-controller-agent-init")],
    containers: [container(agentContainer)],
    ...more,
  };
  await cluster.kubectl(
    ["apply", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec }),
  );
}

async function ipv6Of(cluster: Cluster, pod: string): Promise<string | undefined> {
  const { status } = await cluster.kubectl.json(["-n", namespace, "get", "pod", pod]) as {
    status: { podIPs?: readonly { ip: string }[] };
  };
  return status.podIPs?.map(({ ip }) => ip).find((ip) => ip.includes(":"));
}

interface NodeJson {
  readonly status: {
    readonly addresses?: readonly { readonly address: string }[];
    readonly nodeInfo?: { readonly containerRuntimeVersion: string };
    readonly runtimeHandlers?: readonly { readonly features?: { readonly userNamespaces?: boolean } }[];
  };
}
