// Agents whose program breaks the protocol, on a real API: none is let go, each is told, and their peers notice nothing.
import assert from "node:assert/strict";
import { toolsImageName } from "../images/image_names.ts";
import type { Cluster } from "./cluster.ts";
import { controllerLog } from "./install_controller.ts";
import { agentContainer, agentImage, podsOf } from "./members.ts";
import { floodsTo } from "./pod_network.ts";
import { loseNothing, startSteadyPair } from "./steady_pair.ts";
import { until } from "./until.ts";
import { withController } from "./with_controller.ts";

const namespace = "hostile";
const network = "vxeth0";

/** Each is the rest of a shell script that stands in for the program. `said`: by the condition on the pod. */
const agents: readonly { readonly name: string; readonly script: string; readonly said: RegExp }[] = [
  { name: "stranger", script: `echo 'I am a shell'; cat`, said: /no frame of the protocol/ },
  { name: "future", script: `printf 'hello 2 0\\n\\n'; cat`, said: /version 2 of the protocol, expected 1/ },
  {
    name: "eager",
    script: `${hello()}; printf 'end 1 1\\n1\\n'; cat`,
    said: /nobody asked for|out of turn|questions were answered/,
  },
  {
    name: "backwards",
    script:
      `${hello()}; ${request()}; printf 'out 2 2\\n[]\\nout 1 2\\n[]\\nend %d %d\\n%s\\n' $n \${#t} $t; cat`,
    said: /out of turn/,
  },
  {
    name: "mixer",
    script:
      `${hello()}; while :; do ${
        request(`printf 'out %d 37\\n[{"mac":"00:00:00:00:00:00","dst":1}]\\n' $n`)
      }; ` +
      `printf 'end %d %d\\n%s\\n' $n \${#t} $t; done`,
    said: /Cannot/,
  },
  {
    name: "flood",
    script: `${hello()}; read x; while printf 'out 1 32768\\n'; do head -c 32768 /dev/zero; echo; done`,
    said: /more than \d+ bytes/,
  },
  { name: "endless", script: `${hello()}; read x; cat /dev/zero`, said: /no frame of the protocol/ },
  { name: "cut", script: `${hello()}; read x; printf 'out 1 999\\nabc'`, said: /Cannot talk to/ },
  { name: "silent", script: `${hello()}; cat > /dev/null`, said: /no answer/ },
];

function hello(): string {
  return `printf 'hello 1 0\\n\\n'`;
}

/** Reads lines to the end of a request; then n is the number of lines and t the token. */
function request(each = ":"): string {
  return `n=0; while read -r w t rest; do n=$((n+1)); [ "$w" = end ] && break; ${each}; done`;
}

Deno.test("hostile agents: the protocol of the agent's program on a real API", async () => {
  await withController({ namespace }, async (cluster) => {
    await startSteadyPair(cluster, namespace, { network, image: agentImage });
    const attack = async (): Promise<void> => {
      for (const agent of agents) await start(cluster, agent);
      for (const { name, said } of agents) {
        let condition = "";
        await until(`${name} to be told`, async () => {
          condition = await conditionOf(cluster, name);
          return condition.startsWith("False ") && said.test(condition);
        }, { seconds: 90, describe: async () => `${condition}\n${await controllerLog(cluster)}` });
      }
    };
    await loseNothing(cluster, { namespace, fault: attack, interval: 0.05 });
    const hostile = await podsOf(cluster, { namespace, name: "hostile" });
    assert.equal(hostile.length, agents.length);
    assert.deepEqual(hostile.filter(({ ready }) => ready), [], "none was let go");
    const [one, two] = await podsOf(cluster, { namespace, name: "steady" });
    const others = [...hostile.map(({ ip }) => ip), two?.ip].sort();
    const target = { namespace, pod: one?.name ?? "", container: agentContainer, dev: network };
    assert.deepEqual(
      await floodsTo(cluster, target),
      others,
      "a good member floods to the pod IPs, to no more",
    );
    assert.equal(await restarts(cluster), "0", "the controller has not ended");
  });
});

async function start(
  cluster: Cluster,
  { name, script }: { readonly name: string; readonly script: string },
): Promise<void> {
  const metadata = { namespace, name };
  const data = { "vxlan-agent": `#!/bin/sh\n${script}\n` };
  const program = { name: "program", mountPath: "/usr/local/bin" };
  const container = (called: string): object => ({
    ...{ name: called, image: toolsImageName, imagePullPolicy: "IfNotPresent", volumeMounts: [program] },
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
  });
  const pod = {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: {
      ...metadata,
      labels: { app: "hostile", "vxlan.travelping.com": "true" },
      annotations: { "vxlan.travelping.com/networks": network },
    },
    spec: {
      terminationGracePeriodSeconds: 1,
      volumes: [{ name: "program", configMap: { name, defaultMode: 0o755 } }],
      initContainers: [container("vxlan-controller-agent-init")],
      containers: [container(agentContainer)],
    },
  };
  for (const object of [{ apiVersion: "v1", kind: "ConfigMap", metadata, data }, pod]) {
    await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  }
}

/** "False REASON: message"; empty without a condition. */
async function conditionOf(cluster: Cluster, pod: string): Promise<string> {
  const of = `.status.conditions[?(@.type=="vxlan.travelping.com/Ready")]`;
  const path = `{${of}.status} {${of}.reason}: {${of}.message}`;
  return await cluster.kubectl(["-n", namespace, "get", "pod", pod, "-o", `jsonpath=${path}`]);
}

async function restarts(cluster: Cluster): Promise<string> {
  return await cluster.kubectl([
    ...["-n", "kube-system", "get", "pods", "-l", "app.kubernetes.io/name=kube-vxlan-controller"],
    ...["-o", "jsonpath={.items[*].status.containerStatuses[0].restartCount}"],
  ]);
}
