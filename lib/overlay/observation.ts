// What the kernel holds in one pod's network namespace, as read from `ip -json -details` and `bridge -json`.
import type { Family } from "../network/grammar/address.ts";

/** One link. `vxlan` is present for links of kind vxlan. */
export interface ObservedLink {
  /** Who this link is: another one may have its name later, its index never. */
  readonly index: number;
  readonly name: string;
  /** Other names that it answers to; the kernel gives each name once. */
  readonly altnames: readonly string[];
  /** The bridge, or the like, that it is a port of. */
  readonly master?: string;
  /** What a macvlan, a VLAN and the like stand on; of VXLAN links that is `vxlan.dev`. */
  readonly lower?: string;
  readonly mtu: number;
  /** Lower-case; empty for links without one. */
  readonly mac: string;
  readonly up: boolean;
  /** Empty when there is none. */
  readonly alias: string;
  /** `vxlan`, `veth`, …; empty when the kernel names none. */
  readonly kind: string;
  readonly vxlan?: ObservedVxlan;
  /**
   * `192.0.2.1/24` and the like, canonical, in the kernel's order: the first of an IPv4 subnet is the primary
   * one.
   */
  readonly addresses: readonly string[];
  /** Those of them for whose subnet the kernel has made no route. */
  readonly withoutRoute?: readonly string[];
}

/** What makes a VXLAN link that link. */
export interface ObservedVxlan {
  /** 0 for a link whose VNI comes from elsewhere (`external`). */
  readonly vni: number;
  readonly port: number;
  readonly family: Family;
  /** Absent when made without `dev`. */
  readonly dev?: string;
  /** Local tunnel address, canonical; absent when unset. */
  readonly local?: string;
  /** Multicast group or fixed remote; we never set one. */
  readonly remote?: string;
}

/** One rule that says which table is asked. */
export interface ObservedRule {
  readonly family: Family;
  readonly priority: number;
  /** What it says, in the words of a command; with words that are in no command of ours when it is more than those say. */
  readonly says: string;
  /** True for rules that carry our protocol number. */
  readonly ours: boolean;
}

/** One route of any table, as far as we compare it. A multipath route is one of these for each next hop. */
export interface ObservedRoute {
  /** Canonical subnet with prefix length (`default` is written out). */
  readonly subnet: string;
  readonly gateway?: string;
  /** Empty when it leads to no device (blackhole and the like). */
  readonly dev: string;
  /** True for routes that carry our protocol number. */
  readonly ours: boolean;
  readonly table: string;
  /** Absent: unicast. */
  readonly type?: string;
  /** 0 when the kernel names none (IPv4 without a metric). */
  readonly metric: number;
}

/** One forwarding entry with a remote destination; entries without `dst` are left out. */
export interface ObservedFdbEntry {
  readonly dev: string;
  readonly mac: string;
  /** Canonical IP. */
  readonly dst: string;
  /** Somebody has set it; the others were learned. */
  readonly permanent?: true;
}

/** A neighbour that somebody has set for good. */
export interface ObservedNeighbour {
  readonly dev: string;
  /** Canonical IP. */
  readonly address: string;
  readonly mac: string;
  /** True for those that carry our protocol number. */
  readonly ours: boolean;
}

/** What `ip` tells. */
export interface KernelState {
  /** Sorted by name. */
  readonly links: readonly ObservedLink[];
  /** Ours, those to subnets that are wanted, and those that lead to a wanted gateway: a pod may have a million others. */
  readonly routes: readonly ObservedRoute[];
  /** Of the families for which rules are wanted or may be there; absent: of none. */
  readonly rules?: readonly ObservedRule[];
  /** Why the rules of a family cannot be had in this pod. */
  readonly noRules?: ReadonlyMap<Family, string>;
  /** Absent: it was not asked for. */
  readonly neighbours?: readonly ObservedNeighbour[];
}

/** One look. */
export interface Observation extends KernelState {
  readonly fdb: readonly ObservedFdbEntry[];
}

/** The same without forwarding entries. */
export function kernelOf({ fdb: _, ...kernel }: Observation): KernelState {
  return kernel;
}
