// What the ConfigMap says of networks, and what it said last when it no longer says anything usable.
import type { Problem } from "./problem.ts";
import type { OptionSet } from "./options.ts";

/**
 * One network at cluster level.
 * - `current`: as the ConfigMap says now.
 * - `kept`: the entry no longer parses, or the whole ConfigMap is empty, deleted or unreadable: last good options,
 *   for everybody (an accident must not tear anything down, nor stop new pods).
 * - `removed`: the key alone was taken out: last good options for pods that hold the network, for nobody else.
 */
export interface ClusterNetwork {
  readonly state: "current" | "kept" | "removed";
  readonly options: OptionSet;
}

/** Everything known at cluster level. `problems` are those of the ConfigMap's text, one per bad key. */
export interface ClusterNetworks {
  readonly networks: ReadonlyMap<string, ClusterNetwork>;
  readonly problems: readonly Problem[];
  /** What was kept or removed against the previous state, one sentence each, for the log. */
  readonly notices: readonly string[];
}

/** Before the ConfigMap was ever read. */
export declare const noClusterNetworks: ClusterNetworks;

/** Reads the ConfigMap's `data` (undefined: the ConfigMap does not exist), keeping the last good of what is unusable. */
export declare function readClusterNetworks(
  data: Readonly<Record<string, string>> | undefined,
  context: {
    readonly previous: ClusterNetworks;
    readonly configMap: { readonly namespace: string; readonly name: string };
  },
): ClusterNetworks;
