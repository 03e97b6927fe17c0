// Which cluster do tests run on, and how do they get at it? One of their own, one that is up, or an existing one.
import { beginState, bringUp } from "./bring_up.ts";
import { clusterNames, type ClusterState, layoutOf, readState } from "./cluster_state.ts";
import { ensureDebianPackages } from "./debian_packages.ts";
import { startGuard } from "./guard.ts";
import { type Kubectl, kubectlFor } from "./kubectl.ts";
import { anyKubectl, kubernetesDirectory } from "./kubernetes_build.ts";
import { clustersDirectory, peoplesClusterName, testClusterName } from "./layout.ts";
import { NodeAccess } from "./node_access.ts";
import { freeManagementNumber } from "./node_network.ts";
import { isAlive, thisProcess } from "./process_record.ts";
import { say, seconds } from "./progress.ts";
import { exists, teardown } from "./teardown.ts";

/** A Kubernetes cluster under test. */
export interface Cluster {
  /** For messages. */
  readonly description: string;
  readonly kubectl: Kubectl;
  /** Absent: kubectl's own default. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Names of the nodes. */
  readonly nodes: readonly string[];
  /** Absent on an existing cluster: tests that need it are skipped, loudly. */
  readonly access?: NodeAccess;
  /** Ends what this process started; nothing for a cluster that was there before. */
  close(): Promise<void>;
}

/** How to start one. */
export interface StartOptions {
  /** Default: a name of this process's own. */
  readonly name?: string;
  /** Default 2. */
  readonly nodes?: number;
  /** IPv4 and IPv6. Default: IPv4 alone. */
  readonly dualStack?: boolean;
}

/** Builds what is missing and starts a cluster that ends with this process, however that ends. */
export async function startCluster(options: StartOptions = {}): Promise<Cluster> {
  const name = options.name ?? testClusterName(Deno.pid);
  const access = await start(name, options);
  return ownCluster(access, { close: () => teardown(name) });
}

/** A cluster that is up already, by name. */
export async function attachCluster(name: string): Promise<Cluster> {
  const state = await readState(name);
  if (!state) throw new Error(`Cannot use the cluster "${name}": it is not up`);
  return ownCluster(await NodeAccess.to(state), { close: () => Promise.resolve() });
}

/** A cluster that somebody else runs (kind, minikube, …), by the context of the user's kubeconfig. */
export async function useExistingCluster(context: string): Promise<Cluster> {
  const kubectl = kubectlFor(await anyKubectl(), { context });
  const nodes = (await kubectl(["get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"])).split(" ");
  return { description: `context ${context}`, kubectl, context, nodes, close: () => Promise.resolve() };
}

/**
 * The cluster for a test file: `--context NAME` among the arguments, else the one that KVC_TEST_CLUSTER names (the
 * runner's, or `kvct` for the one of `deno task cluster up`), else a new one.
 */
export function clusterForTests(): Promise<Cluster> {
  const at = Deno.args.indexOf("--context");
  const context = at < 0 ? undefined : Deno.args[at + 1];
  if (context) return useExistingCluster(context);
  const running = Deno.env.get("KVC_TEST_CLUSTER");
  return running ? attachCluster(running) : startCluster();
}

/** Starts a cluster owned by this process; `disown` on its daemons leaves it to people. */
export async function start(
  name: string,
  { nodes = 2, dualStack = false }: Omit<StartOptions, "name"> = {},
): Promise<NodeAccess> {
  mustBeRootOnLinux();
  await sweep();
  await mustBeFree(name);
  if (await exists(name)) await teardown(name);
  await ensureDebianPackages();
  const programs = await kubernetesDirectory();
  const begin = performance.now();
  const state: ClusterState = {
    name,
    nodes,
    dualStack,
    management: await freeManagementNumber(),
    owner: await thisProcess(),
    daemons: [],
  };
  await beginState(state);
  await startGuard(state);
  try {
    const daemons = await bringUp(state, programs);
    say(`${nodes} nodes are ready after ${seconds(begin)}`);
    return await NodeAccess.to(daemons.state);
  } catch (error) {
    const logs = await keepLogs(state);
    await teardown(name);
    throw new Error(`${error instanceof Error ? error.message : error}${logs}`, { cause: error });
  }
}

/** Takes down what earlier runs left behind because even their guard was killed (or the machine was restarted). */
export async function sweep(): Promise<void> {
  for (const name of await clusterNames()) {
    const owner = (await readState(name))?.owner;
    if (!owner || await isAlive(owner)) continue;
    say(`takes down ${name}, whose owner has gone`);
    await teardown(name);
  }
}

function ownCluster(access: NodeAccess, { close }: Pick<Cluster, "close">): Cluster {
  const { kubeconfig, name, nodes } = access.layout;
  return {
    description: `cluster ${name}`,
    kubectl: access.kubectl,
    kubeconfig,
    nodes: nodes.map((node) => node.name),
    access,
    close,
  };
}

/** After the sweep an owner that is written down is alive: somebody is starting this very cluster, or tests with it. */
async function mustBeFree(name: string): Promise<void> {
  const owner = (await readState(name))?.owner;
  if (owner) throw new Error(`Cannot start the cluster ${name}: process ${owner.pid} is using it`);
}

/** The logs go with the directory, so what the last failed start said is kept beside it. */
async function keepLogs(state: ClusterState): Promise<string> {
  const kept = `${clustersDirectory}/${peoplesClusterName}.logs`;
  await Deno.remove(kept, { recursive: true }).catch(() => {});
  return await Deno.rename(`${layoutOf(state).directory}/logs`, kept).then(
    () => ` (logs: ${kept})`,
    () => "",
  );
}

function mustBeRootOnLinux(): void {
  if (Deno.build.os === "linux" && Deno.uid() === 0) return;
  throw new Error(
    "Cannot start a test cluster: it needs root on Linux (network namespaces, mounts, cgroups). " +
      "Use an existing cluster (kind, minikube) with --context NAME.",
  );
}
