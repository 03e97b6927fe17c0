// The command `inspect`: one pod as it should be and as its kernel says it is. Changes nothing.
import { answerCaps } from "../../controller/agent/pod_cache.ts";
import type { WorkItem } from "../../controller/store/work_item.ts";
import type { Member } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";
import { cidrText } from "../../network/grammar/address.ts";
import type { Network } from "../../network/network.ts";
import { type Problem, problemText } from "../../network/problem.ts";
import { plan } from "../../overlay/plan/plan.ts";
import { describe } from "../../overlay/step_text.ts";
import { wantedState } from "../../overlay/wanted.ts";
import { printable } from "../../text/printable.ts";
import { withAgents } from "../agent_access.ts";
import { exitStatus, type Host } from "../host.ts";
import { type CommandSpec, UsageError } from "../program.ts";
import { type ClusterView, viewOptions, withClusterView } from "./cluster_view.ts";
import { messageOf } from "../../text/defined.ts";

export const inspectCommand: CommandSpec<typeof viewOptions> = {
  name: "inspect",
  summary: "show one pod's networks, what its kernel holds, and what is wrong (exit status 1 if anything is)",
  args: [{ name: "<pod>", description: "NAMESPACE/NAME" }],
  options: viewOptions,
  action: ({ settings, args: [name] }, host) =>
    withClusterView(settings, { host, use: (view) => inspect(named(name, view), { view, host }) }),
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
  const item = view.store.workItem(pod.uid);
  for (const line of headOf(pod, item)) host.print(printable(line));
  const problems = problemsOf(item, view).map(problemText);
  const drift = item?.kind === "member" ? await driftOf(item.member, { view, host }) : [];
  for (const problem of [...problems, ...drift]) host.print(printable(`  problem: ${problem}`));
  const well = item?.kind === "member" && problems.length + drift.length === 0;
  host.print(well ? "in sync" : "out of sync");
  return well ? exitStatus.ok : exitStatus.failed;
}

function headOf(pod: PodView, item: WorkItem | undefined): readonly string[] {
  const head = `pod ${pod.namespace}/${pod.name}, pod IP ${pod.podIPs.join(", ") || "none yet"}`;
  if (item === undefined) return [head, "  finished: no longer a member"];
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
    ...routes.map(({ subnet, gateway }) => `${cidrText(subnet)} via ${gateway}`),
  ];
  return `  network ${name}: interface ${interfaceName}, VNI ${vni}, port ${port} on ${underlay}` +
    (has.length === 0 ? "" : `, ${has.join(", ")}`);
}

function agentText({ phase }: Member): string {
  return phase.kind === "wait" ? phase.reason : `${phase.agent.container} (${phase.kind})`;
}

function problemsOf(item: WorkItem | undefined, { store }: ClusterView): readonly Problem[] {
  if (item?.kind === "member") {
    const { member } = item;
    return [...member.problems, ...member.warnings, ...store.conflictsOf(member)];
  }
  return item?.kind === "refused" ? item.membership.problems : [];
}

/** What the controller would change in the pod, and what would keep it from doing so. */
async function driftOf(
  member: Member,
  { view, host }: { readonly view: ClusterView; readonly host: Host },
): Promise<readonly string[]> {
  const { phase } = member;
  if (phase.kind === "wait") return [`cannot look into the pod: ${phase.reason}`];
  const wanted = wantedState(member, {
    annotationKey: view.settings.membership.annotationKey,
    peersOf: (network) => view.store.peersOf(network),
  });
  for (const { interfaceName, peers: all } of wanted.interfaces) {
    const peers = all.filter((ip) => !wanted.own.has(ip));
    host.print(`  peers on ${interfaceName}: ${peers.length === 0 ? "none" : peers.join(", ")}`);
  }
  const { uid, namespace, name: pod } = member;
  try {
    const observed = await withAgents({ connection: view.connection, clock: host.clock }, {
      sessions: 2,
      ensureMayWrite: refuseToWrite,
      use: (agents) =>
        agents.observe({ uid, namespace, pod, ...phase.agent }, { wanted, cap: answerCaps.most }),
    });
    const { steps, obstacles } = plan({ wanted, observed, ourAddresses: new Map() });
    return [...obstacles.map(({ reason }) => reason), ...steps.map((step) => `to do: ${describe(step)}`)];
  } catch (error) {
    return [messageOf(error)];
  }
}

function refuseToWrite(): never {
  throw new Error("Cannot change anything: inspect only looks");
}
