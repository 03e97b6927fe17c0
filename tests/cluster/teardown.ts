// How does a cluster go away, whatever state it is in? Every step works on what is there and repeats without harm.
import { clusterProcesses, removeCgroups } from "./cgroups.ts";
import { readState } from "./cluster_state.ts";
import { clustersDirectory } from "./layout.ts";
import { removeNodeNetworks } from "./node_network.ts";
import { signal } from "./process_record.ts";
import { tryCommand } from "./run_command.ts";

/** Removes processes, mounts, namespaces, links, cgroups and files. Throws when something of it is left, naming it. */
export async function teardown(name: string): Promise<void> {
  const directory = `${clustersDirectory}/${name}`;
  await endProcesses(name);
  await removePodNetworkResults(name);
  await unmountBelow(directory);
  await removeShimSockets(directory);
  await removeNodeNetworks(name);
  await removeKubeletLinks(directory);
  const groups = await withPatience(() => removeCgroups({ cgroup: name }));
  await Deno.remove(directory, { recursive: true }).catch(ignoreNotFound);
  if (groups.length === 0) return;
  throw new Error(
    `Cannot remove the cluster ${name} wholly: these cgroups still hold processes: ${groups.join(", ")}`,
  );
}

/** True when there is anything of that cluster: its directory is the first thing made and the last removed. */
export async function exists(name: string): Promise<boolean> {
  return await Deno.stat(`${clustersDirectory}/${name}`).then(() => true, () => false);
}

async function endProcesses(name: string): Promise<void> {
  for (const daemon of (await readState(name))?.daemons ?? []) await signal(daemon, "SIGKILL");
  // Shims and containers were started by others, but they are all in the cluster's cgroups. A shim may be about to
  // start one more, so look until there is none.
  await withPatience(async () => {
    const left = [...await clusterProcesses({ cgroup: name })];
    for (const pid of left) kill(pid);
    return left;
  });
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    ignoreNotFound(error);
  }
}

async function unmountBelow(directory: string): Promise<void> {
  const text = await Deno.readTextFile("/proc/self/mountinfo");
  const mounts = text.split("\n").map((line) => unescaped(line.split(" ")[4] ?? ""))
    .filter((path) => path.startsWith(`${directory}/`));
  // The last mounted first: it may lie on another.
  for (const path of mounts.reverse()) await tryCommand(["umount", "--lazy", path]);
}

/** A shim that was ended by SIGKILL leaves its socket in /run/containerd; a file beside its bundle says which. */
async function removeShimSockets(directory: string): Promise<void> {
  const { stdout } = await tryCommand([
    "find",
    directory,
    "-path",
    "*/run/*",
    "-name",
    "address",
    "-type",
    "f",
  ]);
  for (const file of stdout.split("\n").filter(Boolean)) {
    const address = await Deno.readTextFile(file).catch(() => "");
    if (address.startsWith("unix:///run/containerd/s/")) {
      await Deno.remove(address.slice("unix://".length).trim()).catch(ignoreNotFound);
    }
  }
}

/** A kubelet links every log into /var/log/containers, wherever its own directory is. */
async function removeKubeletLinks(directory: string): Promise<void> {
  for (const link of await entries("/var/log/containers")) {
    const target = await Deno.readLink(link).catch(() => "");
    if (target.startsWith(`${directory}/`)) await Deno.remove(link).catch(ignoreNotFound);
  }
}

/** The pod network plugins note each pod in /var/lib/cni: under our name, but the loopback only under the sandbox's id. */
async function removePodNetworkResults(name: string): Promise<void> {
  const bundles = ["-path", "*/k8s.io/*", "-name", "config.json", "-printf", "%h\\n"];
  const { stdout } = await tryCommand(["find", `${clustersDirectory}/${name}`, ...bundles]);
  const ids = new Set(
    stdout.split("\n").map((path) => path.slice(path.lastIndexOf("/") + 1)).filter(Boolean),
  );
  for (const file of await entries("/var/lib/cni/results")) {
    const [, network = "", id = ""] = /results\/(.*)-([0-9a-f]{64})-[^-]+$/.exec(file) ?? [];
    if (network === name || ids.has(id)) await Deno.remove(file).catch(ignoreNotFound);
  }
}

async function entries(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) found.push(`${directory}/${entry.name}`);
  } catch (error) {
    ignoreNotFound(error);
  }
  return found;
}

/** Repeats until nothing is left, for at most a minute; gives what is left then. */
async function withPatience<T>(attempt: () => Promise<readonly T[]>): Promise<readonly T[]> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const left = await attempt();
    if (left.length === 0 || performance.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** mountinfo writes blanks and the like as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
