// What is done to a cluster by the faults: to its API server, its controller and its pods.
import type { Cluster } from "./cluster.ts";
import { controllerReady } from "./install_controller.ts";
import type { NodeAccess } from "./node_access.ts";
import { until } from "./until.ts";

/** Where a fault happens. */
export interface FaultScene {
  readonly cluster: Cluster;
  readonly access: NodeAccess;
  readonly namespace: string;
}

/** Arguments of kubectl for where the controller is. */
export const system = ["-n", "kube-system"];
export const deployment = "deployment/kube-vxlan-controller";
export const configMap = "configmap/kube-vxlan-controller";
const controllerLabel = "app.kubernetes.io/name=kube-vxlan-controller";

/** Waits until the API server answers. */
export async function answers(cluster: Cluster): Promise<void> {
  await until(
    "the API server to answer",
    async () => (await cluster.kubectl.try(["get", "--raw", "/readyz"])).code === 0,
    {
      seconds: 60,
    },
  );
}

/** Stops the API server, with its connections open, and lets it go on. */
export async function frozen({ access, cluster }: FaultScene, seconds: number): Promise<void> {
  await access.daemons.freeze("kube-apiserver");
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await access.daemons.thaw("kube-apiserver");
  await answers(cluster);
}

/** Waits until so many controllers are there. */
export async function scaleController(cluster: Cluster, replicas: number): Promise<void> {
  await cluster.kubectl([...system, "scale", deployment, `--replicas=${replicas}`]);
  if (replicas > 0) return await controllerReady(cluster);
  await until("no controller", async () => {
    return (await cluster.kubectl([...system, "get", "pods", "-l", controllerLabel, "-o", "name"])) === "";
  }, { seconds: 60 });
}

/** Switches leader election on or off, and waits until the controller runs so. */
export async function elect(cluster: Cluster, on: "true" | "false"): Promise<void> {
  await cluster.kubectl([...system, "set", "env", deployment, `KVC_LEADER_ELECTION=${on}`]);
  await controllerReady(cluster);
}

/** Two members of the mesh are replaced. Does not wait for the new ones. */
export async function churn(cluster: Cluster, namespace: string): Promise<void> {
  const names = (await cluster.kubectl(["-n", namespace, "get", "pods", "-l", "app=mesh", "-o", "name"]))
    .trim().split("\n");
  // Those that are going already may be gone by now.
  const deletion = ["delete", ...names.slice(0, 2), "--wait=false", "--ignore-not-found"];
  await cluster.kubectl(["-n", namespace, ...deletion]);
}

/** Kills the controller again and again, while pods come and go. */
export async function killedWhileChurning(
  { cluster, access, namespace }: FaultScene,
  times: number,
): Promise<void> {
  for (let i = 0; i < times; i++) {
    await churn(cluster, namespace);
    await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 2_500));
    await killController({ cluster, access }, { fresh: i >= 2 });
  }
}

/** `fresh`: as a new pod afterwards. A container that is killed again and again is restarted later and later. */
export async function killController(
  { cluster, access }: Pick<FaultScene, "cluster" | "access">,
  { fresh }: { readonly fresh: boolean },
): Promise<void> {
  const { items } = JSON.parse(
    await cluster.kubectl([...system, "get", "pods", "-l", controllerLabel, "-o", "json"]),
  );
  const pod = items.find((each: { readonly metadata: { readonly deletionTimestamp?: string } }) =>
    each.metadata.deletionTimestamp === undefined
  )?.metadata.name;
  if (pod === undefined) return;
  try {
    await access.killContainer({ namespace: "kube-system", pod, container: "controller" });
  } catch (error) {
    // It waits for its restart: down is down.
    if (!/none runs|not found/i.test(String(error))) throw error;
  }
  if (fresh) {
    await cluster.kubectl([...system, "delete", "pod", pod, "--now", "--wait=false", "--ignore-not-found"]);
  }
}

/** One field of a pod, by its path; empty when it has none. */
export async function fieldOf(
  cluster: Cluster,
  { namespace, pod, path }: { readonly namespace: string; readonly pod: string; readonly path: string },
): Promise<string> {
  return await cluster.kubectl(["-n", namespace, "get", "pod", pod, "-o", `jsonpath={${path}}`]);
}
