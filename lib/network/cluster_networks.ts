// What the ConfigMap says of networks, and what it said last when it no longer says anything usable.
import { parseNetworkName } from "./grammar/names.ts";
import { parseClusterOptions } from "./grammar/annotation.ts";
import type { OptionSet } from "./grammar/option_table.ts";
import { configMapText, type Problem, type Source } from "./problem.ts";
import { cut, quoted } from "../text/quoted.ts";

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

/** Everything known at cluster level. `problems` are those of the ConfigMap's text, by key. */
export interface ClusterNetworks {
  /** Sorted by name. */
  readonly networks: ReadonlyMap<string, ClusterNetwork>;
  readonly problems: readonly Problem[];
  /** What was kept, removed or taken back against the previous state, one sentence each, for the log. */
  readonly notices: readonly string[];
}

/** Before the ConfigMap was ever read. */
export const noClusterNetworks: ClusterNetworks = { networks: new Map(), problems: [], notices: [] };

/** Which ConfigMap, and what was known before this look at it. */
export interface ClusterContext {
  readonly previous: ClusterNetworks;
  readonly configMap: { readonly namespace: string; readonly name: string };
}

/**
 * Reads the ConfigMap's `data` (undefined: the ConfigMap does not exist), keeping the last good of what is unusable.
 *
 * | the key was | and now                               | gives   |
 * |-------------|---------------------------------------|---------|
 * | any         | parses                                | current |
 * | known       | does not parse                        | kept    |
 * | never good  | does not parse                        | nothing |
 * | known       | is gone, and another key parses       | removed |
 * | known       | is gone, and so is everything usable  | kept    |
 * | removed     | is still gone                         | removed |
 */
export function readClusterNetworks(
  data: Readonly<Record<string, string>> | undefined,
  context: ClusterContext,
): ClusterNetworks {
  const read = new Map<string, KeyRead>();
  for (const [key, text] of Object.entries(data ?? {})) read.set(key, readKey(key, { text, ...context }));
  const isUsable = [...read.values()].some((entry) => entry.options !== undefined);
  const { networks: known } = context.previous;
  const networks = new Map<string, ClusterNetwork>();
  for (const key of [...new Set([...read.keys(), ...known.keys()])].sort()) {
    const network = judge({ read: read.get(key), known: known.get(key), isUsable });
    if (network !== undefined) networks.set(key, network);
  }
  const problems = [...read.keys()].sort().flatMap((key) => read.get(key)?.problems ?? []);
  return {
    networks,
    problems,
    notices: noticesOf(networks, { ...context, isUsable, exists: data !== undefined }),
  };
}

interface KeyRead {
  readonly options: OptionSet | undefined;
  readonly problems: readonly Problem[];
}

function readKey(key: string, context: ClusterContext & { readonly text: string }): KeyRead {
  const { namespace, name } = context.configMap;
  const source: Source = { kind: "configmap", namespace, name, key: cut(key) };
  const network = parseNetworkName(key);
  if (network.kind === "value") return parseClusterOptions(context.text, source);
  const message = `Cannot read key ${quoted(key)} as a network: ${network.reason}`;
  return { options: undefined, problems: [{ kind: "invalid-option", source, token: cut(key), message }] };
}

function judge(key: {
  readonly read: KeyRead | undefined;
  readonly known: ClusterNetwork | undefined;
  readonly isUsable: boolean;
}): ClusterNetwork | undefined {
  if (key.read?.options !== undefined) return { state: "current", options: key.read.options };
  if (key.known === undefined) return undefined;
  if (key.read !== undefined) return { state: "kept", options: key.known.options };
  const isRemoved = key.isUsable || key.known.state === "removed";
  return { state: isRemoved ? "removed" : "kept", options: key.known.options };
}

/** Transitions only, so that reading the same ConfigMap again says nothing. */
function noticesOf(
  networks: ReadonlyMap<string, ClusterNetwork>,
  context: ClusterContext & { readonly isUsable: boolean; readonly exists: boolean },
): readonly string[] {
  const { previous } = context;
  const where = configMapText(context.configMap);
  const unusable = context.exists ? `${where} names no network that can be read` : `${where} does not exist`;
  return [...networks].flatMap(([name, { state }]) => {
    const before = previous.networks.get(name)?.state ?? "current";
    if (state === before) return [];
    switch (state) {
      case "current":
        return [`Network "${name}" is as ${where} says again`];
      case "kept": {
        const why = context.isUsable ? `key ${name} of ${where} cannot be read` : unusable;
        return [`Network "${name}" keeps its last good options for all pods: ${why}`];
      }
      case "removed":
        return [
          `Network "${name}" keeps its last good options for the pods that have it, and takes no others: its key was removed from ${where}`,
        ];
      default:
        return [state satisfies never];
    }
  });
}
