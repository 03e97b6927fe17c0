// What the ConfigMap says of networks, and what it said last when it no longer says anything usable.
import { parseNetworkName } from "./grammar/names.ts";
import { type ClusterOptions, parseClusterOptions } from "./grammar/annotation.ts";
import type { OptionSet } from "./grammar/option_table.ts";
import { configMapText, firstProblems, type Problem, type Source } from "./problem.ts";
import {
  holding,
  holdsOf,
  isGood,
  type IsHeld,
  type LeftBehind,
  listed,
  narrowed,
  type Reservation,
  reservationsOf,
  reservedIds,
} from "./reserved/reservations.ts";
import { sharedIds } from "./reserved/shared_ids.ts";
import { defined } from "../text/defined.ts";
import { cut, quoted } from "../text/quoted.ts";

/**
 * One network at cluster level.
 * - `current`: as the ConfigMap says now.
 * - `kept`: the entry no longer parses, or the whole ConfigMap is empty, deleted or unreadable: last good options,
 *   for everybody (an accident must not tear anything down, nor stop new pods), but for whom a list beside the slip
 *   leaves out.
 * - `removed`: the key alone was taken out: last good options for pods that hold the network, for nobody else. What it
 *   reserves stays reserved until nobody holds the network any more; then it is forgotten.
 * - `unreadable`: the entry never was good. Nobody gets options from it, but what can be read of its reservation counts:
 *   a typo beside `namespaces=` opens nothing. Who had the network before we came keeps what can be read of its peers and ways.
 * - `reserved`: the entry never was good, and its key was taken out: what it reserves stays so while anybody holds it.
 */
export interface ClusterNetwork {
  readonly state: "current" | "kept" | "removed" | "unreadable" | "reserved";
  readonly options: OptionSet;
  /** Of one that never was good: a word may have been meant for `namespaces=`. */
  readonly isVague?: boolean;
}

/** Everything known at cluster level. `problems` are the first ones of the ConfigMap's text, by key. */
export interface ClusterNetworks {
  /** Sorted by name. */
  readonly networks: ReadonlyMap<string, ClusterNetwork>;
  /** By VNI. */
  readonly reserved: ReadonlyMap<number, Reservation>;
  /** What entries reserved before they said another id, while anybody is still there. */
  readonly left: readonly LeftBehind[];
  /** Names and VNIs (`vniKey`) that are to be judged again once nobody has them any more. */
  readonly passing: ReadonlySet<string>;
  /** True when at least one key says something now: what is not named then was left out on purpose. */
  readonly isUsable: boolean;
  /**
   * Why it is not known, or not all, what was reserved before a restart: a clause. Until then nothing new is entered by an
   * `id` of a pod's own.
   */
  readonly unread: string | undefined;
  /** What was read of each key, so that a text that has not changed is not read again. */
  readonly keys: ReadonlyMap<string, KeyRead>;
  readonly problems: readonly Problem[];
  /** How many problems there are, listed or not. */
  readonly faults: number;
  /** What was kept, removed or taken back against the previous state, one sentence each, for the log. */
  readonly notices: readonly string[];
}

/** Before the ConfigMap was ever read. */
export const noClusterNetworks: ClusterNetworks = {
  networks: new Map(),
  reserved: new Map(),
  left: [],
  passing: new Set(),
  isUsable: false,
  unread: undefined,
  keys: new Map(),
  problems: [],
  faults: 0,
  notices: [],
};

/** Which ConfigMap, and what was known before this look at it. */
export interface ClusterContext {
  readonly previous: ClusterNetworks;
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** Default: everything is held. */
  readonly isHeld?: IsHeld;
}

/** Whether the key alone was taken out, and the entry stays for those who hold the network. */
export function isRemoved(entry: ClusterNetwork | undefined): boolean {
  return entry?.state === "removed" || entry?.state === "reserved";
}

/**
 * Reads the ConfigMap's `data` (undefined: the ConfigMap does not exist), keeping the last good of what is unusable.
 *
 * | the key was | and now                               | gives   |
 * |-------------|---------------------------------------|---------|
 * | any         | parses                                | current |
 * | known       | does not parse                        | kept    |
 * | never good  | does not parse                        | unreadable |
 * | never good  | is gone, and somebody has it          | reserved |
 * | never good  | is gone, and nobody has it            | nothing |
 * | known       | is gone, and another key parses       | removed |
 * | known       | is gone, and so is everything usable  | kept    |
 * | removed     | is still gone, and somebody has it    | removed |
 * | removed     | is still gone, and nobody has it      | nothing |
 */
export function readClusterNetworks(
  data: Readonly<Record<string, string>> | undefined,
  context: ClusterContext,
): ClusterNetworks {
  const work = readingClusterNetworks(data, context);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/**
 * The same in pieces: there may be 30,000 keys. Who holds what is asked at the end and at once: it changes meanwhile, and
 * so may `previous`, which then lacks what nobody holds any more.
 */
export function* readingClusterNetworks(
  data: Readonly<Record<string, string>> | undefined,
  context: ClusterContext,
): Generator<void, ClusterNetworks> {
  const { previous } = context;
  const keys = new Map<string, KeyRead>();
  for (const [key, text] of Object.entries(data ?? {})) {
    const before = previous.keys.get(key);
    keys.set(key, before?.text === text ? before : readKey(key, { text, ...context }));
    yield;
  }
  const isUsable = keys.values().some(({ options }) => options !== undefined);
  const networks = new Map<string, ClusterNetwork>();
  const problems: Problem[] = [];
  for (const key of [...new Set([...previous.networks.keys(), ...keys.keys()])].sort()) {
    const [read, known] = [keys.get(key), previous.networks.get(key)];
    const network = judge({ read, known, isUsable });
    if (network !== undefined) networks.set(key, network);
    problems.push(...read?.problems ?? []);
    yield;
  }
  problems.push(...yield* sharedIds(networks, context.configMap));
  const { source = { kind: "configmap", ...context.configMap, key: "" } } = problems.at(-1) ?? {};
  const cluster = withoutUnheld({
    ...noClusterNetworks,
    networks,
    left: [...previous.left, ...reservationsOf(previous.networks)],
    isUsable,
    unread: previous.unread,
    keys,
    problems: firstProblems(problems, source),
    faults: problems.length,
  }, context);
  return {
    ...cluster,
    notices: noticesOf(cluster.networks, { ...context, isUsable, exists: data !== undefined }),
  };
}

/** What one key says. */
export interface KeyRead extends ClusterOptions {
  readonly text: string;
}

/** Forgets what was removed and nobody holds any more, and with it what it reserved. */
export function withoutUnheld(
  cluster: ClusterNetworks,
  { isHeld = () => true }: Pick<ClusterContext, "isHeld">,
): ClusterNetworks {
  const holders = holding(isHeld, cluster.keys.values());
  const networks = new Map<string, ClusterNetwork>();
  const passing: string[] = [];
  for (const [name, entry] of cluster.networks) {
    const { options } = entry;
    if (isRemoved(entry) && !holders.have(name, options)) continue;
    networks.set(name, entry);
    if (isRemoved(entry)) passing.push(...holdsOf(name, options));
  }
  const left = cluster.left.filter((one) => {
    const { id, namespaces } = networks.get(one.network)?.options ?? {};
    return holders.areIn(one) && !(id === one.id && namespaces !== undefined);
  });
  passing.push(...left.flatMap((one) => holdsOf(one.network, one)));
  return { ...cluster, networks, left, reserved: reservedIds(networks, left), passing: new Set(passing) };
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

/** As if everything were held. */
function judge({ read, known, isUsable }: {
  readonly read: KeyRead | undefined;
  readonly known: ClusterNetwork | undefined;
  readonly isUsable: boolean;
}): ClusterNetwork | undefined {
  if (read?.options !== undefined) return { state: "current", options: read.options };
  const wasGood = known !== undefined && isGood(known);
  // What the text before reserved stays so where this one does not say otherwise.
  if (read !== undefined && !wasGood) {
    const { isVague = known?.isVague } = read;
    const options = { ...known?.options, ...read.reservation, ...listed(read, known?.options) };
    return { state: "unreadable", options, ...defined({ isVague }) };
  }
  if (known === undefined) return undefined;
  const { state, options } = known;
  if (read !== undefined) return { state: "kept", options: narrowed(options, read.certain) };
  if (wasGood && !isUsable && state !== "removed") return { state: "kept", options };
  return { ...known, state: wasGood ? "removed" : "reserved" };
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
    if (state === before || (before === "unreadable" && state !== "reserved")) return [];
    switch (state) {
      case "current":
        return before === "reserved" ? [] : [`Network "${name}" is as ${where} says again`];
      case "kept": {
        const why = context.isUsable ? `key ${name} of ${where} cannot be read` : unusable;
        return [`Network "${name}" keeps its last good options for all pods: ${why}`];
      }
      case "unreadable":
        // It is in the problems.
        return [];
      case "reserved":
        return [
          `What can be read of network "${name}" stays reserved while anybody has it: its key was removed from ${where}`,
        ];
      case "removed":
        return [
          `Network "${name}" keeps its last good options for the pods that have it, and takes no others: its key was removed from ${where}`,
        ];
      default:
        return [state satisfies never];
    }
  });
}
