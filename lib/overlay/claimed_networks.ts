// What a pod's kernel says of networks that it had before we came: a claim, believed only where nothing speaks against it.
//
// Authors of pods write annotations, and with NET_ADMIN the aliases of links too. So a link counts for its own pod only,
// for a network that the annotation names, in a form that annotation and ConfigMap do not contradict, and where both name
// and VNI are open to the pod's namespace. The ConfigMap may have another id by now, where pods may give one: then what the
// pod shows must agree, which nobody can write from inside of it. Whatever enters a command of ours is parsed anew.
import { namespaceFaults } from "../network/access_rules.ts";
import type { ClusterNetwork, ClusterNetworks } from "../network/cluster_networks.ts";
import { defaultMaxNetworks } from "../network/resolve.ts";
import { isGood } from "../network/reserved/reservations.ts";
import { askedAddresses } from "../network/asked_addresses.ts";
import { addressOf, cidrText, contains, linkLocal, parseMac, readCidr } from "../network/grammar/address.ts";
import { type AnnotationEntry, parseAnnotation } from "../network/grammar/annotation.ts";
import { parseDeviceName, parseInterfaceName } from "../network/grammar/names.ts";
import { type OptionName, type OptionSet, optionTable } from "../network/grammar/option_table.ts";
import { similarOption } from "../network/grammar/spelling.ts";
import { type Network, peerKey } from "../network/network.ts";
import type { Problem } from "../network/problem.ts";
import type { Member, MembershipSettings } from "../member/member.ts";
import type { PodView } from "../member/pod.ts";
import { defined } from "../text/defined.ts";
import type { KernelState, ObservedLink } from "./observation.ts";
import { shownEntries } from "./shown_networks.ts";
import { ownTable } from "./step.ts";
import { networkOfAlias } from "./wanted.ts";

/** What a claim is held against. */
export interface ClaimContext {
  readonly settings: Pick<MembershipSettings, "annotationKey" | "configMap" | "restrictPods">;
  readonly cluster: ClusterNetworks;
  readonly observed: KernelState;
}

/** What the kernel of a pod says of it at the first look. */
interface BorneOut {
  /** Networks whose links must go, whatever the annotation says: they are closed to the pod. */
  readonly closed: readonly string[];
  /** The form in which it last had each network. */
  readonly had: readonly Network[];
  /** Networks that it asks for, in which it is already: by name, or by segment where it asks for another. */
  readonly held: readonly string[];
}

/**
 * Holds against the kernel what is asked for, and what the pod seemed to have (`good`). What only seemed to be there is as
 * new as any other: it must not take the place of what is.
 */
export function borneOut(
  pod: PodView,
  { asked, good, ...context }: ClaimContext & { readonly asked: Member; readonly good: readonly Network[] },
): BorneOut {
  const { networks, unresolved, forbidden, annotationParsed } = asked;
  const asks = new Map(networks.map((one) => [one.name, peerKey(one)]));
  const claims = [...claimedNetworks(pod, context).values()].filter(({ name }) =>
    !forbidden.includes(name) && (!annotationParsed || asks.has(name) || unresolved.includes(name))
  );
  const there = good.filter((network) => isThere(network, context));
  const isOther = (one: Network): boolean => asks.get(one.name) !== peerKey(one);
  const had = [
    ...there,
    ...claims.filter((one) => isOther(one) && !there.some(({ name }) => name === one.name)),
  ];
  // What it asks for may be full: in that it has no place, but where it is.
  const held = claims.map((one) => asks.has(one.name) && isOther(one) ? peerKey(one) : one.name);
  return { closed: closedNetworks(pod, context), had, held };
}

/** Whether a link of ours is what such a network is made of. */
function isThere(
  { name, interfaceName, vni, port, family }: Network,
  { observed, settings: { annotationKey } }: ClaimContext,
): boolean {
  return observed.links.some(({ name: link, alias, vxlan }) =>
    networkOfAlias(alias, annotationKey) === name && link === interfaceName && vxlan?.vni === vni &&
    vxlan.port === port && vxlan.family === family
  );
}

/** The form of each network of the annotation that a link of the pod bears out, by name. */
function claimedNetworks(
  { namespace, name, annotation = "", ordinal, shown }: PodView,
  { settings, cluster, observed }: ClaimContext,
): ReadonlyMap<string, Network> {
  const source = { kind: "annotation", key: settings.annotationKey, namespace, pod: name } as const;
  const parsed = parseAnnotation(annotation, source);
  const entries = [...parsed.entries, ...shownEntries(shown, { parsed, ...observed })];
  const context = { ...settings, cluster, namespace };
  const taken = new Map(
    observed.links.flatMap((link) => link.addresses.map((text) => [addressOf(text), link.name] as const)),
  );
  const byNetwork = Map.groupBy(observed.links, ({ alias }) => networkOfAlias(alias, context.annotationKey));
  return new Map(entries.flatMap((entry): [string, Network][] => {
    const [link, another] = byNetwork.get(entry.network) ?? [];
    // Two that claim to be one: nobody knows which.
    if (link === undefined || another !== undefined) return [];
    const known = cluster.networks.get(entry.network);
    const isShown = parsed.entries.includes(entry) && !settings.restrictPods && shows(shown, { entry, link });
    const atCluster = known && formAtCluster(entry.network, known);
    const said = { ...isShown ? withoutId(atCluster) : atCluster, ...entry.options };
    const ips = shown?.ips?.get(entry.network) ?? [];
    const unread = unreadOptions(entry, parsed.problems);
    // Neighbours that were set stay, unless somebody says otherwise.
    const isOpen = known === undefined || !isGood(known) || unread.has("neigh");
    const isSet = isOpen && observed.neighbours?.some(({ ours, dev }) => ours && dev === link.name) === true;
    const meant: OptionSet = isSet ? { neigh: "static", ...said } : said;
    const network = networkOfLink(link, { entry, observed, ordinal, said: meant, ips, taken });
    return network !== undefined && isBorneOut(network, { ...context, said, unread })
      ? [[network.name, network]]
      : [];
  }));
}

/** Whether the pod shows the network on this link. */
function shows(
  shown: PodView["shown"],
  { entry, link }: { readonly entry: AnnotationEntry; readonly link: ObservedLink },
): boolean {
  return shown?.links?.some(({ network, interfaceName, vni }) =>
    network === entry.network && interfaceName === link.name && vni === link.vxlan?.vni
  ) === true;
}

function withoutId({ id: _, ...others }: OptionSet = {}): OptionSet {
  return others;
}

/** Options that the annotation gives in words that cannot be read: of these it says nothing that a link could contradict. */
function unreadOptions({ network }: AnnotationEntry, problems: readonly Problem[]): ReadonlySet<OptionName> {
  return new Set(problems.flatMap((problem) => {
    const option = problem.network === network
      ? similarOption(problem.token?.split("=")[0] ?? "")
      : undefined;
    return option ?? [];
  }));
}

interface AddressClaim {
  readonly entry: AnnotationEntry;
  readonly ordinal: number | undefined;
  /** Addresses that the pod shows in the network. */
  readonly ips: readonly string[];
  /** Which link of the pod has each address, or has claimed it: a second one would cost a network. */
  readonly taken: Map<string, string>;
}

/**
 * Of a network that cannot be had nobody knows which pool it has: what the interface has of addresses stays, and those that
 * the pod shows too are its addresses to others.
 */
function addressesAsked(
  { name, addresses: there }: ObservedLink,
  { entry, ordinal, ips, taken }: AddressClaim,
): Pick<Network, "addresses" | "pool"> {
  const { addresses: asked, leavesItOpen } = askedAddresses(entry.options, { ordinal });
  const addresses = [...new Map(asked.map((cidr) => [cidr.address, cidr])).values()].filter(({ address }) => {
    if (!taken.has(address)) taken.set(address, name);
    return taken.get(address) === name || contains(linkLocal, address);
  });
  if (!leavesItOpen && !entry.broken) return { addresses };
  const found = there.flatMap((text) => readCidr(text) ?? []);
  const others = found.filter(({ address }) =>
    ips.includes(address) && !addresses.some((one) => one.address === address)
  );
  const pool = { subnets: [], asked: true, open: true, there: found.map(({ address }) => address) };
  return { addresses: [...addresses, ...others], pool };
}

function isBorneOut(
  network: Network,
  { said, unread, cluster, restrictPods, ...context }: {
    readonly said: OptionSet;
    readonly unread: ReadonlySet<OptionName>;
    readonly cluster: ClusterNetworks;
    readonly namespace: string;
    readonly configMap: MembershipSettings["configMap"];
    readonly restrictPods: boolean;
  },
): boolean {
  if (namespaceFaults(network, { ...context, cluster }).length > 0) return false;
  // A key that is not there was left out on purpose, unless nothing of the ConfigMap can be read.
  if (restrictPods && cluster.isUsable && !cluster.networks.has(network.name)) return false;
  const { vni: id, interfaceName, port: dstport, family } = network;
  const form: OptionSet = { id, name: interfaceName, dstport, family };
  const parts = ["id", "name", "dstport", "family"] as const;
  // Where pods may give no id, what stands in its place gives none either.
  const isOpen = (part: OptionName): boolean => unread.has(part) && !(restrictPods && part === "id");
  return parts.every((part) => said[part] === undefined || said[part] === form[part] || isOpen(part));
}

/** What an entry that can be read leaves out has its default. Of any other nobody knows which id it meant. */
function formAtCluster(name: string, entry: ClusterNetwork): OptionSet {
  const { dstport, family } = optionTable;
  if (!isGood(entry)) return withoutId(entry.options);
  return { name, dstport: dstport.fallback, family: family.fallback, ...entry.options };
}

/** As it stands, so that keeping it changes nothing in the pod; what no link tells, as far as it can be read. */
function networkOfLink(
  link: ObservedLink,
  { observed, said, ...claim }: AddressClaim & { readonly observed: KernelState; readonly said: OptionSet },
): Network | undefined {
  const { vxlan } = link;
  const name = parseInterfaceName(link.name);
  const underlay = parseDeviceName(vxlan?.dev ?? "");
  const mac = parseMac(link.mac);
  if (vxlan === undefined || name.kind === "fault" || underlay.kind === "fault") return undefined;
  if (vxlan.vni < 1 || vxlan.remote !== undefined) return undefined;
  const routes = observed.routes.filter(({ ours, dev, table, type }) =>
    ours && dev === link.name && (table === "main" || table === ownTable || type === "multicast")
  );
  const onLink = said.route?.filter(({ gateway }) => !gateway).map(({ subnet }) => cidrText(subnet));
  const outside = said.peer?.filter(({ family }) => family === vxlan.family).map(({ address }) => address);
  return {
    name: claim.entry.network,
    vni: vxlan.vni,
    interfaceName: name.value,
    underlay: underlay.value,
    port: vxlan.port,
    family: vxlan.family,
    up: link.up,
    mtu: link.mtu,
    ...(mac.kind === "value" && { mac: mac.value }),
    ...addressesAsked(link, claim),
    routes: routes.flatMap(({ subnet, gateway }) => {
      const cidr = readCidr(subnet);
      // The others without a gateway are of our own making.
      if (cidr === undefined || gateway === undefined && onLink?.includes(subnet) !== true) return [];
      return [{ subnet: cidr, ...defined({ gateway }) }];
    }),
    ...defined({ neigh: said.neigh, except: said.except?.flat() }),
    ...(outside !== undefined && { outside: [...new Set(outside)].sort() }),
  };
}

/** Networks of links of ours that lead where the pod may not be. */
function closedNetworks(
  { namespace }: Pick<PodView, "namespace">,
  { settings, cluster, observed }: ClaimContext,
): readonly string[] {
  return observed.links.flatMap(({ alias, vxlan }) => {
    const name = networkOfAlias(alias, settings.annotationKey);
    const faults = { ...settings, cluster, namespace };
    return name !== undefined && namespaceFaults({ name, vni: vxlan?.vni }, faults).length > 0 ? name : [];
  });
}

/** Networks in whose name links of ours stand, whatever they are: of a hostile pod the first ones. */
export function linkedNetworks({ settings, observed }: ClaimContext): readonly string[] {
  const names = observed.links.flatMap(({ alias }) => networkOfAlias(alias, settings.annotationKey) ?? []);
  return [...new Set(names)].slice(0, defaultMaxNetworks);
}
