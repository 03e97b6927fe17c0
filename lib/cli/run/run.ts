// The command `run`: puts the parts together, runs the controller until it is told to stop.
import { Controller } from "../../controller/controller.ts";
import type { ControllerParts } from "../../controller/parts.ts";
import { type ControllerLimits, defaultLimits } from "../../controller/settings.ts";
import { createLogReporter, joinReporters } from "../../report/log_reporter.ts";
import type { WorkQueueObserver } from "../../queue/work_queue.ts";
import { createApiClient } from "../../kube/api/http.ts";
import { createLog, type Log } from "../../ops/log.ts";
import { createMetrics, type Metrics, type State } from "../../ops/metrics.ts";
import { createPools } from "../../pools/pools.ts";
import {
  configMapNamespace,
  connectionFrom,
  controllerSettings,
  poolSettings,
} from "../settings/settings.ts";
import { agentParts } from "./agent_exec.ts";
import { contactView } from "./contact_parts.ts";
import { Contacts } from "../../reach/contacts.ts";
import { knownProbes } from "../../reach/probe_answer.ts";
import { LiveView } from "../../web/live_view.ts";
import { serveLivePage } from "./live_page.ts";
import { serveHealth } from "./serve_health.ts";
import { exitStatus, type Host } from "../host.ts";
import { leadershipFrom } from "./leadership.ts";
import { type NamesOutlet, namesOutlet } from "./names_parts.ts";
import {
  connectionOptions,
  logOptions,
  membershipOptions,
  runOptions,
  type SettingsOf,
} from "../settings/options.ts";
import type { CommandSpec } from "../program.ts";
import { type StatusOutlets, statusOutlets } from "./status_parts.ts";
import { version } from "../program_version.ts";

const options = { ...connectionOptions, ...membershipOptions, ...runOptions, ...logOptions };

export const runCommand: CommandSpec<typeof options> = {
  name: "run",
  summary: "run the controller until SIGTERM or Ctrl-C",
  options,
  examples: [
    {
      does: "in a pod: with the service account, for all namespaces",
      line: "kube-vxlan-controller run --leader-election",
    },
    {
      does: "on a workstation, for one namespace, with the live page on 127.0.0.1:9091",
      line: "kube-vxlan-controller run --context lab --watch-namespaces lab --web",
    },
  ],
  isHelpWhole: true,
  action: ({ settings }, host) => run(settings, host),
};

async function run(settings: SettingsOf<typeof options>, host: Host): Promise<number> {
  const { clock } = host;
  const metrics = createMetrics({ clock, version });
  const log = logFrom(settings, { host, metrics });
  const connection = await connectionFrom(settings, host);
  const namespace = await configMapNamespace(settings, { connection, host });
  const controllerSet = controllerSettings(settings, namespace);
  log.info(`kube-vxlan-controller ${version} on ${connection.server}`, {
    configuration: connection.source.description,
  });
  const client = createApiClient(connection, {
    clock,
    observe: metrics.apiRequests(new URL(connection.server).host),
    onBytes: (bytes) => metrics.streamed(bytes),
  });
  const agents = agentParts(connection, { metrics, clock, rate: settings.maxExecRate });
  const leadership = leadershipFrom(settings, { namespace, client, log, metrics, host });
  const status = statusOutlets(settings, {
    client,
    host,
    log,
    metrics,
    isLeader: leadership.isLeader,
  });
  const names = namesOutlet(settings, { client, host, log, metrics, leadership, events: status.events });
  const logReporter = createLogReporter({ log, clock });
  const view = settings.web ? new LiveView({ clock }) : undefined;
  const reporter = joinReporters([
    logReporter,
    ...status.reporters,
    ...names.reporters,
    ...(view ? [view] : []),
  ]);
  let contacts: Contacts | undefined;
  const controller: Controller = new Controller(
    { ...controllerSet, limits: limitsFor(settings.maxExecRate) },
    {
      ...agents,
      ...observers({ metrics, view, status, names }),
      client,
      clock,
      log,
      reporter,
      contacts: (known) =>
        contacts = new Contacts({
          view: contactView(known),
          reporter,
          clock,
          isLeader: leadership.isLeader,
          interval: settings.probeInterval,
          observe: metrics.workQueue("contacts"),
          onProbed: () => view?.touch(),
        }),
      isLeader: leadership.isLeader,
      pools: (hooks) =>
        createPools({
          ...poolSettings(settings, controllerSet),
          client,
          clock,
          isLeader: leadership.isLeader,
          say: (text) => log.warn(text),
          onSizes: (sizes) => metrics.pools(sizes),
          onWrite: (outcome) => metrics.poolWritten(outcome),
        }, hooks),
    },
  );
  leadership.onStarted(() => void controller.reconcileAll());
  metrics.stateFrom(() => probedState(contacts));
  const served = serveHealth(settings.httpAddress, {
    ...{ controller, metrics, host, log },
    interfaces: settings.interfaceInfo,
    probes: (uid) => ({
      leads: leadership.isLeader(),
      probes: knownProbes(uid, { probes: contacts?.probes.of(uid) ?? [], now: clock.now() }),
    }),
  });
  const page = view &&
    serveLivePage(settings, { controller, contacts: () => contacts, view, leadership, host, log });
  await controller.run(host.stop);
  await contacts?.close();
  logReporter.close();
  await names.close();
  await status.close();
  await leadership.close();
  await page?.close();
  await served.close();
  agents.close();
  client.close();
  log.info("stopped");
  return exitStatus.ok;
}

function probedState(contacts: Contacts | undefined): State {
  const { probed = 0, unreachable = 0 } = contacts?.probes.counts() ?? {};
  return { probedPairs: probed, unreachablePairs: unreachable };
}

/** At a low rate looks are slow because they wait for their execs: more of them would only wait longer. */
function limitsFor(execRate: number): ControllerLimits {
  const spare = Math.max(0, 2 * (execRate - defaultLimits.workers));
  return { ...defaultLimits, workersForSlow: Math.min(defaultLimits.workersForSlow, spare) };
}

function logFrom(
  { logLevel, logFormat }: SettingsOf<typeof logOptions>,
  { host, metrics }: { readonly host: Host; readonly metrics: Metrics },
): Log {
  return createLog({
    level: logLevel,
    format: logFormat,
    write: host.complain,
    clock: host.clock,
    onLine: (level) => metrics.logLine(level),
  });
}

/** Who is told of what the controller sees. */
function observers(
  { metrics, view, status, names }: {
    readonly metrics: Metrics;
    readonly view: LiveView | undefined;
    readonly status: StatusOutlets;
    readonly names: NamesOutlet;
  },
): Pick<
  ControllerParts,
  "queueObserver" | "onStep" | "onWatchEnd" | "onAlive" | "onConfigMap" | "onInterfaceReady" | "onPeerEntry"
> {
  return {
    queueObserver: queueObserver(metrics),
    onStep: (step) => metrics.step(step.kind),
    onWatchEnd: (seen) => metrics.watchEnded(seen),
    onAlive: (resource, namespace) => {
      metrics.watchAlive(resource, namespace);
      view?.touch();
    },
    onConfigMap: (seen) => {
      status.onConfigMap(seen);
      names.onConfigMap(seen);
    },
    onInterfaceReady: (ms) => {
      metrics.interfaceReady(ms);
      view?.interfaceReady(ms);
    },
    onPeerEntry: (ms) => {
      metrics.peerEntry(ms);
      view?.meshReady(ms);
    },
  };
}

function queueObserver(metrics: Metrics): WorkQueueObserver {
  const queue = metrics.workQueue("members");
  return {
    ...queue,
    finished: ({ outcome, ms }) => {
      queue.finished({ outcome, ms });
      metrics.reconciled({ outcome: outcome.kind, ms });
    },
  };
}
