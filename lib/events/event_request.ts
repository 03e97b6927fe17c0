// How does an Event get to the API server: created once, then counted on.
import { inNamespace } from "../kube/api/path.ts";
import { type ApiClient, statusOf } from "../kube/api/client.ts";

/** Milliseconds. */
const deadline = 10_000;

export interface EventRequestOptions {
  readonly client: ApiClient;
  /** Which process it is. */
  readonly instance: string;
}

/**
 * Creates it or counts it on, and gives the count that stands there now. Either may find that the other is right:
 * Events expire after an hour, and one of the same name may be there from before a restart. Throws ApiError.
 */
export async function sendEvent(event: EventOccurrence, options: EventRequestOptions): Promise<number> {
  const isCounted = event.known > 0 && await unless(404, () => send({ method: "PATCH", event }, options));
  if (isCounted || await unless(409, () => send({ method: "POST", event }, options))) return event.count;
  const again = { ...event, count: Math.max(2, event.count) };
  await send({ method: "PATCH", event: again }, options);
  return again.count;
}

/** Nothing can come of trying again: refused as it is, or its namespace goes. */
export function isUseless(error: unknown): boolean {
  const status = statusOf(error);
  const isEnding = status === 403 && error instanceof Error && error.message.includes("being terminated");
  return isEnding || status === 404 || status === 422 || status === 400;
}

/** False when the answer has this status; throws any other failure on. */
async function unless(status: number, write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (statusOf(error) !== status) throw error;
    return false;
  }
}

async function send(
  { method, event }: { readonly method: "POST" | "PATCH"; readonly event: EventOccurrence },
  { client, instance }: EventRequestOptions,
): Promise<void> {
  const { name, regarding: { namespace } } = event;
  const collection = `/apis/events.k8s.io/v1${inNamespace(namespace)}/events`;
  const isNew = method === "POST";
  await client.json({
    method,
    path: isNew ? collection : `${collection}/${encodeURIComponent(name)}`,
    purpose: `${isNew ? "create" : "patch"} events ${namespace}/${name}`,
    body: isNew ? eventObject(event, instance) : eventSeries(event),
    contentType: isNew ? "application/json" : "application/merge-patch+json",
    deadline,
  });
}

/** What was being done to the object when it happened. */
const actions = { Pod: "JoinNetworks", ConfigMap: "ReadNetworks", Service: "ListMembers" };

/** The object that an Event is about. */
export interface Regarding {
  readonly kind: keyof typeof actions;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** An Event as it should be, without the object it is about. */
export interface WantedEvent {
  readonly reason: string;
  readonly type: "Normal" | "Warning";
  /** At most 1 kB, as the API demands. */
  readonly note: string;
  /** Equal: nothing new to say. */
  readonly dedupKey: string;
}

/** An Event and how often it has happened. */
export interface EventOccurrence {
  readonly name: string;
  readonly regarding: Regarding;
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
function eventObject(event: EventOccurrence, instance: string): Readonly<Record<string, unknown>> {
  const { name, regarding, reason, type, note } = event;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name, namespace: regarding.namespace },
    eventTime: microTime(event.since),
    reportingController: controller,
    reportingInstance: instance.slice(0, longestInstance),
    action: actions[regarding.kind],
    reason,
    type,
    note,
    regarding: { apiVersion: "v1", ...regarding },
    ...(event.count > 1 ? eventSeries(event) : {}),
  };
}

/** The merge patch that counts it on; everything else of an Event is immutable. */
function eventSeries({ count, last }: EventOccurrence): {
  readonly series: { readonly count: number; readonly lastObservedTime: string };
} {
  return { series: { count, lastObservedTime: microTime(last) } };
}

/** The API's MicroTime has exactly six digits. */
function microTime(time: Date): string {
  return time.toISOString().replace("Z", "000Z");
}
