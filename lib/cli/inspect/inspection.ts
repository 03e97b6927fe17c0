// What `inspect` finds: one pod as it should be, as its kernel says it is, and what is wrong, as a value.
import { AgentClient } from "../../agents/agent_client.ts";
import { answerCaps } from "../../agents/answer_caps.ts";
import { endText } from "../../agents/ended.ts";
import type { Member } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";
import { cidrText, type Route } from "../../network/grammar/address.ts";
import { type Network, outsideOf } from "../../network/network.ts";
import { problemText } from "../../network/problem.ts";
import type { Observation } from "../../overlay/observation.ts";
import { plan } from "../../overlay/plan/plan.ts";
import { describe } from "../../overlay/step_text.ts";
import { untended } from "../../overlay/untended.ts";
import { type WantedState, wantedState } from "../../overlay/wanted.ts";
import type { Counters } from "../../overlay/iproute2/read_traffic.ts";
import { withTools } from "../agent_access.ts";
import type { Host } from "../host.ts";
import { absentGateways } from "../check/absent_gateways.ts";
import type { ClusterView } from "../show/cluster_view.ts";
import { believeShown } from "../shown_kernel.ts";
import { delayIn, onPod, problemsAhead, saidBeside } from "../show/standing.ts";
import { type Warnings, warningsAbout } from "../show/warnings.ts";
import { outputVersion } from "../show/print_list.ts";
import { type ProbesRead, readProbes } from "./controller_probes.ts";
import { elsewhere, type InspectedPeer, type OutsidePeer, outsidePeer, peerOf } from "./peers.ts";
import { readTraffic, type Traffic } from "./traffic.ts";

/** A pod as it was found; printed as text, JSON or YAML. */
export interface Inspection {
  readonly apiVersion: string;
  readonly kind: "Inspection";
  readonly namespace: string;
  readonly name: string;
  readonly node: string | null;
  readonly podIPs: readonly string[];
  /** Why it is no member; null when it is one. */
  readonly noMember: string | null;
  /** Which agent is talked to, or why none is; null where it is no member. */
  readonly agent: string | null;
  readonly networks: readonly InspectedNetwork[];
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
  /** What others say of a pod that does not come up: warnings among the Events about it. */
  readonly events: readonly string[];
  /** Destinations of entries whose networks cannot be resolved at the moment. */
  readonly notJudged: readonly string[];
  /** What could not be read and is no problem of the pod: its counters, say. */
  readonly unread: readonly string[];
  readonly inSync: boolean;
}

export interface InspectedNetwork {
  readonly name: string;
  readonly interface: string;
  readonly vni: number;
  readonly port: number;
  readonly underlay: string;
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  /** As read; null when the interface is not there, or the kernel was not looked at. */
  readonly mac: string | null;
  readonly mtu: number | null;
  /** What has gone through it; null when it was not read. */
  readonly counters: Counters | null;
  readonly peers: readonly InspectedPeer[];
  /** VTEPs outside the cluster, to which it floods besides. */
  readonly outside: readonly OutsidePeer[];
  /** Members of the same name that are not reached, because they have another VNI, port or family. */
  readonly elsewhere: readonly string[];
}

/** Looks into the pod if an agent of it runs; changes nothing. */
export async function inspection(
  pod: PodView,
  { view, host }: { readonly view: ClusterView; readonly host: Host },
): Promise<Inspection> {
  const { store, settings: { membership: { configMap, annotationKey } } } = view;
  const [look, probes] = await Promise.all([
    lookInto(pod.uid, { view, host }),
    readProbes(pod.uid, { client: view.client, namespace: configMap.namespace, signal: host.stop }),
  ]);
  // What the pod has of a network that cannot be had at the moment is only to be found there.
  if (look?.kind === "seen") store.claim(pod.uid, look.observed);
  // What the others have so is written on them.
  believeShown(store, { annotationKey, ...look?.kind === "seen" && { seen: look.observed.links } });
  const item = store.workItem(pod.uid);
  const member = item?.kind === "member" ? item.member : undefined;
  const { observed, traffic } = look?.kind === "seen" ? look : {};
  const drift = member === undefined ? noDrift : driftOf(member, { view, look });
  const delay = look?.kind === "seen" ? undefined : delayIn(pod, { item, ...view });
  const asking = { client: view.client, signal: host.stop };
  const said = delay === undefined ? nothingSaid : await warningsAbout(pod, asking);
  const known = store.problemsOf(pod.uid);
  // Nothing is probed or changed here: what came of that stands on the pod.
  const beside = member === undefined && item?.kind !== "refused"
    ? []
    : saidBeside(pod, [...known.map(onPod), ...drift.problems]);
  const problems = [
    ...known.map(problemText),
    ...delay === undefined ? [] : [delay.text],
    ...item?.kind === "pending" ? problemsAhead(pod, view).map(problemText) : [],
    ...drift.problems,
    ...beside,
  ];
  return {
    apiVersion: outputVersion,
    kind: "Inspection",
    namespace: pod.namespace,
    name: pod.name,
    node: pod.node ?? null,
    podIPs: pod.podIPs,
    noMember: noMember(pod, item?.kind),
    agent: member === undefined ? null : agentText(member),
    networks: (member?.networks ?? []).map((network) =>
      networkOf(network, { pod, view, observed, traffic, probes })
    ),
    warnings: member === undefined
      ? []
      : [...member.warnings.map(problemText), ...absentGateways(member, view)],
    problems,
    notJudged: drift.notJudged,
    events: said.found,
    unread: [...[traffic, member && probes].flatMap(reasonOf), ...said.unread],
    inSync: member !== undefined && problems.length === 0,
  };
}

function reasonOf(read: Traffic | ProbesRead | undefined): readonly string[] {
  return read?.kind === "unread" ? [read.reason] : [];
}

const nothingSaid: Warnings<string> = { found: [], unread: [] };

function noMember(
  pod: PodView,
  kind: "member" | "former" | "refused" | "pending" | undefined,
): string | null {
  switch (kind) {
    case undefined:
      return pod.annotation === undefined ? "no annotation: not a member" : "finished: no longer a member";
    case "member":
      return null;
    case "former":
      return "no annotation: not a member";
    case "refused":
      return "cannot be a member";
    case "pending":
      return "waits for its pod IP";
    default:
      return kind satisfies never;
  }
}

/** Which agent is talked to, or why none is. */
export function agentText({ phase }: Member): string {
  return phase.kind === "wait" ? phase.reason : `${phase.agent.container} (${phase.kind})`;
}

/** A route as people read it. */
export function wayText({ subnet, gateway }: Route): string {
  return gateway === undefined ? `${cidrText(subnet)} on link` : `${cidrText(subnet)} via ${gateway}`;
}

function networkOf(
  network: Network,
  { pod, view, observed, traffic, probes }: {
    readonly pod: PodView;
    readonly view: ClusterView;
    readonly observed: Observation | undefined;
    readonly traffic: Traffic | undefined;
    readonly probes: ProbesRead;
  },
): InspectedNetwork {
  const { name, interfaceName, vni, port, underlay, addresses, routes } = network;
  const link = observed?.links.find((each) => each.name === interfaceName);
  const members = view.store.surroundings.peersOf(network);
  return {
    name,
    interface: interfaceName,
    vni,
    port,
    underlay,
    addresses: addresses.map(cidrText),
    routes: routes.map(wayText),
    mac: link?.mac ?? null,
    mtu: link?.mtu ?? null,
    counters: traffic?.kind === "read" ? traffic.counters.get(interfaceName) ?? null : null,
    peers: members.filter((ip) => !pod.podIPs.includes(ip))
      .map((podIP) => peerOf(podIP, { network, view, observed, traffic, probes })),
    outside: outsideOf(network, members).map((address) => outsidePeer(address, { network, observed })),
    elsewhere: elsewhere(network, view),
  };
}

/** What came of the attempt to look into a pod. */
type Look =
  | { readonly kind: "seen"; readonly observed: Observation; readonly traffic: Traffic }
  | { readonly kind: "unseen"; readonly reason: string };

/** Undefined when there is nothing to look for. */
async function lookInto(
  uid: string,
  { view, host }: { readonly view: ClusterView; readonly host: Host },
): Promise<Look | undefined> {
  const item = view.store.workItem(uid);
  if (item?.kind !== "member") return undefined;
  const { namespace, name: pod, phase, podIPs } = item.member;
  host.progress?.(`looking into ${namespace}/${pod}`);
  if (phase.kind === "wait") return { kind: "unseen", reason: `cannot look into the pod: ${phase.reason}` };
  try {
    const agent = { uid, podIPs, namespace, pod, ...phase.agent };
    return await withTools({ connection: view.connection, clock: host.clock }, {
      sessions: 2,
      use: async (tools, executor) => {
        const client = new AgentClient({ tools, ensureLeader: refuseToWrite, onStep: () => {} });
        const asked = { wanted: wantedOf(item.member, view), cap: answerCaps.ofMany };
        const observed = await client.observe(agent, asked);
        return { kind: "seen", observed, traffic: await readTraffic(executor, { agent, host }) };
      },
    });
  } catch (error) {
    return { kind: "unseen", reason: endText(error, phase.agent.container) };
  }
}

function wantedOf(member: Member, { settings: { membership }, store }: ClusterView): WantedState {
  const pod = store.tracked.get(member.uid)?.pod;
  return wantedState(member, { ...membership, peers: store.surroundings, cluster: store.cluster, pod });
}

type Drift = Pick<Inspection, "problems" | "notJudged">;

const noDrift: Drift = { problems: [], notJudged: [] };

/** What the controller would change in the pod, and what would keep it from doing so. */
function driftOf(
  member: Member,
  { view, look }: { readonly view: ClusterView; readonly look: Look | undefined },
): Drift {
  if (look?.kind !== "seen") return look === undefined ? noDrift : { ...noDrift, problems: [look.reason] };
  const wanted = wantedOf(member, view);
  const { steps, obstacles } = plan({ wanted, observed: look.observed, ourAddresses: new Map() });
  // What those have is to be found in their kernels, and the controller has looked there.
  const notJudged = wanted.interfaces.flatMap(({ interfaceName, peers, presumed = [] }) => {
    const there = look.observed.fdb.flatMap(({ dev, dst }) => dev === interfaceName ? [dst] : []);
    return there.filter((dst) => presumed.includes(dst) && !peers.includes(dst));
  });
  return {
    problems: [
      ...obstacles.map(({ reason }) => reason),
      ...untended(member, { ...look.observed, ...view.settings.membership }).map(({ message }) => message),
      ...steps.map((step) => `to do: ${describe(step)}`),
    ],
    notJudged: [...new Set(notJudged)].sort(),
  };
}

function refuseToWrite(): never {
  throw new Error("Cannot change anything: inspect only looks");
}
