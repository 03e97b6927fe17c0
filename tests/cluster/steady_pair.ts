// Two pods that nothing happens to, pinging each other: whatever befalls the cluster, not one packet may be lost.
import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import { agentContainer } from "./members.ts";
import { pings } from "./pod_network.ts";
import { say } from "./progress.ts";
import { toolsIn } from "./test_tools.ts";
import { until } from "./until.ts";

const address = { one: "10.77.0.1", two: "10.77.0.2" };

/**
 * The pair, on two nodes where there are two. `image`: of its agents. `network`: default one of its own; a name of the
 * ConfigMap makes it a peer of others.
 */
export async function startSteadyPair(
  cluster: Cluster,
  namespace: string,
  { image = "aialferov/kube-vxlan-controller-agent", network = "steady id=77" }: {
    readonly image?: string;
    readonly network?: string;
  } = {},
): Promise<void> {
  const pods = Object.entries(address).map(([name, ip], at) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace,
      name: `steady-${name}`,
      labels: { app: "steady", "vxlan.travelping.com": "true" },
      annotations: { "vxlan.travelping.com/networks": `${network} ip=${ip}/24` },
    },
    spec: {
      nodeName: cluster.nodes[at % cluster.nodes.length],
      terminationGracePeriodSeconds: 1,
      initContainers: [agent("vxlan-controller-agent-init", image)],
      containers: [agent(agentContainer, image)],
    },
  }));
  for (const pod of pods) await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(pod));
  const from = { namespace, pod: "steady-one", to: address.two };
  await until("the steady pair to ping", () => pings(cluster, from), { seconds: 60 });
}

function agent(name: string, image: string): object {
  return {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
  };
}

/**
 * Pings inside the pod while `fault` runs, and asserts that every packet came back: they carry numbers. The ping writes to a
 * file in the pod: an exec of ours would end with the API server. `interval`: seconds, default a fifth of one.
 */
export async function loseNothing(
  cluster: Cluster,
  { namespace, fault, interval = 0.2 }: {
    readonly namespace: string;
    readonly fault: () => Promise<void>;
    readonly interval?: number;
  },
): Promise<void> {
  const { pod, container } = await toolsIn(cluster, { namespace, pod: "steady-one" });
  const exec = ["-n", namespace, "exec", pod, "-c", container, "--"];
  const ping =
    `rm -f /tmp/ping /tmp/stop; ( ping -i ${interval} ${address.two} > /tmp/ping 2>&1 & echo $! > /tmp/pid ) `;
  await cluster.kubectl([...exec, "sh", "-c", ping]);
  await fault();
  // What is sent within the last second may be on its way when the program ends; all that was sent before must be back.
  await cluster.kubectl([...exec, "sh", "-c", "sleep 1; kill -INT $(cat /tmp/pid); sleep 0.5"]);
  const told = await cluster.kubectl([...exec, "cat", "/tmp/ping"]);
  const summary = told.trim().split("\n").find((line) => line.includes("packets transmitted")) ??
    told.slice(-300);
  const sent = Number(/(\d+) packets transmitted/.exec(summary)?.[1]);
  const due = sent - Math.ceil(1 / interval);
  assert.ok(due > 0, `too few were sent: ${summary}`);
  assert.deepEqual(lostNumbers(told, due).slice(0, 10), [], `lost of the first ${due}: ${summary}`);
  say(`steady pair: ${summary}`);
}

/** Which of so many have no answer. busybox counts from 0, iputils from 1. */
function lostNumbers(told: string, due: number): readonly number[] {
  const seen = new Set([...told.matchAll(/ (?:icmp_)?seq=(\d+) /g)].map(([, number]) => Number(number)));
  const first = / icmp_seq=/.test(told) ? 1 : 0;
  return Array.from({ length: due }, (_, at) => at + first).filter((number) => !seen.has(number));
}
