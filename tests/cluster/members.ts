// Members on the cluster: workloads in a network, and whether the overlay between their pods holds.
import type { Executor } from "../../lib/kube/exec/exec.ts";
import { createExecutor } from "../../lib/kube/exec/executor.ts";
import type { Connection } from "../../lib/kube/config/connection.ts";
import { loadConnection } from "../../lib/kube/config/load_connection.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { type ExpectedMember, type PodLook, violations } from "../sandbox/invariant.ts";
import type { Cluster } from "./cluster.ts";
import { controllerLog } from "./install_controller.ts";
import { until } from "./until.ts";

/**
 * How the agent gets into the pods: written by the user as in the seed, as a native sidecar whose startup probe is an exec,
 * asks at a port until it is open, or waits there for an answer, or injected.
 */
export type AgentForm = "classic" | "native" | "native with a port" | "native with an answer" | "injected";

export interface Workload {
  readonly namespace: string;
  readonly name: string;
  /** Text of the networks annotation. */
  readonly networks: string;
  readonly replicas: number;
  readonly form: AgentForm;
  readonly kind?: "Deployment" | "StatefulSet";
  /** Of the agents; default: ours. */
  readonly image?: string;
  /** Seconds; default 2, so that tests need not wait half a minute for each pod. */
  readonly graceSeconds?: number;
}

/** A pod as the tests need it. */
export interface MemberPod {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly node: string;
  readonly ready: boolean;
}

export const agentContainer = "vxlan-controller-agent";
/** Ours, with the program `vxlan-agent`. */
export const agentImage = "kube-vxlan-controller-agent:0.1.0";
/** As the seed's: the tools, and not our program. */
export const seedAgentImage = "aialferov/kube-vxlan-controller-agent";
/** Where our agent says that it is ready, when it is told to. */
export const readyPort = 18472;

/** The object to apply. */
export function workloadObject(workload: Workload): unknown {
  const { kind = "Deployment", namespace, name, replicas } = workload;
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      ...(kind === "StatefulSet" ? { serviceName: name, podManagementPolicy: "Parallel" } : {}),
      template: podTemplate(workload),
    },
  };
}

/** What its pods are made of. */
export function podTemplate(workload: Workload): { readonly metadata: object; readonly spec: object } {
  return {
    metadata: {
      labels: { app: workload.name, "vxlan.travelping.com": "true" },
      annotations: { "vxlan.travelping.com/networks": workload.networks },
    },
    spec: { terminationGracePeriodSeconds: workload.graceSeconds ?? 2, ...containersOf(workload) },
  };
}

function containersOf({ form, image = agentImage }: Workload): object {
  const securityContext = { capabilities: { add: ["NET_ADMIN"] } };
  const container = (name: string): object => ({
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    securityContext,
  });
  const sidecar = ({ startupProbe, args }: { startupProbe: object; args?: readonly string[] }): object => ({
    ...container(agentContainer),
    ...(args !== undefined && { args }),
    restartPolicy: "Always",
    startupProbe: { ...startupProbe, failureThreshold: 100_000 },
  });
  const app = { name: "app", image: agentImage, imagePullPolicy: "IfNotPresent" };
  switch (form) {
    case "classic":
      return {
        initContainers: [container("vxlan-controller-agent-init")],
        containers: [container(agentContainer)],
      };
    case "native": {
      const command = ["grep", "-qx", "kube-vxlan-controller:ready", "/sys/class/net/lo/ifalias"];
      return {
        initContainers: [sidecar({ startupProbe: { exec: { command }, periodSeconds: 2 } })],
        containers: [app],
      };
    }
    case "native with a port": {
      const startupProbe = { tcpSocket: { port: readyPort }, periodSeconds: 1 };
      const agent = sidecar({ startupProbe, args: [`--ready-port=${readyPort}`] });
      return { initContainers: [agent], containers: [app] };
    }
    case "native with an answer": {
      const startupProbe = { httpGet: { port: readyPort }, periodSeconds: 1, timeoutSeconds: 60 };
      const agent = sidecar({ startupProbe, args: [`--ready-http-port=${readyPort}`] });
      return { initContainers: [agent], containers: [app] };
    }
    case "injected":
      return { containers: [app] };
    default:
      return form satisfies never;
  }
}

/**
 * The same containers without the controller: no label, no annotation, and nobody to wait for. The limit of what a rollout
 * of that form can be.
 */
export function unmanagedObject(workload: Workload): unknown {
  const { namespace, name, replicas, form, image = agentImage } = workload;
  const ends = ["/usr/bin/test", "-d", "/run"];
  const container = (name: string, more: object = {}): object => ({
    ...{ name, image, imagePullPolicy: "IfNotPresent" },
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
    ...more,
  });
  const app = { name: "app", image: agentImage, imagePullPolicy: "IfNotPresent" };
  const probe = { startupProbe: { exec: { command: ends }, periodSeconds: 1 }, restartPolicy: "Always" };
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: workload.graceSeconds ?? 2,
          ...(form === "classic"
            ? {
              initContainers: [container("vxlan-controller-agent-init", { command: ends })],
              containers: [container(agentContainer)],
            }
            : { initContainers: [container(agentContainer, probe)], containers: [app] }),
        },
      },
    },
  };
}

/** Applies it; changes what is there. */
export async function applyWorkload(cluster: Cluster, workload: Workload): Promise<void> {
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(workloadObject(workload)));
}

/** The pods with `app=NAME` that are not being deleted, sorted by name. */
export async function podsOf(
  cluster: Cluster,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<readonly MemberPod[]> {
  const text = await cluster.kubectl(["-n", namespace, "get", "pods", "-l", `app=${name}`, "-o", "json"]);
  const { items }: { items: readonly PodJson[] } = JSON.parse(text);
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map((
    { metadata, spec, status },
  ) => ({
    name: metadata.name,
    uid: metadata.uid,
    ip: status.podIP ?? "",
    node: spec.nodeName ?? "",
    ready: status.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false,
  })).sort((a, b) => a.name.localeCompare(b.name));
}

/** Waits until exactly `replicas` pods are ready, and gives them. */
export async function readyPods(
  cluster: Cluster,
  workload: Pick<Workload, "namespace" | "name" | "replicas"> & { readonly seconds?: number },
): Promise<readonly MemberPod[]> {
  let pods: readonly MemberPod[] = [];
  await until(`${workload.replicas} ready pods of ${workload.name}`, async () => {
    pods = await podsOf(cluster, workload);
    return pods.length === workload.replicas && pods.every((pod) => pod.ready);
  }, {
    seconds: workload.seconds ?? 120,
    describe: async () =>
      `${pods.filter((pod) => pod.ready).length} of ${pods.length} are ready; the controller says:\n` +
      await controllerLog(cluster),
  });
  return pods;
}

/** A network and the pods that are to be its members. */
export interface ExpectedNetwork {
  readonly network: string;
  readonly vni: number;
  readonly interface?: string;
  readonly namespace: string;
  readonly pods: readonly MemberPod[];
}

/** Waits until for every pair of members the entries are there, and no others. */
export async function overlayHolds(
  cluster: Cluster,
  networks: readonly ExpectedNetwork[],
  { seconds = 60 }: { readonly seconds?: number } = {},
): Promise<void> {
  let found: readonly string[] = [];
  await until("the overlay to hold", async () => {
    found = await overlayViolations(cluster, networks);
    return found.length === 0;
  }, {
    seconds,
    describe: async () =>
      `${found.slice(0, 10).join("; ")}; the controller says:\n${await controllerLog(cluster)}`,
  });
}

/** A workload all of whose pods are to be members of a network. */
export interface MemberWorkload {
  readonly work: Pick<Workload, "namespace" | "name" | "replicas">;
  readonly network: string;
  readonly vni: number;
}

/** Waits until all pods of the workloads are ready and the overlay holds between those that there are at that moment. */
export async function workloadsHold(cluster: Cluster, workloads: readonly MemberWorkload[]): Promise<void> {
  let found: readonly string[] = [];
  await until("the workloads to be ready and the overlay to hold", async () => {
    found = await workloadViolations(cluster, workloads);
    return found.length === 0;
  }, {
    seconds: 120,
    describe: async () =>
      `${found.slice(0, 10).join("; ")}; the controller says:\n${await controllerLog(cluster)}`,
  });
}

/** Pods are read anew each time: after a fault one may be ready and get another pod IP a moment later. */
async function workloadViolations(
  cluster: Cluster,
  workloads: readonly MemberWorkload[],
): Promise<readonly string[]> {
  const networks: ExpectedNetwork[] = [];
  for (const { work, network, vni } of workloads) {
    const pods = await podsOf(cluster, work);
    const ready = pods.filter((pod) => pod.ready).length;
    if (ready !== work.replicas || pods.length !== work.replicas) {
      return [`${ready} of ${pods.length} pods of ${work.name} are ready, expected are ${work.replicas}`];
    }
    networks.push({ namespace: work.namespace, network, vni, pods });
  }
  return await overlayViolations(cluster, networks);
}

/** What does not hold now, one sentence each. */
export async function overlayViolations(
  cluster: Cluster,
  networks: readonly ExpectedNetwork[],
): Promise<readonly string[]> {
  const members = networks.flatMap((one): readonly ExpectedMember[] =>
    one.pods.map((pod) => ({
      pod: `${one.namespace}/${pod.name}`,
      podIp: pod.ip,
      network: one.network,
      vni: one.vni,
      ...(one.interface === undefined ? {} : { interface: one.interface }),
    }))
  );
  try {
    const looks = await lookInto(cluster, [...new Set(members.map(({ pod }) => pod))]);
    return await violations({
      members,
      observe: (pod) => {
        const look = looks.get(pod);
        return look === undefined ? Promise.reject(new Error(`${pod} was not seen`)) : Promise.resolve(look);
      },
    });
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** The administrator's way to the API server. */
export async function connectionOf({ kubeconfig, context }: Cluster): Promise<Connection> {
  const options = { ...(kubeconfig && { kubeconfig }), ...(context && { context }) };
  return await loadConnection(options, {
    env: (name) => Deno.env.get(name),
    readTextFile: (path) => Deno.readTextFile(path),
    clock: systemClock,
  });
}

/** Execs as the administrator; to be closed. */
export async function executorFor(cluster: Cluster): Promise<Executor> {
  return createExecutor(await connectionOf(cluster), { clock: systemClock });
}

/** At most so many execs at a time: more only queue up on the nodes. */
const lookers = 8;

/** Looks into pods through the exec API, some at a time. */
async function lookInto(cluster: Cluster, pods: readonly string[]): Promise<ReadonlyMap<string, PodLook>> {
  const executor = await executorFor(cluster);
  const looks = new Map<string, PodLook>();
  const run = async (pod: string, argv: readonly string[]): Promise<string> => {
    const [namespace = "", name = ""] = pod.split("/");
    const target = { namespace, pod: name, container: agentContainer };
    const { outcome, stdout, stderr } = await executor.run({ target, command: argv, deadline: 20_000 });
    if (outcome.kind !== "ok") {
      throw new Error(`Cannot look into ${pod}: ${JSON.stringify(outcome)} ${stderr}`);
    }
    return stdout;
  };
  const queue = [...pods];
  const work = async (): Promise<void> => {
    for (let pod = queue.shift(); pod !== undefined; pod = queue.shift()) {
      looks.set(pod, {
        addresses: await run(pod, ["ip", "-json", "-details", "address", "show"]),
        routes: await run(pod, ["ip", "-json", "route", "show", "table", "all"]),
        fdb: await run(pod, ["bridge", "-json", "fdb", "show"]),
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: lookers }, work));
  } finally {
    executor.close();
  }
  return looks;
}

interface PodJson {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}
