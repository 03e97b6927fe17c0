// What one member's kernel should hold: a value per interface, derived from the member and its peers.
import { createHash } from "node:crypto";
import { macOf } from "../member/reachable.ts";
import type { Member } from "../member/member.ts";
import { podIpOf, type PodView } from "../member/pod.ts";
import type { ClusterNetworks } from "../network/cluster_networks.ts";
import { addressesNamedIn, type Cidr, type Route } from "../network/grammar/address.ts";
import { type Network, ownRoutes } from "../network/network.ts";
import { defined } from "../text/defined.ts";

/** An address as it should stand. */
export interface WantedAddress extends Cidr {
  /** The kernel is to make no route to its subnet: the plan has one of its own. */
  readonly withoutRoute?: true;
}

/** A route as it should stand; where, the plan says. */
export interface WantedRoute extends Route {
  /** Absent: main. */
  readonly table?: string;
  /** Absent: unicast. */
  readonly type?: "multicast";
  /** Address to send from. */
  readonly source?: string;
  readonly metric?: number;
}

/** An address that a member has in a network, and where its frames go: to the MAC of its interface, at its pod IP. */
export interface Neighbour {
  readonly address: string;
  readonly mac: string;
  readonly dst: string;
}

/** One interface as it should be: its network with what the pod and its peers add. */
export interface WantedInterface extends Network {
  readonly addresses: readonly WantedAddress[];
  readonly routes: readonly WantedRoute[];
  readonly alias: string;
  /** Local tunnel address: set for family 6 only (a link made without it is IPv4). */
  readonly local?: string;
  readonly mac: string;
  /** Pod IPs of all members, canonical, sorted; our own may be among them. One list for all that have the network. */
  readonly peers: readonly string[];
  /** Known addresses of all members, our own among them. Again one list for all. */
  readonly neighbours: readonly Neighbour[];
  /** Pod IPs of those who may be members, which nobody knows yet: entries towards them stay. Absent: of nobody. */
  readonly presumed?: readonly string[];
}

/** All networks of a name, in whatever form. */
export type NamedNetwork = Pick<Network, "name" | "family">;

/** Everything one member's kernel should hold, and what must be left alone. */
export interface WantedState {
  /** Sorted by interface name. */
  readonly interfaces: readonly WantedInterface[];
  /** Networks whose links must not be touched though they are not wanted: named but not resolvable. */
  readonly untouchable: readonly string[];
  /** Networks whose links go, whatever else could not be read; absent: none. */
  readonly forbidden?: readonly string[];
  /** True when a link of ours whose network is neither wanted nor untouchable may be removed. */
  readonly mayRemove: boolean;
  /** Annotation key: whose links are ours. */
  readonly annotationKey: string;
  /** Where a link of ours may send that is neither wanted nor to go; absent: there is none. */
  readonly maySendTo?: (network: NamedNetwork) => readonly string[];
  /** Addresses that we have set in each network, by its name, as the pod shows them; absent: it shows none. */
  readonly shown?: ReadonlyMap<string, readonly string[]>;
  /** The pod's own IPs: no frame is sent there. */
  readonly own: ReadonlySet<string>;
}

const aliasStart = "kube-vxlan-controller:network=";
const aliasMiddle = ",annotation=";

/**
 * The longest annotation key (characters) whose alias still fits: the kernel takes 255 bytes, a network's
 * name has up to 63. Settings must refuse a longer one; a line with a longer alias ends the whole `ip`
 * process.
 */
export const maxAnnotationKeyLength = 255 - aliasStart.length - aliasMiddle.length - 63;

/** Marks a link as ours; at most 255 bytes, no blanks. */
export function aliasOf(network: string, annotationKey: string): string {
  return `${aliasStart}${network}${aliasMiddle}${annotationKey}`;
}

/** Whether a controller has made the link that bears this alias, be it of another annotation. */
export function isMarked(alias: string): boolean {
  return alias.startsWith(aliasStart) && alias.includes(aliasMiddle);
}

/** The same, for that network. */
export function isMarkedFor(network: string, alias: string): boolean {
  return alias.startsWith(`${aliasStart}${network}${aliasMiddle}`);
}

/** The network whose link this alias marks, or undefined when it is not one of ours for that annotation. */
export function networkOfAlias(alias: string, annotationKey: string): string | undefined {
  const end = `${aliasMiddle}${annotationKey}`;
  if (!alias.startsWith(aliasStart) || !alias.endsWith(end)) return undefined;
  const network = alias.slice(aliasStart.length, -end.length);
  return /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/.test(network) ? network : undefined;
}

/**
 * How the names begin under which links are made. A link gets its own with the mark that it is ours: a name that somebody
 * has taken meanwhile is then refused, and nothing has been done to the link that has it. Who finds such a link without a
 * mark knows by the name that we have left it.
 */
export function temporaryStart(annotationKey: string): string {
  return `kvx${digest(annotationKey)}`;
}

/** Such a name. Nobody can know it before, so nobody can have it: `chance` is another one every time. */
export function temporaryName(
  start: string,
  { interfaceName, chance }: { readonly interfaceName: string; readonly chance: number },
): string {
  return start + digest(`${chance} ${interfaceName}`);
}

/** Whether links of this name are made by us, for any network. */
export function isTemporaryName(name: string, annotationKey: string): boolean {
  return name.length === 15 && name.startsWith(temporaryStart(annotationKey));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 6);
}

/** What the members of a network are to each other. */
export interface Peers {
  /** Their pod IPs: canonical, sorted, of its family. */
  readonly peersOf: (network: Network) => readonly string[];
  readonly neighboursOf: (network: Network) => readonly Neighbour[];
  /** Pod IPs of those of whom it is not known yet whether they are members; absent: it is known of all. */
  readonly presumedIn?: (network: Network) => readonly string[] | undefined;
  /** Pod IPs of all who are, or may be, in a network of that name; absent: of nobody. */
  readonly anywhereIn?: (network: NamedNetwork) => readonly string[];
}

/** The addresses of a member's interface, as its peers know them; none while it has no pod IP of the network's family. */
export function neighboursIn(network: Network, member: Member): readonly Neighbour[] {
  const dst = podIpOf(member, network.family);
  if (dst === undefined) return [];
  const mac = macOf(network, member);
  return network.addresses.map(({ address }) => ({ address, mac, dst }));
}

/** Builds the wanted state. */
export function wantedState(
  member: Member,
  context: {
    readonly annotationKey: string;
    readonly peers: Peers;
    readonly pod?: Pick<PodView, "annotation" | "shown"> | undefined;
    readonly cluster?: Pick<ClusterNetworks, "keys" | "networks">;
  },
): WantedState {
  const { pod: { shown } = {} } = context;
  const interfaces = member.networks.flatMap((network) => wantedInterface(member, { ...context, network }));
  const made = new Set(interfaces.map(({ name }) => name));
  const unmade = member.networks.map(({ name }) => name).filter((name) => !made.has(name));
  const untouchable = [...new Set([...member.unresolved, ...unmade])].sort();
  const isKnown = member.annotationParsed && untouchable.length === 0;
  return {
    interfaces: interfaces.sort((a, b) => a.interfaceName < b.interfaceName ? -1 : 1),
    untouchable,
    forbidden: member.forbidden,
    mayRemove: member.annotationParsed,
    annotationKey: context.annotationKey,
    ...(isKnown ? {} : { maySendTo: meantIn(context) }),
    ...defined({ shown: shown?.ips }),
    own: new Set(member.podIPs),
  };
}

/** Members, and VTEPs outside that the texts may name: what cannot be read of them may mean any. */
function meantIn(
  { peers, pod, cluster }: Parameters<typeof wantedState>[1],
): Required<WantedState>["maySendTo"] {
  let own: readonly string[] | undefined;
  return ({ name, family }) => {
    own ??= addressesNamedIn(pod?.annotation ?? "");
    const outside = cluster?.networks.get(name)?.options.peer?.map(({ address }) => address) ?? [];
    const named = addressesNamedIn(cluster?.keys.get(name)?.text ?? "");
    return [...peers.anywhereIn?.({ name, family }) ?? [], ...outside, ...named, ...own];
  };
}

/**
 * None when the pod has no IP of the network's family: a problem that has been told when the pod was judged.
 */
function wantedInterface(
  member: Member,
  { network, annotationKey, peers }: {
    readonly network: Network;
    readonly annotationKey: string;
    readonly peers: Peers;
  },
): readonly WantedInterface[] {
  const local = podIpOf(member, network.family);
  if (local === undefined) return [];
  return [{
    ...network,
    routes: ownRoutes(network),
    alias: aliasOf(network.name, annotationKey),
    ...(network.family === 6 ? { local } : {}),
    mac: macOf(network, member),
    peers: withOutside(peers.peersOf(network), network.outside ?? []),
    neighbours: peers.neighboursOf(network),
    ...defined({ presumed: peers.presumedIn?.(network) }),
  }];
}

/** Members and VTEPs outside: again one list for all that have the network. */
function withOutside(peers: readonly string[], outside: readonly string[]): readonly string[] {
  if (outside.length === 0) return peers;
  const known = widened.get(peers) ?? new Map<string, readonly string[]>();
  widened.set(peers, known);
  const key = outside.join();
  const both = known.get(key) ?? [...new Set([...peers, ...outside])].sort();
  known.set(key, both);
  return both;
}

const widened = new WeakMap<readonly string[], Map<string, readonly string[]>>();
