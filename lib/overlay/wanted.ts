// What one member's kernel should hold: a value per interface, derived from the member and its peers.
import type { Cidr, Family, Network, Route } from "../network/network.ts";
import type { Member } from "../network/member.ts";

/** One interface as it should be. */
export interface WantedInterface {
  readonly network: string;
  readonly name: string;
  readonly alias: string;
  readonly vni: number;
  readonly port: number;
  readonly family: Family;
  /** Local tunnel address: set for family 6 only (a link made without it is IPv4). */
  readonly local?: string;
  readonly dev: string;
  readonly mac: string;
  readonly mtu?: number;
  readonly up: boolean;
  readonly addresses: readonly Cidr[];
  readonly routes: readonly Route[];
  /** Pod IPs of the peers, canonical, sorted, without our own. */
  readonly peers: readonly string[];
}

/** Everything one member's kernel should hold, and what must be left alone. */
export interface WantedState {
  /** Sorted by interface name. */
  readonly interfaces: readonly WantedInterface[];
  /** Networks whose links must not be touched though they are not wanted: named but not resolvable. */
  readonly untouchable: readonly string[];
  /** True when a link of ours whose network is neither wanted nor untouchable may be removed. */
  readonly mayRemove: boolean;
  /** Annotation key: whose links are ours. */
  readonly annotationKey: string;
}

/** Marks a link as ours; at most 255 bytes, no blanks. */
export declare function aliasOf(network: string, annotationKey: string): string;

/** The network whose link this alias marks, or undefined when it is not one of ours for that annotation. */
export declare function networkOfAlias(alias: string, annotationKey: string): string | undefined;

/** Stable, locally administered unicast MAC from uid and network name: a replaced link does not strand its peers' ARP. */
export declare function derivedMac(uid: string, network: string): string;

/** Builds the wanted state. `peersOf` gives the peers' pod IPs of the network's family, in any order. */
export declare function wantedState(
  member: Member,
  context: {
    readonly annotationKey: string;
    readonly peersOf: (network: Network) => readonly string[];
    readonly mayRemove: boolean;
  },
): WantedState;
