// What a network is once everything users wrote about it has been parsed, merged and found valid.

/** The family of the pod IPs that carry a network. */
export type Family = 4 | 6;

/** An IP address with its prefix length, in canonical text (IPv6 as RFC 5952). */
export interface Cidr {
  readonly family: Family;
  readonly address: string;
  readonly prefix: number;
}

/** A route through an interface: destination subnet (no host bits set) and gateway, of one family. */
export interface Route {
  readonly subnet: Cidr;
  readonly gateway: string;
}

/** One network of one pod: merged from default, ConfigMap and annotation, every value checked. */
export interface Network {
  readonly name: string;
  /** VXLAN network identifier, 1..16777215 (option `id`). */
  readonly vni: number;
  /** Name of the interface in the pod, at most 15 bytes (option `name`). */
  readonly interfaceName: string;
  /** Device the VXLAN link is made on (option `dev`). */
  readonly dev: string;
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

/** `192.0.2.1/24`, the form `ip` and people write. */
export function cidrText(cidr: Cidr): string {
  return `${cidr.address}/${cidr.prefix}`;
}
