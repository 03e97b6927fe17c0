// What a network is once everything users wrote about it has been parsed, merged and found valid.
import type { Cidr, Family, Route } from "./grammar/address.ts";

/** One network of one pod: merged from default, ConfigMap and annotation, every value checked. */
export interface Network {
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
  /** Bytes; absent: the kernel derives it from `dev`. */
  readonly mtu?: number;
  /** Lower-case, colon separated; absent: derived from uid and network name. */
  readonly mac?: string;
  readonly addresses: readonly Cidr[];
  readonly routes: readonly Route[];
}

/** What two members must have in common to be peers: name, VNI, port and family. As text, for use as a key. */
export function peerKey(network: Pick<Network, "name" | "vni" | "port" | "family">): string {
  return `${network.name}/${network.vni}/${network.port}/${network.family}`;
}
