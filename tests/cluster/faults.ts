// The faults that a cluster is put through: a table, each with what it does and how long it may take.
import type { Cluster } from "./cluster.ts";
import { controllerReady } from "./install_controller.ts";
import type { NodeAccess } from "./node_access.ts";
import { until } from "./until.ts";

export interface FaultScene {
  readonly cluster: Cluster;
  readonly access: NodeAccess;
  readonly namespace: string;
}

export interface Fault {
  readonly name: string;
  readonly run: (scene: FaultScene) => Promise<void>;
  /** `long`: only in `test:soak`. */
  readonly duration?: "short" | "long";
  /** True when the steady pair itself may be hit, so that lost packets mean nothing. */
  readonly disturbsPods?: boolean;
}

const system = ["-n", "kube-system"];
const deployment = "deployment/kube-vxlan-controller";
const configMap = "configmap/kube-vxlan-controller";
const controllerLabel = "app.kubernetes.io/name=kube-vxlan-controller";

export const faults: readonly Fault[] = [
  {
    name: "API server restarted",
    run: async ({ access, cluster }) => {
      await access.daemons.restart("kube-apiserver");
      await answers(cluster);
    },
  },
  { name: "API server frozen for 20 seconds", run: (scene) => frozen(scene, 20) },
  { name: "API server frozen for 2 minutes", duration: "long", run: (scene) => frozen(scene, 120) },
  {
    name: "410 for real: history compacted, API server restarted",
    run: async ({ access, cluster, namespace }) => {
      await cluster.kubectl([
        "-n",
        namespace,
        "annotate",
        "pod",
        "steady-one",
        `touched=${Date.now()}`,
        "--overwrite",
      ]);
      await access.compactEtcd();
      await access.daemons.restart("kube-apiserver");
      await answers(cluster);
    },
  },
  { name: "controller killed 3 times while pods churn", run: (scene) => killedWhileChurning(scene, 3) },
  {
    name: "controller killed 20 times while pods churn",
    duration: "long",
    run: (scene) => killedWhileChurning(scene, 20),
  },
  {
    name: "two controllers at once",
    run: async ({ cluster, namespace }) => {
      await scaleController(cluster, 2);
      await churn(cluster, namespace);
      await scaleController(cluster, 1);
    },
  },
  {
    name: "controller down while pods come and go",
    run: async ({ cluster, namespace }) => {
      await scaleController(cluster, 0);
      await churn(cluster, namespace);
      await cluster.kubectl(["-n", namespace, "delete", "pod", "set-1", "--now"]);
      await scaleController(cluster, 1);
    },
  },
  {
    name: "agent container killed",
    run: async ({ access, cluster, namespace }) => {
      await access.killContainer({ namespace, pod: "set-0", container: "vxlan-controller-agent" });
      const restarts = [
        "-n",
        namespace,
        "get",
        "pod",
        "set-0",
        "-o",
        "jsonpath={.status.containerStatuses[0].restartCount}",
      ];
      await until("the agent to be restarted", async () => Number(await cluster.kubectl(restarts)) > 0, {
        seconds: 60,
      });
    },
  },
  {
    name: "sandbox killed: new namespace, new IP, same uid",
    run: async ({ access, cluster, namespace }) => {
      const ip = ["-n", namespace, "get", "pod", "set-0", "-o", "jsonpath={.status.podIP}"];
      const before = await cluster.kubectl(ip);
      await access.killSandbox({ namespace, pod: "set-0" });
      await until("a new sandbox", async () => ![before, ""].includes(await cluster.kubectl(ip)), {
        seconds: 60,
      });
    },
  },
  {
    name: "kubelet stopped and started",
    run: async ({ access, cluster, namespace }) => {
      await access.daemons.stop("kubelet-node2");
      await churn(cluster, namespace);
      await access.daemons.startAgain("kubelet-node2");
    },
  },
  {
    name: "containerd restarted",
    run: async ({ access }) => {
      await access.daemons.restart("containerd-node2");
    },
  },
  {
    name: "ConfigMap deleted and restored",
    run: async ({ cluster, namespace }) => {
      const text = await cluster.kubectl([...system, "get", configMap, "-o", "json"]);
      await cluster.kubectl([...system, "delete", configMap]);
      await churn(cluster, namespace);
      const { metadata, data } = JSON.parse(text);
      const object = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: metadata.name, namespace: metadata.namespace },
        data,
      };
      await cluster.kubectl(["apply", "-f", "-"], JSON.stringify(object));
    },
  },
];

async function answers(cluster: Cluster): Promise<void> {
  await until(
    "the API server to answer",
    async () => (await cluster.kubectl.try(["get", "--raw", "/readyz"])).code === 0,
    {
      seconds: 60,
    },
  );
}

async function frozen({ access, cluster }: FaultScene, seconds: number): Promise<void> {
  await access.daemons.freeze("kube-apiserver");
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await access.daemons.thaw("kube-apiserver");
  await answers(cluster);
}

async function scaleController(cluster: Cluster, replicas: number): Promise<void> {
  await cluster.kubectl([...system, "scale", deployment, `--replicas=${replicas}`]);
  if (replicas > 0) return await controllerReady(cluster);
  await until("no controller", async () => {
    return (await cluster.kubectl([...system, "get", "pods", "-l", controllerLabel, "-o", "name"])) === "";
  }, { seconds: 60 });
}

/** Two members of the mesh are replaced. Does not wait for the new ones. */
async function churn(cluster: Cluster, namespace: string): Promise<void> {
  const names = (await cluster.kubectl(["-n", namespace, "get", "pods", "-l", "app=mesh", "-o", "name"]))
    .trim().split("\n");
  await cluster.kubectl(["-n", namespace, "delete", ...names.slice(0, 2), "--wait=false"]);
}

async function killedWhileChurning({ cluster, access, namespace }: FaultScene, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await churn(cluster, namespace);
    await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 2_500));
    await killController({ cluster, access });
  }
}

async function killController({ cluster, access }: Pick<FaultScene, "cluster" | "access">): Promise<void> {
  const query = [...system, "get", "pods", "-l", controllerLabel, "-o", "jsonpath={.items[0].metadata.name}"];
  const pod = (await cluster.kubectl(query)).trim();
  try {
    await access.killContainer({ namespace: "kube-system", pod, container: "controller" });
  } catch (error) {
    // It waits for its restart: down is down.
    if (!String(error).includes("none runs")) throw error;
  }
}
