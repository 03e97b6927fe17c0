// Who are a pod's peers, and what does its kernel have of each: entries, what was learned, neighbours.
import { type Network, peerKey } from "../../network/network.ts";
import type { Neighbour } from "../../overlay/iproute2/read_traffic.ts";
import type { Observation } from "../../overlay/observation.ts";
import type { KnownProbe } from "../../reach/probe_answer.ts";
import type { ClusterView } from "../show/cluster_view.ts";
import { ageText } from "../show/list.ts";
import type { ProbesRead } from "./controller_probes.ts";
import type { Traffic } from "./traffic.ts";

/** Where frames are flooded to. */
interface Destination {
  /** The kernel floods to it; null when it was not looked at. */
  readonly inKernel: boolean | null;
  /** The kernel has learned a MAC of it, so frames came from there. */
  readonly heardFrom: boolean | null;
}

/** A VTEP outside the cluster (`peer=`). */
export interface OutsidePeer extends Destination {
  readonly address: string;
}

/** A member of the same network. */
export interface InspectedPeer extends Destination {
  /** NAMESPACE/NAME; null when no pod has the address. */
  readonly pod: string | null;
  readonly node: string | null;
  readonly podIP: string;
  /**
   * What the kernel's neighbour table has of it: by its overlay addresses, and by MACs learned of it. Null when it was
   * not read.
   */
  readonly neighbours: readonly { readonly address: string; readonly state: string }[] | null;
  /** What came of the controller's last probe between both, whoever asked; null when the controller could not be asked. */
  readonly lastProbe: LastProbeSeen | null;
}

/** `secondsAgo` is null where there was none since the controller began to lead. */
export interface LastProbeSeen {
  readonly outcome: KnownProbe["outcome"] | "never";
  readonly secondsAgo: number | null;
}

const flood = "00:00:00:00:00:00";

/** One peer, as it should be and as the kernel has it. */
export function peerOf(
  podIP: string,
  { network, view, observed, traffic, probes }: {
    readonly network: Network;
    readonly view: ClusterView;
    readonly observed: Observation | undefined;
    readonly traffic: Traffic | undefined;
    readonly probes: ProbesRead;
  },
): InspectedPeer {
  const peer = view.pods.find(({ uid, podIPs }) =>
    podIPs.includes(podIP) && view.store.workItem(uid)?.kind === "member"
  );
  const { interfaceName } = network;
  const entries = entriesTo(podIP, { network, observed });
  const its = peer === undefined ? undefined : view.store.workItem(peer.uid);
  const asked = new Set(
    its?.kind !== "member" ? [] : its.member.networks
      .filter((one) => peerKey(one) === peerKey(network))
      .flatMap(({ addresses }) => addresses.map(({ address }) => address)),
  );
  return {
    pod: peer === undefined ? null : `${peer.namespace}/${peer.name}`,
    node: peer?.node ?? null,
    podIP,
    ...destination(entries),
    neighbours: traffic?.kind === "read"
      ? neighboursOf(traffic.neighbours, {
        interfaceName,
        macs: new Set(entries?.map(({ mac }) => mac)),
        asked,
      })
      : null,
    lastProbe: probes.kind === "read" ? lastProbeOf(peer?.uid, { network, probes: probes.probes }) : null,
  };
}

/** A VTEP outside, as the kernel has it. Nobody else looks at its end. */
export function outsidePeer(
  address: string,
  about: { readonly network: Network; readonly observed: Observation | undefined },
): OutsidePeer {
  return { address, ...destination(entriesTo(address, about)) };
}

type Entries = Observation["fdb"] | undefined;

function entriesTo(
  ip: string,
  { network: { interfaceName }, observed }: {
    readonly network: Network;
    readonly observed: Observation | undefined;
  },
): Entries {
  return observed?.fdb.filter(({ dev, dst }) => dev === interfaceName && dst === ip);
}

function destination(entries: Entries): Destination {
  return {
    inKernel: entries?.some(({ mac }) => mac === flood) ?? null,
    heardFrom: entries?.some(({ mac }) => mac !== flood) ?? null,
  };
}

/** The one with this peer, of those that are known of a pod. */
export function lastProbeOf(
  uid: string | undefined,
  { network, probes }: { readonly network: Network; readonly probes: readonly KnownProbe[] },
): LastProbeSeen {
  const found = probes.find(({ peer, network: key }) => peer === uid && key === peerKey(network));
  return found === undefined
    ? { outcome: "never", secondsAgo: null }
    : { outcome: found.outcome, secondsAgo: found.secondsAgo };
}

/** Who has a network of this name in another form: people expect them to be peers. */
export function elsewhere(network: Network, { pods, store }: ClusterView): readonly string[] {
  return pods.flatMap((pod) => {
    const item = store.workItem(pod.uid);
    if (item?.kind !== "member") return [];
    return item.member.networks
      .filter((other) => other.name === network.name && peerKey(other) !== peerKey(network))
      .map(({ vni, port, family }) =>
        `${pod.namespace}/${pod.name} (VNI ${vni}, port ${port}, IPv${family})`
      );
  });
}

/** A neighbour that did not answer has no MAC, so the address that was asked for tells whose it is. */
function neighboursOf(
  all: readonly Neighbour[],
  { interfaceName, macs, asked }: {
    readonly interfaceName: string;
    readonly macs: ReadonlySet<string>;
    readonly asked: ReadonlySet<string | undefined>;
  },
): readonly { readonly address: string; readonly state: string }[] {
  return all
    .filter(({ device, mac, address }) =>
      device === interfaceName && (asked.has(address) || (mac !== undefined && macs.has(mac)))
    )
    .map(({ address, state }) => ({ address, state }));
}

/** As people read it. */
export function probeText({ outcome, secondsAgo }: LastProbeSeen): string {
  const ago = secondsAgo === null ? "" : ` ${ageText(secondsAgo * 1_000)} ago`;
  switch (outcome) {
    case "reachable":
      return `last probe passed${ago}`;
    case "unreachable":
      return `last probe failed${ago}`;
    case "not probed":
      return `could not be probed${ago}`;
    case "never":
      return "never probed";
    default:
      return outcome satisfies never;
  }
}
