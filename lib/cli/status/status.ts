// The command `status`: is the installation well, on one screen; with --wait until it is, with --watch again and again.
import { printable } from "../../text/printable.ts";
import { exitStatus, type Host } from "../host.ts";
import { followCluster } from "../follow/followed_view.ts";
import { preflight } from "../preflight/preflight.ts";
import type { CommandSpec } from "../program.ts";
import { leaseOptions, type OptionTable, type SettingsOf } from "../settings/options.ts";
import { type ClusterStatus, clusterStatus } from "./cluster_status.ts";
import { withClusterView } from "../show/cluster_view.ts";
import { documentText, valueText } from "../show/print_list.ts";
import { valueOutput, viewOptions, watchOption } from "../show/view_options.ts";

const options = {
  ...viewOptions,
  ...leaseOptions,
  output: valueOutput,
  watch: watchOption,
  pre: {
    variable: "none",
    description:
      "before installing: versions, admission policies, network plugin and port, Pod Security, rights",
  },
  wait: { variable: "none", description: "until all is well, or Ctrl-C" },
} as const satisfies OptionTable;

/** ms after which controllers and leader are asked for again: members are watched. */
const askAgainEvery = 5_000;

export const statusCommand: CommandSpec<typeof options> = {
  name: "status",
  summary: "show controllers, leader, rights, the ConfigMap's problems and the members that are not ready",
  options,
  examples: [
    { does: "is all well", line: "kube-vxlan-controller status" },
    { does: "before installing", line: "kube-vxlan-controller status --pre" },
    { does: "in a script: until all is well", line: "kube-vxlan-controller status --wait" },
    { does: "the screen again when something on it changes", line: "kube-vxlan-controller status -w" },
  ],
  action: ({ settings }, host) =>
    settings.pre
      ? preflight(settings, host)
      : settings.wait || settings.watch
      ? follow(settings, host)
      : once(settings, host),
};

async function once(settings: SettingsOf<typeof options>, host: Host): Promise<number> {
  return await withClusterView(settings, {
    host,
    use: async (view) => {
      const found = await clusterStatus(view, { host, ...settings });
      for (const line of linesOf(found, settings.output)) host.print(line);
      return found.well ? exitStatus.ok : exitStatus.failed;
    },
  });
}

/** With --watch each state is printed, with --wait the last one; it ends when all is well, or by Ctrl-C. */
async function follow(settings: SettingsOf<typeof options>, host: Host): Promise<number> {
  const { watch, wait, output } = settings;
  let printed = "";
  let last: ClusterStatus | undefined;
  const print = (found: ClusterStatus): void => {
    const text = watch && output !== "text" ? documentText(found, output) : linesOf(found, output).join("\n");
    if (text === printed) return;
    host.print(printed === "" || output !== "text" ? text : `\n${text}`);
    printed = text;
  };
  await followCluster(settings, {
    host,
    atLeastEvery: askAgainEvery,
    onView: async (view) => {
      const found = await clusterStatus(view, { host, ...settings });
      if (host.stop.aborted) return "enough";
      const { total, ready } = found.members;
      if (watch) print(found);
      else if (!found.well && ready !== last?.members.ready) {
        host.complain(`waiting: ${ready} of ${total} members are ready`);
      }
      last = found;
      return wait && found.well ? "enough" : "more";
    },
  });
  if (last !== undefined) print(last);
  return last?.well === true ? exitStatus.ok : exitStatus.failed;
}

function linesOf(found: ClusterStatus, output: "text" | "json" | "yaml"): readonly string[] {
  return output === "text" ? textOf(found).map(printable) : [valueText(found, output)];
}

/** Of what could not be read. Why not, another line says. */
const notKnown = "not known";

/** Members that are named; `list pods` has all. */
const mostNamed = 20;

function textOf(found: ClusterStatus): readonly string[] {
  const { server, serverVersion, controllers, leader, rights, configMapProblems, members } = found;
  const { controllerRights, uncreated, unsought, unread, well } = found;
  const { total, ready, notReady, unreachable } = members;
  return [
    `API server   ${server}, ${serverVersion ?? "version not known"}`,
    ...controllers === null || controllers.length === 0
      ? [`controller   ${controllers === null ? notKnown : "none runs as a pod here"}`]
      : controllers.map((one) =>
        `controller   ${one.pod} on ${one.node}: ${one.ready ? "ready" : "NOT READY"}, ${one.image}` +
        (one.restarts === 0 ? "" : `, ${one.restarts} restarts`)
      ),
    `leader       ${leader === "" ? "nobody holds the Lease" : leader ?? notKnown}`,
    `your rights  ${rightsText(rights)}`,
    ...controllerRights.map(({ account, refused }) =>
      `its rights   ${account} ${
        refused.length === 0 ? "may do all that it needs" : `may not: ${refused.join(", ")}`
      }`
    ),
    `ConfigMap    ${configMapProblems.length === 0 ? "no problems" : `${configMapProblems.length} problems`}`,
    ...configMapProblems.slice(0, mostNamed).map((problem) => `  ${problem}`),
    `members      ${ready} of ${total} ready`,
    ...notReady.slice(0, mostNamed).map(({ pod, reason, problems }) =>
      `  ${pod}: ${reason}${problems[0] === undefined ? "" : `: ${problems[0]}`}`
    ),
    ...notReady.length > mostNamed ? [`  and ${notReady.length - mostNamed} more: list pods`] : [],
    ...unreachable.length === 0
      ? []
      : [`frames       ${unreachable.length} members do not reach their peers`],
    ...unreachable.slice(0, mostNamed).map(({ pod, message }) => `  ${pod}: ${message}`),
    ...uncreated.slice(0, mostNamed).map(({ namespace, owner, message }) =>
      `no pods      ${owner} in namespace ${namespace} could not make its pods: ${message}`
    ),
    ...unsought.map((reason) => `not sought   ${reason}`),
    ...unread.map((reason) => `not read     ${reason}`),
    well ? "all is well" : "not all is well",
  ];
}

function rightsText(rights: ClusterStatus["rights"]): string {
  const refused = rights.filter(({ allowed }) => allowed === false).map(({ right }) => right);
  if (refused.length > 0) return `not: ${refused.join(", ")}`;
  return rights.some(({ allowed }) => allowed === null) ? notKnown : "all that these commands need";
}
