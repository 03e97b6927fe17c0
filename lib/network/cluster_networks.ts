// What the ConfigMap says of networks, and what it said last when it no longer says anything usable.
import { parseNetworkName } from "./grammar/names.ts";
import { parseClusterOptions } from "./grammar/annotation.ts";
import { type OptionSet, optionTable } from "./grammar/option_table.ts";
import { configMapText, type Problem, type Source } from "./problem.ts";
import { cut, quoted } from "../text/quoted.ts";

/**
 * One network at cluster level.
 * - `current`: as the ConfigMap says now.
 * - `kept`: the entry no longer parses, or the whole ConfigMap is empty, deleted or unreadable: last good options,
 *   for everybody (an accident must not tear anything down, nor stop new pods).
 * - `removed`: the key alone was taken out: last good options for pods that hold the network, for nobody else. What it
 *   reserves stays reserved until nobody holds the network any more; then it is forgotten.
 * - `unreadable`: the entry never was good. Nobody gets options from it, but what can be read of its reservation counts:
 *   a typo beside `namespaces=` opens nothing. Who had the network before we came keeps what can be read of its peers and ways.
 */
export interface ClusterNetwork {
  readonly state: "current" | "kept" | "removed" | "unreadable";
  readonly options: OptionSet;
}

/** A VNI that is for some namespaces only: one network that has it, and whom all such networks admit together. */
export interface Reservation {
  readonly network: string;
  readonly namespaces: readonly string[];
}

/** Everything known at cluster level. `problems` are those of the ConfigMap's text, by key. */
export interface ClusterNetworks {
  /** Sorted by name. */
  readonly networks: ReadonlyMap<string, ClusterNetwork>;
  /** By VNI. */
  readonly reserved: ReadonlyMap<number, Reservation>;
  /** True when at least one key says something now: what is not named then was left out on purpose. */
  readonly isUsable: boolean;
  /** What was read of each key, so that a text that has not changed is not read again. */
  readonly keys: ReadonlyMap<string, KeyRead>;
  readonly problems: readonly Problem[];
  /** What was kept, removed or taken back against the previous state, one sentence each, for the log. */
  readonly notices: readonly string[];
}

/** Before the ConfigMap was ever read. */
export const noClusterNetworks: ClusterNetworks = {
  networks: new Map(),
  reserved: new Map(),
  isUsable: false,
  keys: new Map(),
  problems: [],
  notices: [],
};

/** Which ConfigMap, and what was known before this look at it. */
export interface ClusterContext {
  readonly previous: ClusterNetworks;
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** Whether any pod has a network of that name; default: yes. */
  readonly isHeld?: (network: string) => boolean;
}

/**
 * Reads the ConfigMap's `data` (undefined: the ConfigMap does not exist), keeping the last good of what is unusable.
 *
 * | the key was | and now                               | gives   |
 * |-------------|---------------------------------------|---------|
 * | any         | parses                                | current |
 * | known       | does not parse                        | kept    |
 * | never good  | does not parse                        | unreadable |
 * | unreadable  | is gone                               | nothing |
 * | known       | is gone, and another key parses       | removed |
 * | known       | is gone, and so is everything usable  | kept    |
 * | removed     | is still gone, and somebody has it    | removed |
 * | removed     | is still gone, and nobody has it      | nothing |
 */
export function readClusterNetworks(
  data: Readonly<Record<string, string>> | undefined,
  context: ClusterContext,
): ClusterNetworks {
  const read = new Map<string, KeyRead>();
  for (const [key, text] of Object.entries(data ?? {})) {
    const before = context.previous.keys.get(key);
    read.set(key, before?.text === text ? before : readKey(key, { text, ...context }));
  }
  const isUsable = [...read.values()].some((entry) => entry.options !== undefined);
  const { networks: known } = context.previous;
  const networks = new Map<string, ClusterNetwork>();
  for (const key of [...new Set([...read.keys(), ...known.keys()])].sort()) {
    const isHeld = (): boolean => context.isHeld?.(key) ?? true;
    const network = judge({ read: read.get(key), known: known.get(key), isUsable, isHeld });
    if (network !== undefined) networks.set(key, network);
  }
  const problems = [...read.keys()].sort().flatMap((key) => read.get(key)?.problems ?? []);
  return {
    networks,
    reserved: reservedIds(networks),
    isUsable,
    keys: read,
    problems: [...problems, ...sharedIds(networks, context)],
    notices: noticesOf(networks, { ...context, isUsable, exists: data !== undefined }),
  };
}

/** What one key says. */
export interface KeyRead {
  readonly text: string;
  /** Undefined when something of it cannot be read. */
  readonly options: OptionSet | undefined;
  /** What it reserves, as far as that can be read. */
  readonly reservation: OptionSet;
  readonly problems: readonly Problem[];
}

/** Forgets removed networks that nobody holds any more, and with them what they reserved. */
export function withoutNetworks(cluster: ClusterNetworks, gone: ReadonlySet<string>): ClusterNetworks {
  const networks = new Map([...cluster.networks].filter(([name]) => !gone.has(name)));
  return { ...cluster, networks, reserved: reservedIds(networks), notices: [] };
}

/** Several entries with one VNI admit the namespaces of each of them that has a list: the operator wrote them all. */
function reservedIds(networks: ClusterNetworks["networks"]): ClusterNetworks["reserved"] {
  const reserved = new Map<number, Reservation>();
  for (const [network, { options: { id, namespaces } }] of networks) {
    if (id === undefined || namespaces === undefined) continue;
    const before = reserved.get(id);
    reserved.set(id, {
      network: before?.network ?? network,
      namespaces: [...before?.namespaces ?? [], ...namespaces],
    });
  }
  return reserved;
}

/** Keys that no pod can have together, said where they are written: the pods that lose by it did not change. */
function sharedIds(networks: ClusterNetworks["networks"], context: ClusterContext): readonly Problem[] {
  const first = new Map<string, string>();
  return [...networks].flatMap(([key, { state, options }]): Problem[] => {
    const { id, dstport = optionTable.dstport.fallback } = options;
    if (state !== "current" || id === undefined) return [];
    const other = first.get(`${id}/${dstport}`);
    if (other === undefined) {
      first.set(`${id}/${dstport}`, key);
      return [];
    }
    const message =
      `Cannot give a pod both network ${quoted(other)} and network ${quoted(key)}: both have id ` +
      `${id} and port ${dstport}; give one of them another id=… or dstport=…`;
    const source: Source = { kind: "configmap", ...context.configMap, key };
    return [{ kind: "conflict", source, network: key, token: key, message }];
  });
}

function readKey(key: string, context: ClusterContext & { readonly text: string }): KeyRead {
  const { namespace, name } = context.configMap;
  const source: Source = { kind: "configmap", namespace, name, key: cut(key) };
  const network = parseNetworkName(key);
  const { text } = context;
  if (network.kind === "value") return { text, ...parseClusterOptions(text, source) };
  const message = `Cannot read key ${quoted(key)} as a network: ${network.reason}`;
  const problem = { kind: "invalid-option", source, token: cut(key), message } as const;
  return { text, options: undefined, reservation: {}, problems: [problem] };
}

function judge(key: {
  readonly read: KeyRead | undefined;
  readonly known: ClusterNetwork | undefined;
  readonly isUsable: boolean;
  readonly isHeld: () => boolean;
}): ClusterNetwork | undefined {
  if (key.read?.options !== undefined) return { state: "current", options: key.read.options };
  const wasGood = key.known !== undefined && key.known.state !== "unreadable";
  if (!wasGood) return key.read && { state: "unreadable", options: key.read.reservation };
  if (key.read !== undefined) return { state: "kept", options: key.known.options };
  if (!key.isUsable && key.known.state !== "removed") return { state: "kept", options: key.known.options };
  return key.isHeld() ? { state: "removed", options: key.known.options } : undefined;
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
    if (state === before || before === "unreadable") return [];
    switch (state) {
      case "current":
        return [`Network "${name}" is as ${where} says again`];
      case "kept": {
        const why = context.isUsable ? `key ${name} of ${where} cannot be read` : unusable;
        return [`Network "${name}" keeps its last good options for all pods: ${why}`];
      }
      case "unreadable":
        // It is in the problems.
        return [];
      case "removed":
        return [
          `Network "${name}" keeps its last good options for the pods that have it, and takes no others: its key was removed from ${where}`,
        ];
      default:
        return [state satisfies never];
    }
  });
}
