// Names of members in DNS, as `--names` says: what the controller knows of pods, handed to those who write slices.
import { createHash } from "node:crypto";
import type { ApiClient } from "../../kube/api/client.ts";
import { conditionType, domainOf, ownKey } from "../../member/current_status.ts";
import { contains } from "../../network/grammar/address.ts";
import type { Network } from "../../network/network.ts";
import { Names } from "../../names/names.ts";
import type { Log } from "../../ops/log.ts";
import type { Metrics } from "../../ops/metrics.ts";
import { createLogDeduplicator, WatchLog } from "../../ops/dedup.ts";
import type { ConfigMapSeen } from "../../report/config_map_reporter.ts";
import type { PodReport, Reporter } from "../../report/report.ts";
import type { EventWriter } from "../../events/event_writer.ts";
import { messageOf } from "../../text/defined.ts";
import { cutBytes } from "../../text/printable.ts";
import { steady } from "../../text/steady.ts";
import type { Host } from "../host.ts";
import { UsageError } from "../program.ts";
import type { membershipOptions, runOptions, SettingsOf } from "../settings/options.ts";
import type { Leadership } from "./leadership.ts";

/** Whom to tell, and what to close in the end. */
export interface NamesOutlet {
  readonly reporters: readonly Reporter[];
  readonly onConfigMap: (seen: ConfigMapSeen) => void;
  readonly close: () => Promise<void>;
}

/** The API refuses more bytes in an Event, more characters in a label. */
const longestNote = 1024;
const longestLabel = 63;

/** Nobody without `--names`. Throws UsageError when pods do not show whether their networks are ready. */
export function namesOutlet(
  settings: SettingsOf<typeof runOptions & typeof membershipOptions>,
  { client, host, log, metrics, leadership, events }: {
    readonly client: ApiClient;
    readonly host: Host;
    readonly log: Log;
    readonly metrics: Metrics;
    readonly leadership: Leadership;
    readonly events: EventWriter | undefined;
  },
): NamesOutlet {
  if (!settings.names) return { reporters: [], onConfigMap: () => {}, close: () => Promise.resolve() };
  if (settings.status !== "all" || events === undefined) {
    throw new UsageError(
      `Cannot use --names with --status=${settings.status}: whether a member is ready is read from the pods' condition; ` +
        "use --status=all",
    );
  }
  const { annotation } = settings;
  const { clock } = host;
  const watchLog = new WatchLog({ log, clock });
  const said = createLogDeduplicator({ clock });
  const names = new Names({
    client,
    clock,
    keys: {
      network: ownKey(annotation, "network"),
      selector: ownKey(annotation, "selector"),
      networks: annotation,
      condition: conditionType(annotation),
    },
    podSelector: settings.selector,
    namespaces: settings.watchNamespaces ?? [],
    managedBy: managedBy(domainOf(annotation)),
    isLeader: leadership.isLeader,
    tell: ({ uid, namespace, name }, { reason, note }) => {
      const service = `${namespace}/${name}`;
      if (said.problem(`tell ${service}`, note).say) log.warn(note, { service });
      // It is told when it has changed: the next time it has come back.
      said.recovered(`tell ${service}`);
      const text = cutBytes(note, longestNote);
      const event = { reason, type: "Warning", note: text, dedupKey: text } as const;
      events.emit({ kind: "Service", uid, namespace, name }, event);
    },
    onServiceGone: ({ uid, namespace, name }) => {
      events.forget(uid);
      for (const what of ["tell", "write"]) said.forget(`${what} ${namespace}/${name}`);
    },
    onTrouble: ({ resource, what, ...error }) => {
      metrics.watchEnded({ resource, reason: error.end });
      watchLog.ended(what, error);
    },
    onRecovered: (what) => watchLog.recovered(what),
    onWrite: (service, error) => {
      const key = `write ${service}`;
      if (error === undefined) said.recovered(key);
      else if (said.problem(key, steady(messageOf(error))).say) log.warn(messageOf(error), { service });
    },
    onUnreadable: (reason) => watchLog.unreadable(reason),
    onAlive: (resource, namespace) => metrics.watchAlive(resource, namespace),
    observe: metrics.workQueue("names"),
  });
  leadership.onStarted(() => names.restart());
  return {
    reporters: [namesReporter(names)],
    onConfigMap: ({ networks }) => names.putNetworks(networks),
    close: () => names.close(),
  };
}

/** Tells what was found in pods: what their authors wrote counts only once it has been judged, set and read back. */
function namesReporter(names: Names): Reporter {
  return {
    report: (report) => {
      const given = givenAddresses(report);
      if (given !== undefined) names.give(report.pod, given);
    },
    forget: (uid) => names.takeBack(uid),
  };
}

/** Undefined when the kernel was not looked at: then what is known stands. */
function givenAddresses(report: PodReport): ReadonlyMap<string, readonly string[]> | undefined {
  if (report.state.kind === "former") return new Map();
  if (report.entriesMissing === undefined || report.isHalfSeen === true) return undefined;
  const made = report.networks.filter(({ mac }) => mac !== undefined);
  return new Map(made.map(({ network }) => [network.name, listable(network)]));
}

/** Where the ConfigMap says which subnets a network has, an author's `ip=` outside of them leads nobody there. */
function listable({ addresses, pool }: Network): readonly string[] {
  const all = addresses.map(({ address }) => address);
  if (pool === undefined) return all;
  return all.filter((address) => pool.subnets.some(({ subnet }) => contains(subnet, address)));
}

/** Slices of controllers with other annotations are not ours, so the domain is part of it. */
function managedBy(domain: string): string {
  const whole = `kube-vxlan-controller.${domain}`;
  if (whole.length <= longestLabel) return whole;
  return `kube-vxlan-controller.${createHash("sha256").update(domain).digest("hex").slice(0, 16)}`;
}
