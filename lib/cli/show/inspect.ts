// The command `inspect`: one pod as it should be and as its kernel says it is. Changes nothing.
import { answerCaps } from "../../controller/agent/pod_cache.ts";
import type { WorkItem } from "../../controller/store/work_item.ts";
import type { Member } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";
import { cidrText } from "../../network/grammar/address.ts";
import type { Network } from "../../network/network.ts";
import { problemText } from "../../network/problem.ts";
import type { Observation } from "../../overlay/observation.ts";
import { plan } from "../../overlay/plan/plan.ts";
import type { Step } from "../../overlay/step.ts";
import { describe } from "../../overlay/step_text.ts";
import { type WantedState, wantedState } from "../../overlay/wanted.ts";
import { printable } from "../../text/printable.ts";
import { withAgents } from "../agent_access.ts";
import { exitStatus, type Host } from "../host.ts";
import { type CommandSpec, UsageError } from "../program.ts";
import { type ClusterView, viewOptions, withClusterView } from "./cluster_view.ts";
import { inspectOwn } from "./own_view.ts";
import { messageOf } from "../../text/defined.ts";

export const inspectCommand: CommandSpec<typeof viewOptions> = {
  name: "inspect",
  summary: "show one pod's networks, what its kernel holds, and what is wrong (exit status 1 if anything is)",
  args: [{ name: "<pod>", description: "NAMESPACE/NAME" }],
  options: viewOptions,
  action: ({ settings, args: [name] }, host) =>
    withClusterView(settings, {
      host,
      use: (view) => inspect(named(name, view), { view, host }),
      own: (view) => inspectOwn(name, view),
    }),
};

function named(name: string | undefined, { pods, settings }: ClusterView): PodView {
  const found = pods.find((pod) => `${pod.namespace}/${pod.name}` === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot inspect "${name ?? ""}": no pod of that NAMESPACE/NAME has the label ${settings.selector}`,
  );
}

async function inspect(
  pod: PodView,
  { view, host }: { readonly view: ClusterView; readonly host: Host },
): Promise<number> {
  const { store } = view;
  const look = await lookInto(pod.uid, { view, host });
  // What the pod has of a network that cannot be had at the moment is only to be found there.
  if (look?.kind === "seen") store.claim(pod.uid, look.observed);
  const item = store.workItem(pod.uid);
  for (const line of headOf(pod, item)) host.print(printable(line));
  const member = item?.kind === "member" ? item.member : undefined;
  for (const warning of member?.warnings ?? []) host.print(printable(`  warning: ${problemText(warning)}`));
  const drift = member === undefined ? [] : driftOf(member, { view, host, look });
  const problems = [...store.problemsOf(pod.uid).map(problemText), ...drift];
  for (const problem of problems) host.print(printable(`  problem: ${problem}`));
  const well = member !== undefined && problems.length === 0;
  host.print(well ? "in sync" : "out of sync");
  return well ? exitStatus.ok : exitStatus.failed;
}

function headOf(pod: PodView, item: WorkItem | undefined): readonly string[] {
  const head = `pod ${pod.namespace}/${pod.name}, pod IP ${pod.podIPs.join(", ") || "none yet"}`;
  const none = pod.annotation === undefined ? "no annotation: not a member" : "finished: no longer a member";
  if (item === undefined) return [head, `  ${none}`];
  switch (item.kind) {
    case "member":
      return [head, ...item.member.networks.map(networkLine), `  agent: ${agentText(item.member)}`];
    case "former":
      return [head, "  no annotation: not a member"];
    case "refused":
      return [head, "  cannot be a member"];
    case "pending":
      return [head, "  waits for its pod IP"];
    default:
      return item satisfies never;
  }
}

function networkLine(network: Network): string {
  const { name, interfaceName, vni, port, underlay, addresses, routes } = network;
  const has = [
    ...addresses.map(cidrText),
    ...routes.map(({ subnet, gateway }) =>
      gateway === undefined ? `${cidrText(subnet)} on link` : `${cidrText(subnet)} via ${gateway}`
    ),
  ];
  return `  network ${name}: interface ${interfaceName}, VNI ${vni}, port ${port} on ${underlay}` +
    (has.length === 0 ? "" : `, ${has.join(", ")}`);
}

function agentText({ phase }: Member): string {
  return phase.kind === "wait" ? phase.reason : `${phase.agent.container} (${phase.kind})`;
}

/** What came of the attempt to look into a pod. */
type Look =
  | { readonly kind: "seen"; readonly observed: Observation }
  | { readonly kind: "unseen"; readonly reason: string };

/** Undefined when there is nothing to look for. */
async function lookInto(
  uid: string,
  { view, host }: { readonly view: ClusterView; readonly host: Host },
): Promise<Look | undefined> {
  const item = view.store.workItem(uid);
  if (item?.kind !== "member") return undefined;
  const { namespace, name: pod, phase } = item.member;
  if (phase.kind === "wait") return { kind: "unseen", reason: `cannot look into the pod: ${phase.reason}` };
  try {
    const observed = await withAgents({ connection: view.connection, clock: host.clock }, {
      sessions: 2,
      ensureMayWrite: refuseToWrite,
      use: (agents) =>
        agents.observe({ uid, namespace, pod, ...phase.agent }, {
          wanted: wantedOf(item.member, view),
          cap: answerCaps.most,
        }),
    });
    return { kind: "seen", observed };
  } catch (error) {
    return { kind: "unseen", reason: messageOf(error) };
  }
}

function wantedOf(member: Member, { settings, store }: ClusterView): WantedState {
  const { annotationKey } = settings.membership;
  return wantedState(member, { annotationKey, peersOf: (network) => store.peersOf(network) });
}

/** What the controller would change in the pod, and what would keep it from doing so. */
function driftOf(
  member: Member,
  { view, host, look }: { readonly view: ClusterView; readonly host: Host; readonly look: Look | undefined },
): readonly string[] {
  if (look?.kind !== "seen") return look === undefined ? [] : [look.reason];
  const wanted = wantedOf(member, view);
  for (const { interfaceName, peers: all } of wanted.interfaces) {
    const peers = all.filter((ip) => !wanted.own.has(ip));
    host.print(`  peers on ${interfaceName}: ${peers.length === 0 ? "none" : peers.join(", ")}`);
  }
  const { steps, obstacles } = plan({ wanted, observed: look.observed, ourAddresses: new Map() });
  // What those have is to be found in their kernels, and the controller has looked there.
  const unknown = new Set(view.store.unclaimed().flatMap((uid) => view.store.pod(uid)?.podIPs ?? []));
  const isUnknown = (step: Step): boolean => step.kind === "delete-fdb" && unknown.has(step.dst);
  const open = new Set(
    steps.flatMap((step) => step.kind === "delete-fdb" && isUnknown(step) ? [step.dst] : []),
  );
  if (open.size > 0) {
    host.print(`  not judged: entries to ${[...open].sort().join(", ")}, whose networks cannot be resolved`);
  }
  const todo = steps.filter((step) => !isUnknown(step)).map((step) => `to do: ${describe(step)}`);
  return [...obstacles.map(({ reason }) => reason), ...todo];
}

function refuseToWrite(): never {
  throw new Error("Cannot change anything: inspect only looks");
}
