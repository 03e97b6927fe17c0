// Who is in which network, on which node, and how it stands: what pictures and the live page are made from.
import { cidrText } from "../network/grammar/address.ts";
import { type Network, peerKey } from "../network/network.ts";

/** How a member stands. `waiting`: nothing is wrong, something is awaited. */
export type Standing = "ready" | "waiting" | "failing";

/** A member as it goes into the topology. */
export interface MemberSeen {
  readonly namespace: string;
  readonly name: string;
  /** Absent until it is scheduled. */
  readonly node?: string | undefined;
  readonly standing: Standing;
  /** Why it is not ready, one sentence each; empty when it is. */
  readonly reasons: readonly string[];
  readonly networks: readonly Network[];
  /** Names in its annotation that it does not get. */
  readonly missing: readonly string[];
}

/** One VXLAN segment: members with the same name, VNI, port and family reach each other. */
export interface Segment {
  /** As `peerKey` writes it. */
  readonly key: string;
  readonly name: string;
  readonly vni: number;
  readonly port: number;
  readonly family: 4 | 6;
}

/** One interface of a member. */
export interface Attachment {
  readonly segment: string;
  readonly interfaceName: string;
  readonly addresses: readonly string[];
  /** Another member of the segment routes through one of its addresses. */
  readonly isGateway: boolean;
}

/** One member with its interfaces. */
export interface TopologyPod {
  readonly namespace: string;
  readonly name: string;
  readonly standing: Standing;
  readonly reasons: readonly string[];
  readonly attachments: readonly Attachment[];
  /** Networks that it asks for and does not get. */
  readonly missing: readonly string[];
}

/** The members on one node; without a name those that are not scheduled yet. */
export interface NodeGroup {
  readonly name: string | undefined;
  readonly pods: readonly TopologyPod[];
}

/** Everything in a fixed order, so that the same world gives the same picture. */
export interface Topology {
  readonly segments: readonly Segment[];
  readonly nodes: readonly NodeGroup[];
}

/** Puts members in order. `only`: names of networks; members without any of them are left out. */
export function topologyOf(members: readonly MemberSeen[], only: readonly string[] = []): Topology {
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const seen = members
    .map((member) => ({
      ...member,
      networks: member.networks.filter(({ name }) => wanted(name)),
      missing: member.missing.filter(wanted),
    }))
    .filter(({ networks, missing }) => only.length === 0 || networks.length + missing.length > 0)
    .toSorted((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
  const segments = new Map<string, Segment>();
  for (const network of seen.flatMap(({ networks }) => networks)) {
    const { name, vni, port, family } = network;
    segments.set(peerKey(network), { key: peerKey(network), name, vni, port, family });
  }
  const gateways = gatewaysOf(seen);
  const names = [...new Set(seen.map(({ node }) => node))].toSorted((a, b) => compare(a ?? "~", b ?? "~"));
  return {
    segments: [...segments.values()].toSorted((a, b) =>
      compare(a.name, b.name) || a.vni - b.vni || compare(a.key, b.key)
    ),
    nodes: names.map((name) => ({
      name,
      pods: seen.filter(({ node }) => node === name).map((member) => podOf(member, gateways)),
    })),
  };
}

function podOf(member: MemberSeen, gateways: ReadonlySet<string>): TopologyPod {
  const { namespace, name, standing, reasons, missing } = member;
  const attachments = member.networks.map((network) => ({
    segment: peerKey(network),
    interfaceName: network.interfaceName,
    addresses: network.addresses.map(cidrText),
    isGateway: network.addresses.some(({ address }) => gateways.has(`${peerKey(network)} ${address}`)),
  }));
  return { namespace, name, standing, reasons, missing, attachments };
}

/** Segment and address of everything that somebody routes through. */
function gatewaysOf(members: readonly MemberSeen[]): ReadonlySet<string> {
  return new Set(
    members.flatMap(({ networks }) =>
      networks.flatMap((network) => network.routes.map(({ gateway }) => `${peerKey(network)} ${gateway}`))
    ),
  );
}

/** By code units: the same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
