// How does an Event look as an object of events.k8s.io/v1? Pure.

/** An Event and how often it has happened. */
export interface EventOccurrence {
  readonly name: string;
  readonly regarding: {
    readonly kind: "Pod" | "ConfigMap";
    readonly uid: string;
    readonly namespace: string;
    readonly name: string;
  };
  readonly reason: string;
  readonly type: "Normal" | "Warning";
  readonly note: string;
  readonly count: number;
  /** Occurrences that the API server knows of. */
  readonly known: number;
  /** The first time. */
  since: Date;
  /** The last time. */
  last: Date;
}

const controller = "kube-vxlan-controller";
const longestInstance = 128;

/** A new Event. The API demands an action: what was being done. */
export function eventObject(event: EventOccurrence, instance: string): Readonly<Record<string, unknown>> {
  const { name, regarding, reason, type, note } = event;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name, namespace: regarding.namespace },
    eventTime: microTime(event.since),
    reportingController: controller,
    reportingInstance: instance.slice(0, longestInstance),
    action: regarding.kind === "Pod" ? "JoinNetworks" : "ReadNetworks",
    reason,
    type,
    note,
    regarding: { apiVersion: "v1", ...regarding },
    ...(event.count > 1 ? eventSeries(event) : {}),
  };
}

/** The merge patch that counts it on; everything else of an Event is immutable. */
export function eventSeries({ count, last }: EventOccurrence): {
  readonly series: { readonly count: number; readonly lastObservedTime: string };
} {
  return { series: { count, lastObservedTime: microTime(last) } };
}

/** The API's MicroTime has exactly six digits. */
function microTime(time: Date): string {
  return time.toISOString().replace("Z", "000Z");
}
