// How long does a rollout take on a real Kubernetes, and what does it cost: N pods of one network, or of none.
import type { Cluster } from "../../cluster/cluster.ts";
import { controllerLog } from "../../cluster/install_controller.ts";
import {
  type AgentForm,
  agentImage,
  overlayViolations,
  podsOf,
  unmanagedObject,
  workloadObject,
} from "../../cluster/members.ts";
import { until } from "../../cluster/until.ts";
import { clearNodes, sandboxesOn } from "./clear_nodes.ts";
import { type Costs, costs } from "./exec_cost.ts";
import type { Figures, FiguresReader } from "./figures.ts";
import type { Counted } from "./goal.ts";
import { readMachine, type Whole, wholeBetween } from "./machine.ts";
import { readShares, type Shares, sharesBetween } from "./shares.ts";

/** What is rolled out: members, or the same containers without the controller. */
export interface RolloutKind {
  /** As the table calls it. */
  readonly name: string;
  readonly form: AgentForm;
  readonly unmanaged?: true;
  /** Of the agents; default: ours. */
  readonly image?: string;
}

export interface ClusterRollout {
  readonly kind: RolloutKind;
  readonly pods: number;
  /** Seconds from the creation until all pods are ready. */
  readonly ready: number;
  /** Processor time of the cluster until all is ready and meshed. */
  readonly shares: Shares;
  /** The same, with what the machine did beside. */
  readonly whole: Whole;
  /** Seconds in it that went to soft interrupts: frames, timers. */
  readonly softirq: number;
  /** What an exec costs there, if it was measured. */
  readonly execCosts?: Costs;
  /** Absent without networks. */
  readonly members?: MemberRollout;
}

/** What a rollout of members has beside its time. */
export interface MemberRollout {
  readonly counted: Counted;
  /** Seconds until the last interface was made, and until the last forwarding entry was written. */
  readonly interfaces: number;
  readonly mesh: number;
  /** Execs that did not come to "ok", by outcome. */
  readonly failedExecs: string;
  readonly fdbLines: number;
  /** Requests and answers in sessions that were open. */
  readonly exchanges: number;
  readonly residentMiB: number;
  /** Warnings of the controller on these pods; nothing is wrong with them. */
  readonly warnings: readonly string[];
  /** What of the overlay does not hold. */
  readonly violations: readonly string[];
}

const network = { network: "vxeth0", vni: 1000 };
const patience = 300;

/**
 * Creates the pods, measures, deletes them again and waits until the nodes hold nothing of them. The controller must be
 * installed. `measureExec`: also the first exec into each pod, before they are deleted: the kubelet lists all pods of its
 * node for each, and nothing of a pod that has just started is in any cache.
 */
export async function clusterRollout(
  cluster: Cluster,
  { kind, pods, namespace, reader, measureExec = false }: {
    readonly kind: RolloutKind;
    readonly pods: number;
    readonly namespace: string;
    readonly reader: FiguresReader;
    readonly measureExec?: boolean;
  },
): Promise<ClusterRollout> {
  const name = "bench";
  const hasMembers = kind.unmanaged === undefined;
  const object = objectOf(kind, { namespace, name, replicas: pods });
  const sandboxes = await sandboxesOn(cluster);
  const warned = new Map(await warningsIn(cluster, namespace));
  const before = await reader.figures();
  const machine = await readMachine();
  const shares = await readShares(cluster, before.cpuSeconds);
  const start = performance.now();
  const since = (): number => (performance.now() - start) / 1000;
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(object));
  const lookAtAll = async (): Promise<readonly string[]> => {
    const members = await podsOf(cluster, { namespace, name });
    return await overlayViolations(cluster, [{ ...network, namespace, pods: members }]);
  };
  const seen: { ready?: number; interfaces?: number; mesh?: number } = {};
  await until(`${pods} pods to be ready and meshed`, async () => {
    const [count, now] = await Promise.all([
      reader.readyReplicas({ namespace, name }),
      reader.figures(),
    ]);
    if (count === pods) seen.ready ??= since();
    if (!hasMembers) return seen.ready !== undefined;
    if (now.links - before.links >= pods) seen.interfaces ??= since();
    if (now.appended - before.appended >= pods * (pods - 1)) seen.mesh ??= since();
    if (seen.ready === undefined) return false;
    // Lines whose answer came too late have worked and are not counted: then the kernels themselves are asked.
    const late = since() > seen.ready + 10;
    if (seen.mesh === undefined && late && (await lookAtAll()).length === 0) seen.mesh = since();
    return seen.mesh !== undefined;
  }, { seconds: patience, describe: () => controllerLog(cluster) });
  const after = await reader.figures();
  const used = sharesBetween(shares, await readShares(cluster, after.cpuSeconds));
  const machineAfter = await readMachine();
  const cores = navigator.hardwareConcurrency;
  const whole = wholeBetween(machine, machineAfter, { shares: used, cores });
  const softirq = machineAfter.softirq - machine.softirq;
  const violations = hasMembers ? await lookAtAll() : [];
  const warnings = (await warningsIn(cluster, namespace)).filter(([uid]) => !warned.has(uid));
  const execCosts = !measureExec ? undefined : await costs(cluster, {
    namespace,
    pods: (await podsOf(cluster, { namespace, name })).map((pod) => pod.name),
  });
  await cluster.kubectl(["-n", namespace, "delete", "deployment", name, "--now"]);
  await until("the pods to be gone", async () => (await podsLeft(cluster, namespace)) === 0, {
    seconds: patience,
  });
  // What stays on the nodes the next rollout would pay for.
  await clearNodes(cluster, sandboxes);
  const { ready = NaN, mesh } = seen;
  const result = { kind, pods, ready, shares: used, whole, softirq, ...(execCosts && { execCosts }) };
  if (mesh === undefined) return result;
  const interfaces = seen.interfaces ?? mesh;
  const counted: Counted = {
    pods,
    execs: after.execs - before.execs,
    requests: new Map(
      [...after.requests].map(([method, n]) => [method, n - (before.requests.get(method) ?? 0)]),
    ),
    // Between init agent and sidecar agent nobody can write a pod's entries: with the pair the last one counts that runs.
    meshAfterLastInterface: mesh - (kind.form === "classic" ? Math.max(interfaces, ready) : interfaces),
  };
  return {
    ...result,
    members: {
      ...{ counted, interfaces, mesh, violations },
      warnings: warnings.map(([, text]) => text),
      failedExecs: failedExecs(before, after),
      fdbLines: after.appended - before.appended,
      exchanges: after.exchanges - before.exchanges,
      residentMiB: after.residentMiB,
    },
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
  const workload = { namespace, name, replicas, networks: network.network, form, image, graceSeconds: 1 };
  return unmanaged ? unmanagedObject(workload) : workloadObject(workload);
}

async function podsLeft(cluster: Cluster, namespace: string): Promise<number> {
  const names = await cluster.kubectl(["-n", namespace, "get", "pods", "-o", "name"]);
  return names.split("\n").filter((line) => line !== "").length;
}

/** Events of the controller that warn of a pod: uid and text. */
async function warningsIn(cluster: Cluster, namespace: string): Promise<readonly [string, string][]> {
  const selector = "type=Warning,involvedObject.kind=Pod,reportingComponent=kube-vxlan-controller";
  const path = "{range .items[*]}{.metadata.uid} {.involvedObject.name} {.reason}: {.message}{'\\n'}{end}";
  const text = await cluster.kubectl([
    ...["-n", namespace, "get", "events", `--field-selector=${selector}`, "-o", `jsonpath=${path}`],
  ]);
  return text.split("\n").filter(Boolean).map((line) => {
    const at = line.indexOf(" ");
    return [line.slice(0, at), line.slice(at + 1)];
  });
}

function failedExecs(before: Figures, after: Figures): string {
  const outcomes = [...after.outcomes].map(([outcome, count]) => ({
    outcome,
    count: count - (before.outcomes.get(outcome) ?? 0),
  }));
  const failed = outcomes.filter(({ outcome, count }) => !outcome.includes('"ok"') && count > 0);
  return failed.map(({ outcome, count }) => `${outcome} ${count}`).join(", ");
}
