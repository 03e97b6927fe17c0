// What has been started, written down as it happens, so that anybody can take it down again after any accident.
import type { DaemonSpec, ProcessRecord } from "./process_record.ts";
import { clustersDirectory, type Layout, layout, peoplesClusterName } from "./layout.ts";

/** A daemon and how it was started. */
export interface RecordedDaemon extends ProcessRecord {
  readonly spec: DaemonSpec;
}

/** The file `cluster.json`. */
export interface ClusterState {
  readonly name: string;
  readonly nodes: number;
  readonly management: number;
  /** Nodes, pods and Services have IPv4 and IPv6 addresses, IPv4 first. */
  readonly dualStack?: boolean;
  /** Whose cluster it is: when that process has gone, so shall the cluster. Absent once `up` has handed it to people. */
  readonly owner?: ProcessRecord;
  readonly daemons: readonly RecordedDaemon[];
}

/** Reads the state of a cluster; undefined when there is none, or when not even its state was written. */
export async function readState(name: string): Promise<ClusterState | undefined> {
  const text = await Deno.readTextFile(`${clustersDirectory}/${name}/cluster.json`).catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text) as ClusterState;
}

/** Writes the state in one step: a reader never sees half of it. */
export async function writeState(state: ClusterState): Promise<void> {
  const file = layoutOf(state).stateFile;
  await Deno.writeTextFile(`${file}.new`, JSON.stringify(state, null, 1));
  await Deno.rename(`${file}.new`, file);
}

/** The names of a state. */
export function layoutOf(state: Pick<ClusterState, "name" | "nodes" | "management" | "dualStack">): Layout {
  return layout(state.name, state);
}

/** Names of all clusters that left a directory on this machine. */
export async function clusterNames(): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(clustersDirectory)) {
    if (entry.isDirectory && new RegExp(`^${peoplesClusterName}[a-z0-9]{0,4}$`).test(entry.name)) {
      names.push(entry.name);
    }
  }
  return names.sort();
}
