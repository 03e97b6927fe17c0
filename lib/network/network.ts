// What a network is once everything users wrote about it has been parsed, merged and found valid.
import type { Cidr, Family, Route } from "./grammar/address.ts";
import type { Pool } from "./pool.ts";
import type { OptionSet } from "./grammar/option_table.ts";

/** The options that a network has as they were given; the others have names of their own below. */
type PlainOptions = Omit<
  OptionSet,
  | ("type" | "id" | "name" | "dev" | "up" | "ip" | "route" | "dstport" | "family" | "namespaces")
  | ("subnet" | "range" | "exclude" | "gateway" | "except" | "peer")
>;

/** One network of one pod: merged from default, ConfigMap and annotation, every value checked. */
export interface Network extends PlainOptions {
  readonly name: string;
  /** VXLAN network identifier, 1..16777215 (option `id`). */
  readonly vni: number;
  /** Name of the interface in the pod, at most 15 bytes (option `name`). */
  readonly interfaceName: string;
  /** Device the VXLAN link is made on (option `dev`). */
  readonly underlay: string;
  /** UDP destination port (option `dstport`). */
  readonly port: number;
  readonly family: Family;
  /** False: the link state is never touched (option `up`). */
  readonly up: boolean;
  /** Those that the pod asks for (option `ip`), or has been given from the pool. */
  readonly addresses: readonly Cidr[];
  /** Absent: the network has none (option `subnet`), or the pod wants nothing of it. */
  readonly pool?: Pool;
  /** A default route among them is for all that has no other way (options `route` and `gateway`). */
  readonly routes: readonly Route[];
  /** What the default routes are not for (option `except`). */
  readonly except?: readonly Cidr[];
  /** VTEPs outside the cluster, of the network's family, sorted (option `peer`). */
  readonly outside?: readonly string[];
  /** Made while its key in the ConfigMap was removed, by a pod that did not have it: nothing of that key is for it. */
  readonly aside?: true;
}

/** Those of its routes that the pod takes: who has the gateway's address is the gateway. */
export function ownRoutes({ addresses, routes }: Pick<Network, "addresses" | "routes">): readonly Route[] {
  const own = new Set(addresses.map(({ address }) => address));
  return routes.filter(({ gateway }) => gateway === undefined || !own.has(gateway));
}

/** VTEPs outside the cluster to which it floods besides its members, whose pod IPs these are. */
export function outsideOf({ outside = [] }: Network, members: readonly string[]): readonly string[] {
  return outside.length === 0 ? outside : outside.filter((ip) => !members.includes(ip));
}

/** What two members must have in common to be peers: name, VNI, port and family. As text, for use as a key. */
export function peerKey(network: Pick<Network, "name" | "vni" | "port" | "family">): string {
  const known = peerKeys.get(network);
  if (known !== undefined) return known;
  const key = `${network.name}/${network.vni}/${network.port}/${network.family}`;
  peerKeys.set(network, key);
  return key;
}

/** Thousands keep the key of a network, which many share: they share the text too. */
const peerKeys = new WeakMap<object, string>();
