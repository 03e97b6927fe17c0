// What the controller writes on pods and the ConfigMap, as `--status` says.
import type { ConfigMapSeen } from "../../report/config_map_reporter.ts";
import { configMapEvents } from "../../status/config_map_events.ts";
import { EventWriter } from "../../events/event_writer.ts";
import type { Reporter } from "../../report/report.ts";
import { StatusWriter } from "../../status/status_writer.ts";
import type { ApiClient } from "../../kube/api/client.ts";
import type { Log } from "../../ops/log.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { membershipOptions, runOptions, SettingsOf } from "../settings/options.ts";
import type { Host } from "../host.ts";

/** Whom to tell, and what to close in the end. */
export interface StatusOutlets {
  readonly reporters: readonly Reporter[];
  readonly onConfigMap: (seen: ConfigMapSeen) => void;
  /** Absent with `off`. */
  readonly events?: EventWriter;
  readonly close: () => Promise<void>;
}

/** Nobody with `off`; otherwise Events, and with `all` condition and annotation too. */
export function statusOutlets(
  { status: parts, annotation: annotationKey }: SettingsOf<typeof runOptions & typeof membershipOptions>,
  { client, host, log, metrics, isLeader }: {
    readonly client: ApiClient;
    readonly host: Host;
    readonly log: Log;
    readonly metrics: Metrics;
    readonly isLeader: () => boolean;
  },
): StatusOutlets {
  if (parts === "off") return { reporters: [], onConfigMap: () => {}, close: () => Promise.resolve() };
  const { clock } = host;
  const events = new EventWriter({
    client,
    clock,
    log,
    instance: host.env("HOSTNAME") ?? "kube-vxlan-controller",
    onEvent: (outcome) => metrics.statusWritten({ what: "event", outcome }),
    observe: metrics.workQueue("events"),
  });
  const writer = new StatusWriter({
    client,
    events,
    clock,
    log,
    annotationKey,
    parts,
    isLeader,
    onWritten: (outcome) => metrics.statusWritten({ what: "status", outcome }),
    observe: metrics.workQueue("statuses"),
  });
  return {
    reporters: [writer],
    onConfigMap: configMapEvents({ events, isLeader }),
    events,
    close: async () => {
      await Promise.all([writer.close(), events.close()]);
    },
  };
}
