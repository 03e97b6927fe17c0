// The live page of `run --web`: from what the controller knows to what the page shows.
import type { Controller } from "../../controller/controller.ts";
import type { Store } from "../../controller/store/store.ts";
import type { PodView } from "../../member/pod.ts";
import { cidrText } from "../../network/grammar/address.ts";
import { type Network, peerKey } from "../../network/network.ts";
import { problemText } from "../../network/problem.ts";
import type { Log } from "../../ops/log.ts";
import type { LiveView } from "../../web/live_view.ts";
import type { Contacts } from "../../reach/contacts.ts";
import { type KnownProbe, knownProbes } from "../../reach/probe_answer.ts";
import type { KeyedMember, ProbeSeen } from "../../web/page_data.ts";
import { startWebServer } from "../../web/web_server.ts";
import type { Host } from "../host.ts";
import type { runOptions, SettingsOf } from "../settings/options.ts";
import { memberSeen } from "../show/graph.ts";
import { agentText, wayText } from "../inspect/inspection.ts";
import { lastProbeOf, probeText } from "../inspect/peers.ts";
import { version } from "../program_version.ts";
import type { Leadership } from "./leadership.ts";

/** Serves the page. Throws an Error where it cannot listen. */
export function serveLivePage(
  { webAddress }: SettingsOf<typeof runOptions>,
  { controller, contacts, view, leadership, host, log }: {
    readonly controller: Controller;
    /** What was probed, as far as something was. */
    readonly contacts: () => Pick<Contacts, "probes"> | undefined;
    readonly view: LiveView;
    readonly leadership: Leadership;
    readonly host: Host;
    readonly log: Log;
  },
): { readonly close: () => Promise<void> } {
  const server = startWebServer({
    address: webAddress,
    clock: host.clock,
    onError: (message) => log.warn(message),
    source: {
      version,
      view,
      synced: () => controller.synced,
      leadership: () => {
        const leader = leadership.holder();
        return { leading: leadership.isLeader(), ...leader === undefined ? {} : { leader } };
      },
      members: () => membersOf(controller.store, view),
      detail: (name) => {
        const probes = (uid: string): readonly KnownProbe[] =>
          knownProbes(uid, { probes: contacts()?.probes.of(uid) ?? [], now: host.clock.now() });
        return detailOf(name, { store: controller.store, view, probes });
      },
      probes: () => probesSeen(contacts()),
    },
  });
  log.info(`serving the live page on http://${server.address}`);
  if (!/^(127\.|\[::1\])/.test(server.address)) {
    log.warn(`whoever reaches ${server.address} can read the live page: it asks for no password`);
  }
  return {
    close: async () => {
      view.close();
      await server.close();
    },
  };
}

function probesSeen(contacts: Pick<Contacts, "probes"> | undefined): readonly ProbeSeen[] {
  return (contacts?.probes.all() ?? []).map(({ network, from, to, outcome }) => ({
    network: network.name,
    from: from.pod,
    to: to.pod,
    outcome: outcome.kind,
  }));
}

function membersOf(store: Store, view: LiveView): readonly KeyedMember[] {
  return [...store.tracked].flatMap(([uid, { pod }]) => {
    return memberSeen(pod, store).map((member) => {
      const isUnseen = view.lastReport(uid) === undefined && pod.shown?.ready !== "True";
      return member.standing === "ready" && isUnseen
        ? { ...member, uid, standing: "waiting", reasons: ["was not looked at yet"] }
        : { ...member, uid };
    });
  });
}

/** What `inspect` shows, as far as it is known without looking into the pod now. */
function detailOf(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { store, view, probes }: {
    readonly store: Store;
    readonly view: LiveView;
    readonly probes: (uid: string) => readonly KnownProbe[];
  },
): object | undefined {
  const pod = [...store.tracked.values()].map(({ pod }) => pod)
    .find((each) => each.namespace === namespace && each.name === name);
  const item = pod === undefined ? undefined : store.workItem(pod.uid);
  if (pod === undefined || item === undefined) return undefined;
  const member = item.kind === "member" ? item.member : undefined;
  const last = view.lastReport(pod.uid);
  return {
    node: pod.node ?? "not scheduled",
    "pod IP": pod.podIPs,
    agent: member === undefined ? "-" : agentText(member),
    ...Object.fromEntries(
      (member?.networks ?? []).map((
        network,
      ) => [`network ${network.name}`, networkDetail(network, { pod, store, probes: probes(pod.uid) })]),
    ),
    "as last read": last === undefined ? "was not looked at yet" : [
      ...last.reasons,
      ...last.interfaces.map(({ network, holds, mac, mtu }) =>
        `${network}: ${holds ? "as wanted" : "not as wanted"}` +
        `${mac === undefined ? "" : `, MAC ${mac}`}${mtu === undefined ? "" : `, MTU ${mtu}`}`
      ),
    ],
    problems: store.problemsOf(pod.uid).map(problemText),
    warnings: (member?.warnings ?? []).map(problemText),
  };
}

function networkDetail(
  network: Network,
  { pod, store, probes }: {
    readonly pod: PodView;
    readonly store: Store;
    readonly probes: readonly KnownProbe[];
  },
): object {
  const key = peerKey(network);
  const peers = [...store.tracked.keys()].flatMap((uid) => {
    const item = store.workItem(uid);
    const other = store.tracked.get(uid)?.pod;
    if (uid === pod.uid || item?.kind !== "member" || other === undefined) return [];
    if (!item.member.networks.some((each) => peerKey(each) === key)) return [];
    const probe = probeText(lastProbeOf(uid, { network, probes }));
    return [
      `${other.namespace}/${other.name} on ${other.node ?? "no node"}, ${other.podIPs.join(", ")}, ${probe}`,
    ];
  });
  const { interfaceName, vni, port, underlay, addresses, routes } = network;
  return {
    interface: interfaceName,
    VNI: vni,
    port: `${port} on ${underlay}`,
    addresses: addresses.map(cidrText),
    routes: routes.map(wayText),
    peers,
  };
}
