// The command `inspect`: prints what was found of one pod. Changes nothing.
import { printable } from "../../text/printable.ts";
import { exitStatus, type Host } from "../host.ts";
import type { CommandSpec } from "../program.ts";
import type { SettingsOf } from "../settings/options.ts";
import { type ClusterView, podNamed, withClusterView } from "./cluster_view.ts";
import { type InspectedNetwork, type InspectedPeer, type Inspection, inspection } from "./inspection.ts";
import { listCommand } from "./list.ts";
import { inspectOwn, type OwnView } from "./own_view.ts";
import { valueText } from "./print_list.ts";
import { valueOutput, viewOptions } from "./view_options.ts";

const options = { ...viewOptions, output: valueOutput } as const;

export const inspectCommand: CommandSpec<typeof options> = {
  name: "inspect",
  summary: "show one pod's networks, what its kernel holds, and what is wrong (exit status 1 if anything is)",
  args: [
    { name: "<pod>", description: "NAME, pod/NAME or NAMESPACE/NAME" },
    {
      name: "[prefix]",
      description: "after the word nets, as the predecessor had it: `list networks` shows those",
    },
  ],
  options,
  action: ({ settings, args: [name = "", prefix] }, host) => {
    if (name === "nets") return listNetworks(settings, { prefix, host });
    return withClusterView(settings, {
      host,
      use: async (view) => {
        const pod = podNamed(name, view);
        if (pod === undefined) {
          host.complain(`error: ${notFound(name, view)}`);
          return exitStatus.failed;
        }
        await view.readPools(view.store);
        const found = await inspection(pod, { view, host });
        print(found, { output: settings.output, host });
        return found.inSync ? exitStatus.ok : exitStatus.failed;
      },
      // What stands on the pod has no such form: a program must not get text where it asked for JSON.
      ...(settings.output === "text" && {
        own: (view: OwnView) => inspectOwn(fullName(name, settings.namespace), view),
      }),
    });
  },
};

/** The predecessor's `inspect nets [PREFIX]`. */
function listNetworks(
  settings: SettingsOf<typeof options>,
  { prefix, host }: { readonly prefix: string | undefined; readonly host: Host },
): Promise<number> {
  const output = settings.output === "text" ? "table" : settings.output;
  const args = ["networks", ...prefix === undefined ? [] : [prefix]];
  return listCommand.action(
    { settings: { ...settings, output, labels: undefined, noHeaders: false, watch: false }, args },
    host,
  );
}

function fullName(name: string, namespace: string | undefined): string {
  return name.includes("/") || namespace === undefined ? name : `${namespace}/${name}`;
}

/** A pod of that name may be in another namespace, or be there without the label. */
function notFound(name: string, { pods, namespace, settings }: ClusterView): string {
  const plain = name.split("/").at(-1) ?? name;
  const others = pods.filter((pod) => pod.name === plain).map((pod) => `${pod.namespace}/${pod.name}`);
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return `Cannot inspect ${
    JSON.stringify(name)
  }: no pod of that name${where} has the label ${settings.selector}` +
    (others.length === 0 ? "" : `; there is ${others.slice(0, 5).join(", ")}`);
}

function print(
  found: Inspection,
  { output, host }: { readonly output: "text" | "json" | "yaml"; readonly host: Host },
): void {
  if (output === "text") {
    for (const line of textOf(found)) host.print(printable(line));
  } else {
    host.print(valueText(found, output));
  }
}

function textOf(found: Inspection): readonly string[] {
  const { namespace, name, node, podIPs, noMember, agent, networks, notJudged, warnings, problems, inSync } =
    found;
  const on = node === null ? "" : ` on ${node}`;
  return [
    `pod ${namespace}/${name}${on}, pod IP ${podIPs.join(", ") || "none yet"}`,
    ...noMember === null ? [] : [`  ${noMember}`],
    ...networks.map(networkLine),
    ...agent === null ? [] : [`  agent: ${agent}`],
    ...networks.flatMap(peerLines),
    ...notJudged.length === 0
      ? []
      : [`  not judged: entries to ${notJudged.join(", ")}, whose networks cannot be resolved`],
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...problems.map((problem) => `  problem: ${problem}`),
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

function peerLines({ name, interface: device, peers, elsewhere }: InspectedNetwork): readonly string[] {
  return [
    ...peers.length === 0
      ? [`  peers on ${device}: none`]
      : [`  peers on ${device}:`, ...peers.map(peerLine)],
    ...elsewhere.length === 0 ? [] : [`  of the same name ${name}, but not peers: ${elsewhere.join(", ")}`],
  ];
}

function peerLine({ pod, node, podIP, inKernel, heardFrom }: InspectedPeer): string {
  const states = [
    ...inKernel === null ? ["not looked at"] : [inKernel ? "in the kernel" : "missing in the kernel"],
    ...heardFrom === true ? ["heard from"] : [],
  ];
  const on = node === null ? "" : ` on ${node}`;
  return `    ${pod ?? "unknown pod"}${on}, ${podIP}: ${states.join(", ")}`;
}
