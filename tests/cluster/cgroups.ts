// Where do the cluster's processes live in the cgroup tree, and which processes are they? Version 1, hybrid and 2.
import type { Layout } from "./layout.ts";
import { say } from "./progress.ts";

/** One mounted hierarchy. */
interface Hierarchy {
  readonly path: string;
  readonly version: 1 | 2;
  /** Of version 1, all there is: `cpuset`, `cpuacct`, …. */
  readonly controllers: readonly string[];
}

/** What a kubelet wants to find below its root on cgroup v2. */
const controllers = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids"];

/**
 * Makes the groups `NAME/system/DAEMON` (our daemons and what they fork: shims) and `NAME/nodeN` (one kubelet's root each:
 * two kubelets with one root end each other's pods) in every hierarchy.
 */
export async function makeCgroups(cluster: Layout): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    await makeGroup(hierarchy, cluster.cgroup);
    if (hierarchy.version === 2) {
      await delegate(hierarchy, "");
      await delegate(hierarchy, cluster.cgroup);
    }
    const daemons = daemonsOf(cluster).map((name) => daemonGroup(cluster, name));
    for (const group of [systemGroup(cluster), ...daemons, ...cluster.nodes.map((node) => node.cgroup)]) {
      await makeGroup(hierarchy, group);
    }
  }
}

/** The daemons of a cluster, each of which has a group of its own. */
export function daemonsOf({ nodes }: Pick<Layout, "nodes">): readonly string[] {
  return [
    ...["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"],
    ...nodes.flatMap(({ name }) => [`containerd-${name}`, `kubelet-${name}`]),
  ];
}

/** For each daemon the files through which it enters its group. */
export async function daemonCgroupFiles(cluster: Layout): Promise<(daemon: string) => readonly string[]> {
  const all = await hierarchies();
  // One hierarchy is enough to find a process again; version 2, if mounted, never has a say in its resources here.
  const found = all.find((hierarchy) => hierarchy.version === 2) ?? all.at(0);
  const paths = new Set([found, accounting(all)].flatMap((hierarchy) => hierarchy?.path ?? []));
  return (daemon) => [...paths].map((path) => `${path}/${daemonGroup(cluster, daemon)}/cgroup.procs`);
}

/**
 * Seconds of processor time since the start, by daemon (with what it forked: shims, runc) and by node: `node1` is all
 * that ran in the node's containers.
 */
export async function processorSeconds(cluster: Layout): Promise<ReadonlyMap<string, number>> {
  const hierarchy = accounting(await hierarchies());
  if (hierarchy === undefined) throw new Error("Cannot tell processor time: no cgroup accounts for it here");
  const groups = [
    ...daemonsOf(cluster).map((name) => ({ name, group: daemonGroup(cluster, name) })),
    ...cluster.nodes.map(({ name, cgroup }) => ({ name, group: cgroup })),
  ];
  const read = async ({ name, group }: { name: string; group: string }): Promise<[string, number]> => {
    const directory = `${hierarchy.path}/${group}`;
    if (hierarchy.version === 1) {
      return [name, Number(await Deno.readTextFile(`${directory}/cpuacct.usage`)) / 1e9];
    }
    const stat = await Deno.readTextFile(`${directory}/cpu.stat`);
    return [name, Number(/^usage_usec (\d+)/m.exec(stat)?.[1]) / 1e6];
  };
  return new Map(await Promise.all(groups.map(read)));
}

/** What the kernel accounts to one container. */
export interface ContainerMemory {
  /** Bytes at which the kernel ends something in it. */
  readonly limit: number;
  /** The most bytes that it had, files read through it included. */
  readonly peak: number;
  /** Processes in it that were ended for want of memory. */
  readonly killed: number;
}

/** Of a container that runs; its id without `containerd://`. Throws when its group is not found. */
export async function containerMemory(
  cluster: Pick<Layout, "cgroup">,
  id: string,
): Promise<ContainerMemory> {
  const versions = new Map((await hierarchies()).map(({ path, version }) => [path, version]));
  const directories = (await groupsOf(cluster)).filter((directory) => directory.endsWith(`/${id}`));
  const read = async (directory: string, file: string): Promise<string | undefined> =>
    await Deno.readTextFile(`${directory}/${file}`).catch(() => undefined);
  for (const directory of directories) {
    const isFirst = [...versions].some(([path, version]) =>
      version === 1 && directory.startsWith(`${path}/`)
    );
    const [limit, peak, events] = isFirst
      ? ["memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control"]
      : ["memory.max", "memory.peak", "memory.events"];
    const text = await read(directory, limit ?? "");
    if (text === undefined) continue;
    const killed = /^oom_kill (\d+)$/m.exec(await read(directory, events ?? "") ?? "")?.[1];
    return {
      limit: Number(text),
      peak: Number(await read(directory, peak ?? "")),
      killed: Number(killed),
    };
  }
  throw new Error(
    `Cannot tell the memory of container ${id}: none of ${directories.length} groups accounts for it`,
  );
}

/** Containers are apart from their shims only where runc puts them: in version 1 if there is any. */
function accounting(all: readonly Hierarchy[]): Hierarchy | undefined {
  return all.find(({ controllers }) => controllers.includes("cpuacct")) ??
    all.find(({ version }) => version === 2);
}

/** Every process of the cluster: daemons, shims, containers. */
export async function clusterProcesses(cluster: Pick<Layout, "cgroup">): Promise<ReadonlySet<number>> {
  const pids = new Set<number>();
  for (const directory of await groupsOf(cluster)) {
    const text = await Deno.readTextFile(`${directory}/cgroup.procs`).catch(() => "");
    for (const line of text.split("\n").filter(Boolean)) pids.add(Number(line));
  }
  // Pid 0 is a process of another pid namespace: none of ours.
  pids.delete(0);
  return pids;
}

/** Removes the groups; gives those that could not be removed, because something still lives in them. */
export async function removeCgroups(cluster: Pick<Layout, "cgroup">): Promise<readonly string[]> {
  const left: string[] = [];
  for (const directory of await groupsOf(cluster)) {
    // rmdir, never recursive: the files in there are the kernel's.
    await Deno.remove(directory).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) left.push(directory);
    });
  }
  return left;
}

function systemGroup(cluster: Layout): string {
  return `${cluster.cgroup}/system`;
}

function daemonGroup(cluster: Layout, daemon: string): string {
  return `${systemGroup(cluster)}/${daemon}`;
}

async function hierarchies(): Promise<readonly Hierarchy[]> {
  const text = await Deno.readTextFile("/proc/self/mountinfo");
  const found: Hierarchy[] = [];
  for (const line of text.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const path = before.split(" ")[4] ?? "";
    const [type = "", , options = ""] = after.split(" ");
    if (!path.startsWith("/sys/fs/cgroup")) continue;
    if (type === "cgroup2") found.push({ path, version: 2, controllers: [] });
    if (type === "cgroup") found.push({ path, version: 1, controllers: options.split(",") });
  }
  if (found.length === 0) {
    throw new Error("Cannot start a test cluster: no cgroups are mounted on /sys/fs/cgroup");
  }
  return found;
}

async function makeGroup(hierarchy: Hierarchy, group: string): Promise<void> {
  const directory = `${hierarchy.path}/${group}`;
  try {
    await Deno.mkdir(directory, { recursive: true });
  } catch (error) {
    throw new Error(
      `Cannot make the cgroup ${directory}: ${error instanceof Error ? error.message : error}. ` +
        `In a container, run it privileged; or use an existing cluster with --context NAME.`,
    );
  }
  if (!hierarchy.controllers.includes("cpuset")) return;
  // A new cpuset of version 1 is empty, and a process cannot enter an empty one.
  const parent = directory.slice(0, directory.lastIndexOf("/"));
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    await Deno.writeTextFile(`${directory}/${file}`, await Deno.readTextFile(`${parent}/${file}`));
  }
}

/** Version 2: lets the children of a group use the controllers. */
async function delegate(hierarchy: Hierarchy, group: string): Promise<void> {
  const directory = `${hierarchy.path}/${group}`;
  const available = (await Deno.readTextFile(`${directory}/cgroup.controllers`)).trim().split(/\s+/);
  const wanted = controllers.filter((controller) => available.includes(controller));
  if (wanted.length === 0) return; // Hybrid: the controllers are in version 1.
  const enable = (): Promise<void> =>
    Deno.writeTextFile(`${directory}/cgroup.subtree_control`, wanted.map((name) => `+${name}`).join(" "));
  try {
    await enable();
  } catch (error) {
    // In a container the root of our view is an ordinary group: it may hold processes or delegate, not both.
    if (!isBusy(error)) throw error;
    await makeRoomIn(directory);
    await enable();
  }
}

async function makeRoomIn(directory: string): Promise<void> {
  say(`cgroup v2 in a container: moves the processes of ${directory} to ${directory}/init`);
  await Deno.mkdir(`${directory}/init`, { recursive: true });
  const text = await Deno.readTextFile(`${directory}/cgroup.procs`);
  for (const pid of text.split("\n").filter(Boolean)) {
    await Deno.writeTextFile(`${directory}/init/cgroup.procs`, pid).catch(() => {}); // It has ended meanwhile.
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /busy|os error 16/i.test(error.message);
}

/** All groups of the cluster, the deepest first. */
async function groupsOf(cluster: Pick<Layout, "cgroup">): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path } of await hierarchies()) await collect(`${path}/${cluster.cgroup}`, found);
  return found;
}

async function collect(directory: string, into: string[]): Promise<void> {
  const children: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) if (entry.isDirectory) children.push(entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const child of children) await collect(`${directory}/${child}`, into);
  into.push(directory);
}
