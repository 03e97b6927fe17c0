// What does a startup probe that fails cost a pod and second? Pods with each kind of it, beside pods without any.
import type { Cluster } from "../../cluster/cluster.ts";
import { agentContainer, agentImage, podsOf, readyPort } from "../../cluster/members.ts";
import { until } from "../../cluster/until.ts";
import { measure, millisecondsText, perUnit, type Used } from "./exec_cost.ts";

const pods = 20;
const span = 20_000;

/** As in docs/agents.md and in the injection policy; the last but one is only to compare. */
const probes: readonly {
  readonly name: string;
  readonly probe?: object;
  readonly args?: readonly string[];
}[] = [
  { name: "no probe" },
  { name: "exec (grep), every second", probe: { exec: { command: grep() }, periodSeconds: 1 } },
  { name: "exec (grep), every 2 seconds", probe: { exec: { command: grep() }, periodSeconds: 2 } },
  {
    name: "tcpSocket at the agent's port, every second",
    probe: { tcpSocket: { port: readyPort }, periodSeconds: 1 },
    args: [`--ready-port=${readyPort}`],
  },
  {
    name: "httpGet at the agent's port, every second",
    probe: { httpGet: { port: readyPort }, periodSeconds: 1 },
    args: [`--ready-port=${readyPort}`],
  },
  {
    name: "httpGet at the agent's port, which waits for the answer",
    probe: { httpGet: { port: readyPort }, periodSeconds: 1, timeoutSeconds: 60 },
    args: [`--ready-http-port=${readyPort}`],
  },
];

function grep(): readonly string[] {
  return ["grep", "-qx", "kube-vxlan-controller:ready", "/sys/class/net/lo/ifalias"];
}

/** One line for each kind: processor milliseconds a pod and second, by whom. The controller is not installed. */
export async function probeCosts(cluster: Cluster, namespace: string): Promise<readonly string[]> {
  const lines: string[] = [];
  let idle: Used | undefined;
  for (const { name, probe, args } of probes) {
    const used = await heldPods(cluster, { namespace, probe, args });
    idle ??= used;
    const each = perUnit(used, { idle, units: pods * used.seconds });
    lines.push(`${name}: ${millisecondsText(each)} a pod and second`);
  }
  return lines;
}

/** Starts pods that the probe holds, waits until all agents run, and measures for a while. */
async function heldPods(
  cluster: Cluster,
  { namespace, probe, args }: {
    readonly namespace: string;
    readonly probe: object | undefined;
    readonly args: readonly string[] | undefined;
  },
): Promise<Used> {
  const name = "held";
  const agent = {
    ...{ name: agentContainer, image: agentImage, imagePullPolicy: "IfNotPresent", restartPolicy: "Always" },
    ...(args !== undefined && { args }),
    ...(probe !== undefined && { startupProbe: { ...probe, failureThreshold: 100_000 } }),
  };
  const labels = { app: name };
  const app = { name: "app", image: agentImage, imagePullPolicy: "IfNotPresent" };
  const spec = { terminationGracePeriodSeconds: 1, initContainers: [agent], containers: [app] };
  await cluster.kubectl(
    ["apply", "-f", "-"],
    JSON.stringify({
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace, name } },
      spec: { replicas: pods, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    }),
  );
  const running = async (): Promise<number> => {
    const path = "{range .items[*]}{.status.initContainerStatuses[0].state.running.startedAt}{'\\n'}{end}";
    const text = await cluster.kubectl([
      ...["-n", namespace, "get", "pods", "-l", `app=${name}`, "-o", `jsonpath=${path}`],
    ]);
    return text.split("\n").filter((line) => line !== "").length;
  };
  const ready = async (): Promise<boolean> =>
    (await podsOf(cluster, { namespace, name })).filter((pod) => pod.ready).length === pods;
  await until(
    "the agents to run",
    async () => (await running()) === pods && (probe !== undefined || await ready()),
    {
      seconds: 120,
    },
  );
  // What of the start goes on after it is not the probe's.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const used = await measure(cluster, () => new Promise((resolve) => setTimeout(resolve, span)));
  await cluster.kubectl(["-n", namespace, "delete", "deployment", name, "--now"]);
  await until(
    "the pods to be gone",
    async () => (await cluster.kubectl(["-n", namespace, "get", "pods", "-o", "name"])).trim() === "",
    { seconds: 120 },
  );
  return used;
}
