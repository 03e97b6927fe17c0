// How long does a rollout take on a real Kubernetes, and what does it cost: N pods of one network, or of none.
import type { Cluster } from "../cluster/cluster.ts";
import { controllerLog } from "../cluster/install_controller.ts";
import {
  type AgentForm,
  agentImage,
  overlayViolations,
  podsOf,
  unmanagedObject,
  workloadObject,
} from "../cluster/members.ts";
import { until } from "../cluster/until.ts";
import { machineTime, usedBetween } from "./machine_time.ts";

/** What is rolled out: members, the same containers without the controller, or `plain`: one container, no network. */
export interface RolloutKind {
  /** As the table calls it. */
  readonly name: string;
  readonly form: AgentForm | "plain";
  readonly unmanaged?: true;
  /** Of the agents; default: ours. */
  readonly image?: string;
}

export interface ClusterRollout {
  readonly kind: RolloutKind;
  readonly pods: number;
  /** Seconds from the creation until all pods are ready: all interfaces are there. */
  readonly ready: number;
  /** Seconds until the last forwarding entry was written; absent without networks. */
  readonly mesh?: number;
  /** Processor time of the whole machine until then, and of whom. */
  readonly used: string;
  /** Requests of the controller, watches and patches too, without execs. */
  readonly requestsPerPod?: number;
  readonly execsPerPod?: number;
  /** Execs that did not come to "ok", by outcome. */
  readonly failedExecs?: string;
  readonly fdbLines?: number;
  readonly cpuSeconds?: number;
  readonly residentMiB?: number;
  readonly violations: readonly string[];
}

const network = { network: "vxeth0", vni: 1000 };
const patience = 300;

/** Creates the pods, measures, deletes them again. The controller must be installed. */
export async function clusterRollout(
  cluster: Cluster,
  { kind, pods, namespace }: {
    readonly kind: RolloutKind;
    readonly pods: number;
    readonly namespace: string;
  },
): Promise<ClusterRollout> {
  const name = "bench";
  const hasMembers = kind.form !== "plain" && kind.unmanaged === undefined;
  const object = objectOf(kind, { namespace, name, replicas: pods });
  const machine = await machineTime();
  const before = await figures(cluster);
  const start = performance.now();
  const since = (): number => (performance.now() - start) / 1000;
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  const lookAtAll = async (): Promise<readonly string[]> => {
    const members = await podsOf(cluster, { namespace, name });
    return await overlayViolations(cluster, [{ ...network, namespace, pods: members }]);
  };
  const holds = async (): Promise<boolean> => (await lookAtAll()).length === 0;
  let ready = 0;
  let mesh: number | undefined;
  await until(`${pods} pods to be ready and meshed`, async () => {
    const [count, now] = await Promise.all([readyReplicas(cluster, { namespace, name }), figures(cluster)]);
    if (ready === 0 && count === pods) ready = since();
    if (mesh === undefined && now.appended - before.appended >= pods * (pods - 1)) mesh = since();
    if (ready === 0 || !hasMembers) return ready > 0;
    // Lines whose answer came too late have worked and are not counted: then the kernels themselves are asked.
    if (mesh === undefined && since() > ready + 10 && await holds()) mesh = since();
    return mesh !== undefined;
  }, { seconds: patience, describe: () => controllerLog(cluster) });
  const used = usedBetween(machine, await machineTime());
  const after = await figures(cluster);
  const violations = hasMembers ? await lookAtAll() : [];
  await cluster.kubectl(["-n", namespace, "delete", "deployment", name, "--now"]);
  await until("the pods to be gone", async () => (await podsLeft(cluster, namespace)) === 0, {
    seconds: patience,
  });
  if (mesh === undefined) return { kind, pods, ready, used, violations };
  return {
    kind,
    pods,
    ready,
    mesh,
    used,
    requestsPerPod: (after.requests - before.requests) / pods,
    execsPerPod: (after.execs - before.execs) / pods,
    failedExecs: failedExecs(before, after),
    fdbLines: after.appended - before.appended,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    residentMiB: after.residentMiB,
    violations,
  };
}

function objectOf(
  { form, unmanaged, image = agentImage }: RolloutKind,
  { namespace, name, replicas }: {
    readonly namespace: string;
    readonly name: string;
    readonly replicas: number;
  },
): unknown {
  if (form === "plain") return plainObject({ namespace, name, replicas });
  const workload = { namespace, name, replicas, networks: network.network, form, image, graceSeconds: 1 };
  return unmanaged ? unmanagedObject(workload) : workloadObject(workload);
}

function plainObject(
  { namespace, name, replicas }: {
    readonly namespace: string;
    readonly name: string;
    readonly replicas: number;
  },
): unknown {
  const labels = { app: name };
  const container = {
    name: "app",
    image: agentImage,
    imagePullPolicy: "IfNotPresent",
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  };
}

async function readyReplicas(
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<number> {
  const query = ["-n", namespace, "get", "deployment", name, "-o", "jsonpath={.status.readyReplicas}"];
  return Number(await cluster.kubectl(query) || 0);
}

async function podsLeft(cluster: Cluster, namespace: string): Promise<number> {
  const names = await cluster.kubectl(["-n", namespace, "get", "pods", "-o", "name"]);
  return names.split("\n").filter((line) => line !== "").length;
}

function failedExecs(before: Figures, after: Figures): string {
  const outcomes = [...after.outcomes].map(([outcome, count]) => ({
    outcome,
    count: count - (before.outcomes.get(outcome) ?? 0),
  }));
  const failed = outcomes.filter(({ outcome, count }) => !outcome.includes('"ok"') && count > 0);
  return failed.map(({ outcome, count }) => `${outcome} ${count}`).join(", ");
}

interface Figures {
  readonly outcomes: ReadonlyMap<string, number>;
  readonly appended: number;
  readonly execs: number;
  readonly requests: number;
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/** The controller's own metrics, through the API server. */
async function figures(cluster: Cluster): Promise<Figures> {
  const label = "app.kubernetes.io/name=kube-vxlan-controller";
  const pod = await cluster.kubectl([
    ...["-n", "kube-system", "get", "pods", "-l", label, "-o", "jsonpath={.items[0].metadata.name}"],
  ]);
  const text = await cluster.kubectl([
    "get",
    "--raw",
    `/api/v1/namespaces/kube-system/pods/${pod}:9090/proxy/metrics`,
  ]);
  const sum = (name: RegExp): number =>
    text.split("\n").filter((line) => name.test(line)).reduce(
      (total, line) => total + Number(line.split(" ").at(-1)),
      0,
    );
  const outcomes = [...text.matchAll(/^kube_vxlan_controller_exec_total(\{[^}]*\}) (\d+)$/gm)];
  return {
    outcomes: new Map(outcomes.map(([, labels = "", count]) => [labels, Number(count)])),
    appended: sum(/^kube_vxlan_controller_steps_total\{.*kind="append-fdb"/),
    requests: sum(/^rest_client_requests_total\{/),
    execs: sum(/^kube_vxlan_controller_exec_total\{/),
    cpuSeconds: sum(/^process_cpu_seconds_total /),
    residentMiB: sum(/^process_resident_memory_bytes /) / 1024 / 1024,
  };
}
