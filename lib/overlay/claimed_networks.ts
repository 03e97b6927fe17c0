// What a pod's kernel says of networks that it had before we came: a claim, believed only where nothing speaks against it.
//
// Authors of pods write annotations, and with NET_ADMIN the aliases of links too. So a link counts for its own pod only,
// for a network that the annotation names, in a form that annotation and ConfigMap do not contradict, and where both name
// and VNI are open to the pod's namespace. Whatever enters a command of ours is parsed anew.
import { namespaceFaults } from "../network/access_rules.ts";
import type { ClusterNetwork, ClusterNetworks } from "../network/cluster_networks.ts";
import { askedAddresses } from "../network/asked_addresses.ts";
import { parseMac, readCidr } from "../network/grammar/address.ts";
import { type AnnotationEntry, parseAnnotation } from "../network/grammar/annotation.ts";
import { parseDeviceName, parseInterfaceName } from "../network/grammar/names.ts";
import { type OptionSet, optionTable } from "../network/grammar/option_table.ts";
import type { Network } from "../network/network.ts";
import { type Membership, type MembershipSettings, openNames } from "../member/member.ts";
import type { PodView } from "../member/pod.ts";
import type { KernelState, ObservedLink } from "./observation.ts";
import { ownTable } from "./step.ts";
import { networkOfAlias } from "./wanted.ts";

/** What a claim is held against. */
export interface ClaimContext {
  readonly settings: Pick<MembershipSettings, "annotationKey" | "configMap" | "restrictPods">;
  readonly cluster: ClusterNetworks;
  readonly observed: KernelState;
}

/** The form of each network of the annotation that a link of the pod bears out, by name. */
export function claimedNetworks(
  { namespace, name, annotation = "", ordinal }: PodView,
  { settings, cluster, observed }: ClaimContext,
): ReadonlyMap<string, Network> {
  const source = { kind: "annotation", key: settings.annotationKey, namespace, pod: name } as const;
  const { entries } = parseAnnotation(annotation, source);
  const context = { ...settings, cluster, namespace };
  const byNetwork = Map.groupBy(observed.links, ({ alias }) => networkOfAlias(alias, context.annotationKey));
  return new Map(entries.flatMap((entry): [string, Network][] => {
    const links = byNetwork.get(entry.network) ?? [];
    const [link] = links;
    // Two that claim to be one: nobody knows which.
    if (link === undefined || links.length > 1) return [];
    const network = networkOfLink(link, { entry, observed, ordinal });
    return network !== undefined && isBorneOut(network, { ...context, entry })
      ? [[network.name, network]]
      : [];
  }));
}

/** Of a network that cannot be had nobody knows which pool it has: what the interface has of addresses stays. */
function addressesAsked(
  entry: AnnotationEntry,
  ordinal: number | undefined,
): Pick<Network, "addresses" | "pool"> {
  const { addresses, leavesItOpen } = askedAddresses(entry.options, { ordinal });
  return leavesItOpen || entry.broken
    ? { addresses, pool: { subnets: [], asked: true, open: true } }
    : { addresses };
}

function isBorneOut(
  network: Network,
  { entry, cluster, restrictPods, ...context }: {
    readonly entry: AnnotationEntry;
    readonly cluster: ClusterNetworks;
    readonly namespace: string;
    readonly configMap: MembershipSettings["configMap"];
    readonly restrictPods: boolean;
  },
): boolean {
  if (namespaceFaults(network, { ...context, cluster }).length > 0) return false;
  const atCluster = cluster.networks.get(network.name);
  if (restrictPods && atCluster?.options.id === undefined) return false;
  const said: OptionSet = { ...formAtCluster(entry.network, atCluster), ...entry.options };
  const form: OptionSet = {
    id: network.vni,
    name: network.interfaceName,
    dstport: network.port,
    family: network.family,
  };
  const parts = ["id", "name", "dstport", "family"] as const;
  return parts.every((part) => said[part] === undefined || said[part] === form[part]);
}

/** What an entry that can be read leaves out has its default; of any other, only what it says counts. */
function formAtCluster(name: string, entry: ClusterNetwork | undefined): OptionSet {
  if (entry === undefined || entry.state === "unreadable") return entry?.options ?? {};
  const { dstport, family } = optionTable;
  return { name, dstport: dstport.fallback, family: family.fallback, ...entry.options };
}

/** As it stands, so that keeping it changes nothing in the pod. */
function networkOfLink(
  link: ObservedLink,
  { entry, observed, ordinal }: {
    readonly entry: AnnotationEntry;
    readonly observed: KernelState;
    readonly ordinal: number | undefined;
  },
): Network | undefined {
  const { vxlan } = link;
  const name = parseInterfaceName(link.name);
  const underlay = parseDeviceName(vxlan?.dev ?? "");
  const mac = parseMac(link.mac);
  if (vxlan === undefined || name.kind === "fault" || underlay.kind === "fault") return undefined;
  if (vxlan.vni < 1 || vxlan.remote !== undefined) return undefined;
  const routes = observed.routes.filter(({ ours, dev, table }) =>
    ours && dev === link.name && (table === "main" || table === ownTable)
  );
  return {
    name: entry.network,
    vni: vxlan.vni,
    interfaceName: name.value,
    underlay: underlay.value,
    port: vxlan.port,
    family: vxlan.family,
    up: link.up,
    mtu: link.mtu,
    ...(mac.kind === "value" && { mac: mac.value }),
    ...addressesAsked(entry, ordinal),
    routes: routes.flatMap(({ subnet, gateway }) => {
      const cidr = readCidr(subnet);
      // Of those without a gateway one cannot tell who asked for them.
      return cidr === undefined || gateway === undefined ? [] : [{ subnet: cidr, gateway }];
    }),
  };
}

/** Addresses that the pod shows and its interfaces have, by network: both can be forged, so it takes both. */
export function addressesFound(
  { pod: { shown }, asked }: { readonly pod: PodView; readonly asked: Membership },
  { observed, settings: { annotationKey } }: ClaimContext,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { alias, addresses } of observed.links) {
    const network = networkOfAlias(alias, annotationKey);
    const ips = network === undefined ? undefined : shown?.ips?.get(network);
    if (network === undefined || ips === undefined || !mayBePooled(network, asked)) continue;
    const there = new Set(addresses.map((cidr) => cidr.slice(0, cidr.indexOf("/"))));
    found.set(network, ips.filter((ip) => there.has(ip)));
  }
  return found;
}

/** Addresses that it asked for itself are none of the pool. */
function mayBePooled(name: string, asked: Membership): boolean {
  if (asked.kind !== "member") return false;
  return openNames(asked.member).includes(name) ||
    asked.member.networks.some((network) => network.name === name && network.pool?.asked === true);
}
