// The faults that a cluster is put through: a table, each with what it does and how long it may take.
import {
  answers,
  churn,
  configMap,
  elect,
  type FaultScene,
  fieldOf,
  frozen,
  killedWhileChurning,
  scaleController,
  system,
} from "./fault_deeds.ts";
import { reusedPodIp } from "./reused_pod_ip.ts";
import { until } from "./until.ts";

export interface Fault {
  readonly name: string;
  readonly run: (scene: FaultScene) => Promise<void>;
  /** `long`: only in `test:soak`. */
  readonly duration?: "short" | "long";
  /** True when the steady pair itself may be hit, so that lost packets mean nothing. */
  readonly disturbsPods?: boolean;
}

const restartCount = ".status.containerStatuses[0].restartCount";

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
    name: "two controllers at once, of which none was elected",
    run: async ({ cluster, namespace }) => {
      await elect(cluster, "false");
      await scaleController(cluster, 2);
      await churn(cluster, namespace);
      await scaleController(cluster, 1);
      await elect(cluster, "true");
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
      await until("the agent to be restarted", async () => {
        return Number(await fieldOf(cluster, { namespace, pod: "set-0", path: restartCount })) > 0;
      }, { seconds: 60 });
    },
  },
  {
    name: "sandbox killed: new namespace, new IP, same uid",
    run: async ({ access, cluster, namespace }) => {
      const ip = (): Promise<string> => fieldOf(cluster, { namespace, pod: "set-0", path: ".status.podIP" });
      const before = await ip();
      await access.killSandbox({ namespace, pod: "set-0" });
      await until("a new sandbox", async () => ![before, ""].includes(await ip()), { seconds: 60 });
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
  { name: "pod IP reused by a pod that is no member", run: reusedPodIp },
  {
    name: "service account keys replaced: every token is refused until the kubelets bring new ones",
    duration: "long",
    run: async ({ access, cluster }) => {
      await access.replaceTokenKey();
      for (const name of ["kube-apiserver", "kube-controller-manager"]) await access.daemons.restart(name);
      await answers(cluster);
      for (const node of cluster.nodes) await access.daemons.restart(`kubelet-${node}`);
    },
  },
];
