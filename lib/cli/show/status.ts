// The command `status`: is the installation well, on one screen; with --wait until it is.
import { printable } from "../../text/printable.ts";
import { sleep } from "../../time/clock.ts";
import { exitStatus, type Host } from "../host.ts";
import type { CommandSpec } from "../program.ts";
import { leaseOptions, type OptionTable, type SettingsOf } from "../settings/options.ts";
import { type ClusterStatus, clusterStatus } from "./cluster_status.ts";
import { withClusterView } from "./cluster_view.ts";
import { valueText } from "./print_list.ts";
import { valueOutput, viewOptions } from "./view_options.ts";

const options = {
  ...viewOptions,
  ...leaseOptions,
  output: valueOutput,
  wait: { variable: "none", description: "until all is well, or Ctrl-C" },
} as const satisfies OptionTable;

/** Milliseconds between two looks of `--wait`. */
const lookEvery = 2_000;

export const statusCommand: CommandSpec<typeof options> = {
  name: "status",
  summary: "show controllers, leader, rights, the ConfigMap's problems and the members that are not ready",
  options,
  action: async ({ settings }, host) => {
    for (;;) {
      const found = await look(settings, host);
      if (found === undefined || found.well || !settings.wait || host.stop.aborted) {
        if (found !== undefined) print(found, { output: settings.output, host });
        return found?.well === true ? exitStatus.ok : exitStatus.failed;
      }
      const { total, ready } = found.members;
      host.complain(`waiting: ${ready} of ${total} members are ready`);
      await sleep(host.clock, lookEvery, host.stop);
    }
  },
};

async function look(settings: SettingsOf<typeof options>, host: Host): Promise<ClusterStatus | undefined> {
  let found: ClusterStatus | undefined;
  await withClusterView(settings, {
    host,
    use: async (view) => {
      found = await clusterStatus(view, { host, leaseName: settings.leaseName });
      return exitStatus.ok;
    },
  });
  return found;
}

function print(
  found: ClusterStatus,
  { output, host }: { readonly output: "text" | "json" | "yaml"; readonly host: Host },
): void {
  if (output === "text") {
    for (const line of textOf(found)) host.print(printable(line));
  } else {
    host.print(valueText(found, output));
  }
}

/** Members that are named; `list pods` has all. */
const mostNamed = 20;

function textOf(found: ClusterStatus): readonly string[] {
  const { server, serverVersion, controllers, leader, rights, configMapProblems, members, unread, well } =
    found;
  const { total, ready, notReady } = members;
  const refused = rights.filter(({ allowed }) => allowed === false).map(({ right }) => right);
  return [
    `API server   ${server}, ${serverVersion ?? "version not known"}`,
    ...controllers.length === 0
      ? ["controller   none runs as a pod here"]
      : controllers.map((one) =>
        `controller   ${one.pod} on ${one.node}: ${one.ready ? "ready" : "NOT READY"}, ${one.image}` +
        (one.restarts === 0 ? "" : `, ${one.restarts} restarts`)
      ),
    `leader       ${leader ?? "nobody holds the Lease"}`,
    `your rights  ${refused.length === 0 ? "all that these commands need" : `not: ${refused.join(", ")}`}`,
    `ConfigMap    ${configMapProblems.length === 0 ? "no problems" : `${configMapProblems.length} problems`}`,
    ...configMapProblems.slice(0, mostNamed).map((problem) => `  ${problem}`),
    `members      ${ready} of ${total} ready`,
    ...notReady.slice(0, mostNamed).map(({ pod, reason, problems }) =>
      `  ${pod}: ${reason}${problems[0] === undefined ? "" : `: ${problems[0]}`}`
    ),
    ...notReady.length > mostNamed ? [`  and ${notReady.length - mostNamed} more: list pods`] : [],
    ...unread.map((reason) => `not read     ${reason}`),
    well ? "all is well" : "not all is well",
  ];
}
