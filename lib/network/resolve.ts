// What are the networks of one pod, once default, ConfigMap and annotation are merged, and which cannot be had.
import type { ClusterNetworks } from "./cluster_networks.ts";
import { faultsOfForbidden, namespaceFaults } from "./access_rules.ts";
import { askedAddresses, poolAnswers, withGiven, withPool } from "./asked_addresses.ts";
import { carrierFaults, isCarried, mtuFaults } from "./carrier_faults.ts";
import { parseInterfaceName } from "./grammar/names.ts";
import type { Network } from "./network.ts";
import type { PoolAnswer } from "./pool.ts";
import type { AnnotationEntry } from "./grammar/annotation.ts";
import { isGood } from "./reserved/reservations.ts";
import { type OptionSet, optionTable } from "./grammar/option_table.ts";
import { mostProblems, type Problem, type Source } from "./problem.ts";
import { quoted } from "../text/quoted.ts";
import { merged, routesOf, wayFaults } from "./ways.ts";
import { type ResolveFault, settle, type Settled, tooMany, type Wish } from "./settle.ts";
import { isAsSaid, unknownFaults } from "./unknown.ts";

/** What stands around one annotation. */
export interface ResolveContext {
  readonly cluster: ClusterNetworks;
  /** The annotation: resolution problems are said of the line that names the network. */
  readonly source: Source;
  /** The pod's namespace. */
  readonly namespace: string;
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** True: pod-level `id`, `dev` and `peer`, and networks that no ConfigMap entry names, are forbidden. */
  readonly restrictPods: boolean;
  /** Networks the pod may have; default `defaultMaxNetworks`. */
  readonly maxNetworks?: number;
  /** False when a name in the annotation could not be read. */
  readonly complete: boolean;
  /** Networks that the annotation names twice: of these the pod keeps what it has. */
  readonly namedTwice?: ReadonlySet<string>;
  /** The form in which the pod last had each network, by name. */
  readonly lastGood: ReadonlyMap<string, Network>;
  /** The pod's number in its StatefulSet or Indexed Job. */
  readonly ordinal?: number;
  /** The pod's own addresses, one of which carries the network; default: those that it needs. */
  readonly podIPs?: readonly string[];
  /** What came of asking the pools, by network; default: nothing yet. */
  readonly answers?: ReadonlyMap<string, PoolAnswer>;
}

/** Together these are all names of the entries, and those that the pod has. Sorted. */
export interface Resolution {
  /** As asked for, or in the form that the pod last had. */
  readonly networks: readonly Network[];
  /** Named, and not to be had: unresolvable is not unwanted, so what is there of them stays. */
  readonly unresolved: readonly string[];
  /** Not for this pod, unlike the other unresolved ones: what is there of them goes. */
  readonly forbidden: readonly string[];
  /** Networks of which the pod must not keep what it had, should what it asks for be full. */
  readonly barred: readonly string[];
  /** Networks whose pool has not answered yet. */
  readonly awaited: readonly string[];
  /** In the order of the entries. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Far more than people ask for: each network costs lines in every observation of the pod. */
export const defaultMaxNetworks = 64;

/**
 * Merges and judges the entries of one annotation. What the pod has goes before what it asks for now, and among equals
 * the first stands:
 *
 * | the network              | with what the pod has    | gives                                         |
 * |--------------------------|--------------------------|-----------------------------------------------|
 * | is as it was             |                          | itself                                        |
 * | cannot be had            | a form that it had       | that form, and the problem                    |
 * | is another than it was   | no conflict              | itself                                        |
 * | is another than it was   | a conflict with the rest | the form that it had, and the problem         |
 * | is new                   | no conflict, room left   | itself                                        |
 * | is new, or cannot be had | else                     | unresolved, and the problem                   |
 * | is forbidden             |                          | forbidden: what the pod has of it goes        |
 *
 * Where only the id cannot be had, and the form is what is asked for otherwise, the problem is a warning.
 *
 * A form that leads into what is closed to the pod by now counts as none, and what is there of it goes.
 */
export function resolveNetworks(entries: readonly AnnotationEntry[], context: ResolveContext): Resolution {
  const wishes = wishesOf(entries, context);
  const named = new Set(entries.map(({ network }) => network));
  // A text of which not all could be read may mean any network that the pod has.
  const others = context.complete ? [] : [...context.lastGood.keys()].filter((name) => !named.has(name));
  const unnamed = others.flatMap((name) => lastOf(name, context) ?? [])
    .filter((one) => isCarried(one, context));
  const lost = unnamed.flatMap(({ name, vni }) =>
    namespaceFaults({ name, vni }, context).map((fault) => ({ fault, network: name }))
  );
  const kept = unnamed.filter(({ name }) => !lost.some(({ network }) => network === name));
  const settled = settle(wishes, { kept, max: context.maxNetworks ?? defaultMaxNetworks });
  const { source } = context;
  const told = settled.flatMap(({ wish: { entry }, network, faults }) =>
    faults.map((fault) => {
      const isKept = network !== undefined;
      return {
        problem: entryProblem(entry, { fault, isKept, source }),
        isHarmless: isKept && fault.isHarmless === true,
      };
    })
  );
  const problems = [
    ...lost.map((one) => entryProblem(one, { ...one, isKept: false, source })),
    ...told.flatMap(({ problem, isHarmless }) => isHarmless ? [] : problem),
  ];
  const networks = [...kept, ...settled.flatMap(({ network }) => network ?? [])].sort(byName);
  const pools = poolAnswers(networks, { ...context, entries });
  const isForbidden = ({ faults }: Settled): boolean => faults.some(({ out }) => out === true);
  const unmade = settled.filter(({ network }) => network === undefined);
  return {
    networks,
    unresolved: unmade.map(({ wish }) => wish.entry.network).sort(),
    forbidden: [
      ...unmade.filter(isForbidden).map(({ wish }) => wish.entry.network),
      ...lost.map(({ network }) => network),
    ].sort(),
    barred: wishes.flatMap(({ entry, barred = [] }) => barred.length > 0 ? entry.network : []),
    awaited: pools.awaited,
    problems: [...problems, ...pools.problems],
    warnings: [...told.flatMap(({ problem, isHarmless }) => isHarmless ? problem : []), ...pools.warnings],
  };
}

function wishesOf(entries: readonly AnnotationEntry[], context: ResolveContext): readonly Wish[] {
  const max = context.maxNetworks ?? defaultMaxNetworks;
  let [news, faulty] = [0, 0];
  return entries.map((entry) => {
    const had = lastOf(entry.network, context);
    // A hostile text names thousands: those are not even looked at.
    if (had === undefined && news >= max) return { entry, faults: [tooMany(max)] };
    const barred = had === undefined ? [] : namespaceFaults(had, context);
    const last = barred.length === 0 && had !== undefined && isCarried(had, context) ? { last: had } : {};
    const resolved = resolveEntry(entry, { ...context, ...last, isSaid: faulty < mostProblems });
    if (had === undefined && resolved.network !== undefined) news++;
    if (resolved.faults.length > 0) faulty++;
    const isOut = resolved.faults.some(({ out }) => out === true);
    return { entry, ...resolved, ...(isOut ? {} : { ...last, barred }) };
  });
}

/** In the form in which the pod last had it, with what its pool has given since. */
function lastOf(network: string, { lastGood, answers }: ResolveContext): Network | undefined {
  return withGiven(lastGood.get(network), answers?.get(network));
}

/** With the form that the pod may keep; `isSaid`: false when there are more problems before than anybody is told of. */
type EntryContext = ResolveContext & { readonly last?: Network; readonly isSaid: boolean };

interface EntryResolution {
  readonly network?: Network;
  readonly faults: readonly ResolveFault[];
}

function resolveEntry(entry: AnnotationEntry, context: EntryContext): EntryResolution {
  const atCluster = clusterOptions(entry.network, context);
  const options = merged(atCluster, entry.options);
  const interfaceName = options.name ?? entry.network;
  const known = context.cluster.networks.get(entry.network);
  const isNamed = atCluster !== undefined || known?.state === "unreadable" ||
    (known?.state === "reserved" && context.last !== undefined);
  const forbidden = faultsOfForbidden(entry, { ...context, options, isNamed });
  // What cannot be read of it was said where it was read.
  const isKept = context.namedTwice?.has(entry.network) && context.last !== undefined;
  if (entry.broken || isKept) return { faults: forbidden };
  const asked = askedAddresses(options, context);
  const faults: ResolveFault[] = [
    ...forbidden,
    ...interfaceFaults(interfaceName),
    ...mtuFaults(options),
    ...asked.faults,
    ...wayFaults(options),
    ...carrierFaults(options, context),
  ];
  const { last } = context;
  const id = options.id ?? last?.vni ?? 0;
  const pooled = withPool(asked, { atCluster: atCluster ?? {}, answer: context.answers?.get(entry.network) });
  const network = { ...networkOf(entry.network, { ...options, id, name: interfaceName }), ...pooled };
  if (options.id === undefined) {
    const isHarmless = last !== undefined && isAsSaid(last, { options, said: network });
    faults.push(...unknownFaults(entry.network, { ...context, faults, isHarmless }));
  }
  if (faults.length > 0) return { faults };
  const isAside = atCluster === undefined && known?.state === "removed";
  return { faults, network: shared({ ...network, ...(isAside && { aside: true }) }, atCluster) };
}

/** Most pods write no more than the name of a network: what the ConfigMap makes of it is kept once for all of them. */
function shared(network: Network, atCluster: OptionSet | undefined): Network {
  if (atCluster === undefined) return network;
  const known = lastNetworks.get(atCluster);
  if (JSON.stringify(known) === JSON.stringify(network)) return known ?? network;
  lastNetworks.set(atCluster, network);
  return network;
}

const lastNetworks = new WeakMap<OptionSet, Network>();

/** The options at cluster level, for this pod: those of a removed network are for who has it by them. */
function clusterOptions(network: string, { cluster, last }: EntryContext): OptionSet | undefined {
  const entry = cluster.networks.get(network);
  if (entry === undefined || !isGood(entry)) return undefined;
  const isHolder = last !== undefined && last.aside !== true;
  return entry.state === "removed" && !isHolder ? undefined : entry.options;
}

/** An interface name from `name=` was read by the grammar; the network's own name may be longer. */
function interfaceFaults(interfaceName: string): readonly ResolveFault[] {
  const read = parseInterfaceName(interfaceName);
  if (read.kind === "value") return [];
  const reason =
    `its name cannot be that of its interface: ${read.reason}; give the interface another with name=…`;
  return [{ kind: "invalid-option", reason }];
}

/** Options that a network has under another name are named here; all others it has as they are. */
function networkOf(
  network: string,
  options: OptionSet & { readonly id: number; readonly name: string },
): Network {
  const { id, name, dev, dstport, family, up, type: _, namespaces: __, ...given } = options;
  const { ip: ___, subnet: ____, range: _____, exclude: ______, ...rest } = given;
  const { route: _route, gateway: _gateway, except, peer, ...others } = rest;
  return {
    ...others,
    name: network,
    vni: id,
    interfaceName: name,
    underlay: dev ?? optionTable.dev.fallback,
    port: dstport ?? optionTable.dstport.fallback,
    family: family ?? optionTable.family.fallback,
    up: up ?? optionTable.up.fallback,
    addresses: [],
    routes: routesOf(options),
    ...(except !== undefined && { except: except.flat() }),
    ...(peer !== undefined && { outside: [...new Set(peer.map(({ address }) => address))].sort() }),
  };
}

function entryProblem(
  entry: { readonly network: string; readonly line?: number },
  about: { readonly fault: ResolveFault; readonly source: Source; readonly isKept: boolean },
): Problem {
  const meanwhile = about.isKept ? "; until then the pod keeps it as it was" : "";
  return {
    kind: about.fault.kind,
    source: about.source,
    network: entry.network,
    ...(entry.line !== undefined && { line: entry.line }),
    token: entry.network,
    message: `Cannot give the pod network ${quoted(entry.network)}: ${about.fault.reason}${meanwhile}`,
  };
}

function byName(a: Network, b: Network): number {
  return a.name < b.name ? -1 : 1;
}
