// Which addresses are where on the cluster: in kernels, read from the pods, and in the objects with the pools.
import { type AddressWorld, brokenAtRest, type KernelAddress } from "../pools/address_law.ts";
import type { Cluster } from "./cluster.ts";
import { controllerLog } from "./install_controller.ts";
import { executorFor } from "./members.ts";
import { until } from "./until.ts";

/** What was seen, and the pods that could not be looked into. */
export interface SeenWorld extends AddressWorld {
  readonly unseen: readonly string[];
}

/** At most so many execs at a time. */
const lookers = 8;

/** Looks into every pod of the namespace in which something of ours runs. */
export async function poolWorld(
  cluster: Cluster,
  { namespace, networks }: { readonly namespace: string; readonly networks: readonly string[] },
): Promise<SeenWorld> {
  const { items } = await cluster.kubectl.json(["-n", namespace, "get", "pods"]) as { items: PodJson[] };
  const executor = await executorFor(cluster);
  const kernels: KernelAddress[] = [];
  const unseen: string[] = [];
  const queue = [...items];
  const work = async (): Promise<void> => {
    for (let pod = queue.shift(); pod !== undefined; pod = queue.shift()) {
      const { name, uid } = pod.metadata;
      const container = runningIn(pod);
      if (container === undefined) continue;
      const target = { namespace, pod: name, container };
      const command = ["ip", "-json", "address", "show"];
      const { outcome, stdout } = await executor.run({ target, command, deadline: 20_000 });
      if (outcome.kind !== "ok") unseen.push(`${name}: ${JSON.stringify(outcome)}`);
      else kernels.push(...addressesIn(stdout, { pod: `${namespace}/${name}`, uid, networks }));
    }
  };
  try {
    await Promise.all(Array.from({ length: lookers }, work));
  } finally {
    executor.close();
  }
  const living = new Set(
    items.flatMap(({ metadata: { name, uid } }) => [uid, `${namespace}/${name}`]),
  );
  // Objects after kernels: what stands in a kernel was written into them before.
  return { kernels, unseen, living, tables: await tablesOf(cluster, networks) };
}

/** Waits until the law of addresses holds, and gives what was seen then. */
export async function lawHolds(
  cluster: Cluster,
  where: { readonly namespace: string; readonly networks: readonly string[] },
): Promise<SeenWorld> {
  let seen = await poolWorld(cluster, where);
  const faults = (): readonly string[] => [...seen.unseen, ...brokenAtRest(seen)];
  await until("the law of addresses to hold", async () => {
    if (faults().length > 0) seen = await poolWorld(cluster, where);
    return faults().length === 0;
  }, {
    seconds: 60,
    describe: async () => `${faults().slice(0, 10).join("; ")}\n${await controllerLog(cluster)}`,
  });
  return seen;
}

/** Does something. When it fails, the error also says how objects, pods and controllers were then. */
export async function telling<T>(
  deed: () => Promise<T>,
  { cluster, ...where }: {
    readonly cluster: Cluster;
    readonly namespace: string;
    readonly networks: readonly string[];
  },
): Promise<T> {
  try {
    return await deed();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}\n${await worldText(cluster, where)}`, { cause: error });
  }
}

/** Never throws: what cannot be had is told instead. */
async function worldText(
  cluster: Cluster,
  { namespace, networks }: { readonly namespace: string; readonly networks: readonly string[] },
): Promise<string> {
  const said = async (args: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await cluster.kubectl.try(args);
    return `${stdout}${stderr}`.trim();
  };
  const columns = "NAME:.metadata.name,UID:.metadata.uid,PHASE:.status.phase,IP:.status.podIP," +
    "DELETED:.metadata.deletionTimestamp,READY:.status.conditions[?(@.type=='Ready')].status";
  const controllers = ["-n", "kube-system", "-l", "app.kubernetes.io/name=kube-vxlan-controller"];
  const tables = await tablesOf(cluster, networks).catch((error) => [["objects", String(error)]] as const);
  return [
    ...[...tables].map(([network, text]) => `table of ${network}:\n${text}`),
    await said(["-n", namespace, "get", "pods", "-o", `custom-columns=${columns}`]),
    await said(["get", "pods", ...controllers, "-o", "wide"]),
    // Of each of them, not only of the one that a Deployment stands for.
    await said(["logs", ...controllers, "--prefix", "--timestamps", "--tail=100"]),
  ].join("\n");
}

/** Addresses of each pod in a network, by name of the pod. */
export function addressesBy(
  { kernels }: AddressWorld,
  network: string,
): Readonly<Record<string, readonly string[]>> {
  const ofNetwork = kernels.filter((each) => each.network === network);
  const byPod = Map.groupBy(ofNetwork, ({ pod }) => pod.slice(pod.indexOf("/") + 1));
  const sorted = [...byPod].sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(sorted.map(([pod, of]) => [pod, of.map(({ address }) => address).sort()]));
}

async function tablesOf(
  cluster: Cluster,
  networks: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { items } = await cluster.kubectl.json(["-n", "kube-system", "get", "configmaps"]) as {
    items: { metadata: { name: string }; data?: Record<string, string> }[];
  };
  const pools = items.filter(({ metadata }) => metadata.name.startsWith("kube-vxlan-controller-pool-"));
  return new Map(
    pools.flatMap(({ data = {} }) => Object.entries(data)).filter(([network]) => networks.includes(network)),
  );
}

/** Of interfaces that are called like their network. */
function addressesIn(
  json: string,
  { networks, ...of }: { readonly networks: readonly string[]; readonly pod: string; readonly uid: string },
): readonly KernelAddress[] {
  const links: LinkJson[] = JSON.parse(json);
  return links.filter(({ ifname = "" }) => networks.includes(ifname)).flatMap(({ ifname = "", addr_info }) =>
    (addr_info ?? []).filter(({ scope }) => scope !== "link")
      .map(({ local }) => ({ ...of, network: ifname, address: local }))
  );
}

/** A container of ours that runs; all of a pod share its interfaces. */
function runningIn({ status }: PodJson): string | undefined {
  const all = [...status.containerStatuses ?? [], ...status.initContainerStatuses ?? []];
  return all.find(({ name, state }) => name.startsWith("vxlan-controller-agent") && state?.running)?.name;
}

interface LinkJson {
  readonly ifname?: string;
  readonly addr_info?: readonly { readonly local: string; readonly scope: string }[];
}

interface ContainerJson {
  readonly name: string;
  readonly state?: { readonly running?: object };
}

interface PodJson {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly containerStatuses?: readonly ContainerJson[];
    readonly initContainerStatuses?: readonly ContainerJson[];
  };
}
