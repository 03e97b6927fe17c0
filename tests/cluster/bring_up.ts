// How does a cluster come up, in which order, and what waits for what?
import { makeCertificates, writeKubeconfig } from "./certificates.ts";
import { daemonCgroupFiles, makeCgroups } from "./cgroups.ts";
import { type ClusterState, layoutOf, writeState } from "./cluster_state.ts";
import {
  apiServer,
  componentKubeconfig,
  controllerManager,
  type DaemonContext,
  etcd,
  scheduler,
} from "./control_plane.ts";
import { Daemons } from "./daemons.ts";
import { type ImageArchives, imageArchives } from "../images/archives.ts";
import { overlayMounts } from "../images/overlay_probe.ts";
import { importImage } from "./image_import.ts";
import { kubectlFor } from "./kubectl.ts";
import type { Layout, NodeLayout } from "./layout.ts";
import { containerd, kubelet } from "./node_daemons.ts";
import { makeNodeNetworks } from "./node_network.ts";
import { say, step } from "./progress.ts";
import { tryCommand } from "./run_command.ts";
import { until } from "./until.ts";

/**
 * Starts everything that `state` names; `programs` is the directory with the programs of Kubernetes. Ends when the nodes
 * are ready and pods can be made. What a failure leaves behind is for the caller's teardown.
 */
export async function bringUp(state: ClusterState, programs: string): Promise<Daemons> {
  const cluster = layoutOf(state);
  await Deno.mkdir(`${cluster.directory}/logs`, { recursive: true });
  const daemons = new Daemons(state);
  const images = imageArchives();
  images.catch(() => {}); // Awaited later; until then another failure may come first.
  await step("certificates, namespaces and cgroups", () => prepare(cluster));
  const context: DaemonContext = { cluster, programs, cgroupFiles: await daemonCgroupFiles(cluster) };
  await step("etcd and API server", () => startApiServer(daemons, context));
  await step("containerd and images", () => startContainerd(daemons, { ...context, images }));
  await step("controller manager, scheduler and kubelets", () => startNodes(daemons, context));
  return daemons;
}

async function prepare(cluster: Layout): Promise<void> {
  await Promise.all([makeCertificates(cluster), makeNodeNetworks(cluster), makeCgroups(cluster)]);
  const { management, node } = cluster.apiServer;
  await writeKubeconfig(cluster, { file: cluster.kubeconfig, subject: "admin", server: management });
  for (const subject of ["controller-manager", "scheduler", ...cluster.nodes.map(({ name }) => name)]) {
    await writeKubeconfig(cluster, { file: componentKubeconfig(cluster, subject), subject, server: node });
  }
}

/** Started only: it boots while containerd starts. */
async function startApiServer(daemons: Daemons, context: DaemonContext): Promise<void> {
  await daemons.start(etcd(context));
  await daemons.start(apiServer(context));
}

async function startContainerd(
  daemons: Daemons,
  context: DaemonContext & { readonly images: Promise<ImageArchives> },
): Promise<void> {
  const { nodes } = context.cluster;
  const snapshotter = await overlayMounts(context.cluster.directory) ? "overlayfs" : "native";
  for (const node of nodes) await daemons.start(await containerd({ ...context, node, snapshotter }));
  await Promise.all(nodes.map((node) => answers(daemons, node)));
  const { agent, seedAgent, testTools, remark } = await context.images;
  say(remark);
  for (const image of [agent, seedAgent, testTools]) await importImage(nodes, image);
}

async function startNodes(daemons: Daemons, context: DaemonContext): Promise<void> {
  const { cluster } = context;
  const kubectl = kubectlFor(`${context.programs}/kubectl`, { kubeconfig: cluster.kubeconfig });
  const ready = async (): Promise<boolean> => {
    await daemons.mustAllRun();
    return (await kubectl.try(["get", "--raw", "/readyz"])).code === 0;
  };
  await until("the API server to be ready", ready, { seconds: 90 });
  await daemons.start(controllerManager(context));
  await daemons.start(scheduler(context));
  for (const node of cluster.nodes) {
    // All kubelets of a machine have one path for this socket: who starts takes it away and binds. Two at once, and one ends.
    await Deno.remove(devicePluginSocket).catch(unlessMissing);
    await daemons.start(await kubelet({ ...context, node }));
    await until(`the kubelet of ${node.name} to listen for device plugins`, async () => {
      await daemons.mustAllRun();
      return await Deno.lstat(devicePluginSocket).then(() => true, unlessMissing);
    }, { seconds: 90 });
  }
  await until("the nodes to be ready", async () => {
    await daemons.mustAllRun();
    const readiness = [
      "get",
      "nodes",
      "-o",
      'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
    ];
    const { stdout } = await kubectl.try(readiness);
    return stdout.split(" ").filter((status) => status === "True").length === cluster.nodes.length;
  }, { seconds: 90 });
  const account = ["get", "serviceaccount", "default", "-n", "default"];
  await until("the default service account", async () => (await kubectl.try(account)).code === 0, {
    seconds: 60,
  });
}

/** Fixed in the kubelet, whatever its root directory. */
const devicePluginSocket = "/var/lib/kubelet/device-plugins/kubelet.sock";

function unlessMissing(error: unknown): false {
  if (error instanceof Deno.errors.NotFound) return false;
  throw error;
}

async function answers(daemons: Daemons, node: NodeLayout): Promise<void> {
  await until(`containerd of ${node.name} to answer`, async () => {
    await daemons.mustAllRun();
    return (await tryCommand(["ctr", "-a", node.containerdSocket, "version"])).code === 0;
  }, { seconds: 60 });
}

/** Writes the first state: from here on a guard or `down` can take away whatever has come into being. */
export async function beginState(state: ClusterState): Promise<void> {
  await Deno.mkdir(layoutOf(state).directory, { recursive: true, mode: 0o711 });
  await writeState(state);
}
