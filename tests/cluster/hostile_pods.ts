// What may a pod's author put in the place of `ip` and `bridge`? Each attack as scripts in a ConfigMap, mounted over PATH.
import type { Cluster } from "./cluster.ts";
import { until } from "./until.ts";
import { agentContainer, seedAgentImage } from "./members.ts";

/** One way to hurt the controller, or the others. */
export interface Attack {
  readonly name: string;
  /** What runs as `ip` and as `bridge` in the pod's agents. */
  readonly script: string;
  /** Text of the networks annotation; default: one network. */
  readonly networks?: string;
}

/** Answers every line: the questions for links as given, all others with nothing. */
function answering(links: string): string {
  return `while read -r line; do
  case $line in
  "address show") ${links} ;;
  *show*) echo "[]" ;;
  esac
done`;
}

const seq = (format: string, count: number): string =>
  `printf '['; seq -f '${format}' ${count} | tr -d '\\n'; echo '{}]'`;
const manyLinks = seq(
  '{"ifindex":7,"ifname":"evil%g","mtu":1500,"flags":[],"address":"02:00:00:00:00:01"},',
  13_520,
);
const fewerLinks = seq(
  '{"ifindex":7,"ifname":"evil%g","mtu":1500,"flags":[],"address":"02:00:00:00:00:01"},',
  4_000,
);
const onNoDevice = Array.from({ length: 64 }, (_, n) => `evil${n} id=${7000 + n} dev=nodev`).join(", ");

/** Every one of them never lets the pod become ready, so it is tried again and again. */
export const attacks: readonly Attack[] = [
  { name: "hang", script: "exec sleep 1000000" },
  { name: "drip", script: "while :; do printf x; sleep 1; done" },
  { name: "endless-line", script: "yes x | tr -d '\\n'" },
  { name: "stderr-flood", script: "exec yes >&2" },
  { name: "single-bytes", script: "while :; do printf x >&2; printf x; done" },
  { name: "no-objects", script: answering("yes '{},' | tr -d '\\n'") },
  { name: "false-json", script: answering(`echo '[{"ifname":7}]'`) },
  { name: "many-links", script: answering(manyLinks), networks: onNoDevice },
  { name: "fewer-links", script: answering(fewerLinks), networks: onNoDevice },
];

/** Applies pods of this attack: a Deployment of that name, in a namespace that is there. */
export async function attack(
  cluster: Cluster,
  { namespace, replicas, name, script, networks = "vxeth0" }: Attack & {
    readonly namespace: string;
    readonly replicas: number;
  },
): Promise<void> {
  const file = `#!/bin/sh\n${script}\n`;
  const labels = { app: name };
  const container = (of: string): object => ({
    name: of,
    image: seedAgentImage,
    imagePullPolicy: "IfNotPresent",
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
    volumeMounts: [{ name: "tools", mountPath: "/usr/local/sbin" }],
  });
  const objects = [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name }, data: { ip: file, bridge: file } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace, name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: {
            labels: { ...labels, "vxlan.travelping.com": "true" },
            annotations: { "vxlan.travelping.com/networks": networks },
          },
          spec: {
            terminationGracePeriodSeconds: 1,
            initContainers: [container("vxlan-controller-agent-init")],
            containers: [container(agentContainer)],
            volumes: [{ name: "tools", configMap: { name, defaultMode: 0o755 } }],
          },
        },
      },
    },
  ];
  await cluster.kubectl(
    ["apply", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  );
}

/** How many pods of an attack hang in their init agent now: attacked with, and not let go. */
export async function attacking(
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<number> {
  const text = await cluster.kubectl([
    ...["-n", namespace, "get", "pods", "-l", `app=${name}`],
    ...["-o", "jsonpath={.items[*].status.initContainerStatuses[*].state.running.startedAt}"],
  ]);
  return text.split(" ").filter((started) => started !== "").length;
}

/** Waits until all pods of an attack hang in their init agents. */
export async function attackHolds(
  cluster: Cluster,
  { namespace, name, replicas }: {
    readonly namespace: string;
    readonly name: string;
    readonly replicas: number;
  },
): Promise<void> {
  await until(`${replicas} pods of ${name} to attack`, async () => {
    return await attacking(cluster, { namespace, name }) === replicas;
  }, { seconds: 90 });
}
