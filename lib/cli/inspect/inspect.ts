// The command `inspect`: prints what was found of one pod. Changes nothing.
import type { PodView } from "../../member/pod.ts";
import { printable } from "../../text/printable.ts";
import { exitStatus, type Host } from "../host.ts";
import type { CommandSpec } from "../program.ts";
import type { SettingsOf } from "../settings/options.ts";
import { type ClusterView, podNamed, withClusterView } from "../show/cluster_view.ts";
import { podWords, readPodName } from "../show/pod_name.ts";
import { type InspectedNetwork, type Inspection, inspection } from "./inspection.ts";
import { listCommand } from "../show/list.ts";
import { inspectOwn, type OwnView } from "../show/own_view.ts";
import { type InspectedPeer, probeText } from "./peers.ts";
import { outputVersion, valueText } from "../show/print_list.ts";
import { valueOutput, viewOptions } from "../show/view_options.ts";
import { uncreatedPods } from "../show/warnings.ts";

const options = { ...viewOptions, output: valueOutput } as const;

export const inspectCommand: CommandSpec<typeof options> = {
  name: "inspect",
  summary: "show one pod's networks, what its kernel holds, and what is wrong (exit status 1 if anything is)",
  args: [{
    name: "<pod...>",
    description:
      "NAME, pod/NAME or NAMESPACE/NAME; `inspect nets [PREFIX]`, as the predecessor had it, is `list networks`",
  }],
  options,
  examples: [
    {
      does: "what a pod should hold, and what its kernel lacks",
      line: "kube-vxlan-controller inspect lab/upf-0",
    },
    { does: "the same as a value", line: "kube-vxlan-controller inspect pod/upf-0 -n lab -o json" },
    { does: "two pods of a namespace", line: "kube-vxlan-controller inspect -n lab upf-0 smf-0" },
  ],
  action: ({ settings, args }, host) => {
    const [first = "", ...rest] = args;
    if (first === "nets") return listNetworks(settings, { prefixes: rest, host });
    const names = rest.length > 0 && podWords.has(first) ? rest : args;
    return withClusterView(settings, {
      host,
      looks: true,
      use: async (view) => {
        const pods: PodView[] = [];
        for (const name of names) {
          const pod = podNamed(name, view);
          if (typeof pod === "string") {
            throw new Error(
              `Cannot inspect ${JSON.stringify(name)}: ${pod}${await notMade(name, { view, host })}`,
            );
          }
          pods.push(pod);
        }
        await view.readPools(view.store);
        const found: Inspection[] = [];
        for (const pod of pods) found.push(await inspection(pod, { view, host }));
        print(found, { output: settings.output, host });
        return found.every(({ inSync }) => inSync) ? exitStatus.ok : exitStatus.failed;
      },
      // What stands on the pod has no such form: a program must not get text where it asked for JSON.
      ...(settings.output === "text" && { own: (view: OwnView) => inspectOwn(names, view) }),
    });
  },
};

/** Why pods with a name like this could not be made; empty when none is known, or it may not be read. */
async function notMade(
  name: string,
  { view, host }: { readonly view: ClusterView; readonly host: Host },
): Promise<string> {
  const { namespace = view.namespace, name: asked } = readPodName(name) ?? { name };
  const { found } = await uncreatedPods({
    client: view.client,
    signal: host.stop,
    namespace,
    annotationKey: view.settings.membership.annotationKey,
  });
  const like = found.filter(({ owner }) => {
    const [, ownerName = ""] = owner.split(" ");
    return ownerName.startsWith(asked) || asked.startsWith(ownerName);
  });
  return like.slice(0, 3).map(({ namespace, owner, message }) =>
    `; ${owner} in namespace ${namespace} could not make its pods: ${message}`
  ).join("");
}

/** The predecessor's `inspect nets [PREFIX]`. */
function listNetworks(
  settings: SettingsOf<typeof options>,
  { prefixes, host }: { readonly prefixes: readonly string[]; readonly host: Host },
): Promise<number> {
  const output = settings.output === "text" ? "table" : settings.output;
  return listCommand.action(
    {
      settings: { ...settings, output, labels: undefined, noHeaders: false, watch: false },
      args: ["networks", ...prefixes],
    },
    host,
  );
}

/** Several are a list for programs, too. */
function print(
  found: readonly Inspection[],
  { output, host }: { readonly output: "text" | "json" | "yaml"; readonly host: Host },
): void {
  if (output === "text") {
    const lines = found.flatMap((one, at) => [...at === 0 ? [] : [""], ...textOf(one)]);
    for (const line of lines) host.print(printable(line));
    return;
  }
  const [first, ...more] = found;
  const list = { apiVersion: outputVersion, kind: "InspectionList", items: found };
  host.print(valueText(first === undefined || more.length > 0 ? list : first, output));
}

function textOf(found: Inspection): readonly string[] {
  const {
    namespace,
    name,
    node,
    podIPs,
    noMember,
    agent,
    networks,
    notJudged,
    unread,
    warnings,
    problems,
    events,
    inSync,
  } = found;
  const on = node === null ? "" : ` on ${node}`;
  return [
    `pod ${namespace}/${name}${on}, pod IP ${podIPs.join(", ") || "none yet"}`,
    ...noMember === null ? [] : [`  ${noMember}`],
    ...networks.flatMap((network) => [networkLine(network), ...counterLines(network)]),
    ...agent === null ? [] : [`  agent: ${agent}`],
    ...networks.flatMap(peerLines),
    ...notJudged.length === 0
      ? []
      : [`  not judged: entries to ${notJudged.join(", ")}, whose networks cannot be resolved`],
    ...unread.map((reason) => `  not read: ${reason}`),
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...problems.map((problem) => `  problem: ${problem}`),
    ...events.map((event) => `  event: ${event}`),
    inSync ? "in sync" : "out of sync",
  ];
}

function networkLine(network: InspectedNetwork): string {
  const { name, interface: device, vni, port, underlay, addresses, routes, mac, mtu } = network;
  const has = [
    ...addresses,
    ...routes,
    ...mac === null ? [] : [`MAC ${mac}`],
    ...mtu === null ? [] : [`MTU ${mtu}`],
  ];
  return `  network ${name}: interface ${device}, VNI ${vni}, port ${port} on ${underlay}` +
    (has.length === 0 ? "" : `, ${has.join(", ")}`);
}

/** Errors and drops are named when there are any: then they are what one looks for. */
function counterLines({ counters }: InspectedNetwork): readonly string[] {
  if (counters === null) return [];
  const { rxPackets, rxBytes, rxErrors, rxDropped, txPackets, txBytes, txErrors, txDropped } = counters;
  const lost = (errors: number, dropped: number): string =>
    errors + dropped === 0 ? "" : ` (${errors} errors, ${dropped} dropped)`;
  return [
    `    received ${rxPackets} packets, ${rxBytes} bytes${lost(rxErrors, rxDropped)}; ` +
    `sent ${txPackets} packets, ${txBytes} bytes${lost(txErrors, txDropped)}`,
  ];
}

function peerLines(network: InspectedNetwork): readonly string[] {
  const { name, interface: device, peers, outside, elsewhere } = network;
  return [
    ...peers.length === 0
      ? [`  peers on ${device}: none`]
      : [`  peers on ${device}:`, ...peers.map(peerLine)],
    ...outside.length === 0 ? [] : [
      `  outside the cluster, on ${device}:`,
      ...outside.map((each) => `    ${each.address}: ${destinationTexts(each).join(", ")}`),
    ],
    ...elsewhere.length === 0 ? [] : [`  of the same name ${name}, but not peers: ${elsewhere.join(", ")}`],
  ];
}

/** What its kernel has of where frames are flooded to. */
function destinationTexts(
  { inKernel, heardFrom }: Pick<InspectedPeer, "inKernel" | "heardFrom">,
): readonly string[] {
  return [
    ...inKernel === null ? ["not looked at"] : [inKernel ? "in the kernel" : "missing in the kernel"],
    ...heardFrom === true ? ["heard from"] : [],
  ];
}

function peerLine({ pod, node, podIP, neighbours, lastProbe, ...kernel }: InspectedPeer): string {
  const states = [
    ...destinationTexts(kernel),
    ...(neighbours ?? []).map(({ address, state }) => `neighbour ${address} ${state}`),
    ...lastProbe === null ? [] : [probeText(lastProbe)],
  ];
  const on = node === null ? "" : ` on ${node}`;
  return `    ${pod ?? "unknown pod"}${on}, ${podIP}: ${states.join(", ")}`;
}
