// What have others said of a pod that does not come up, or of one that could not even be made? Warnings among the Events.
import { inNamespace } from "../../kube/api/path.ts";
import type { ApiClient } from "../../kube/api/client.ts";
import { statusOf } from "../../kube/api/client.ts";
import type { PodView } from "../../member/pod.ts";
import { messageOf } from "../../text/defined.ts";
import { listAt, recordAt } from "../../text/json.ts";
import { cutBytes } from "../../text/printable.ts";

type AnyRecord = Readonly<Record<string, unknown>>;

/** With what, and until when. */
interface Asking {
  readonly client: ApiClient;
  readonly signal: AbortSignal;
}

/** What was found; or why it was not looked for, which says nothing about the pods. */
export interface Warnings<T> {
  readonly found: readonly T[];
  readonly unread: readonly string[];
}

/** A workload whose pods the API server refuses. */
export interface Uncreated {
  readonly namespace: string;
  /** `ReplicaSet web-5d9f`. */
  readonly owner: string;
  readonly message: string;
}

const deadline = 10_000;
const mostEvents = 500;
const [mostReasons, mostOwners] = [3, 20];
/** Bytes of a message. */
const longest = 400;

/** One line for each reason, the newest first: `FailedMount (kubelet, 3 times): ...`. What we have written is left out. */
export async function warningsAbout(
  { namespace, uid }: Pick<PodView, "namespace" | "uid">,
  asking: Asking,
): Promise<Warnings<string>> {
  try {
    const fieldSelector = `involvedObject.uid=${uid},type=Warning`;
    const events = await eventsBy(fieldSelector, { namespace, ...asking });
    const byReason = new Map<string, AnyRecord>();
    for (const event of events) {
      const reason = String(event["reason"] ?? "");
      if (!reason.startsWith("Vxlan") && !byReason.has(reason)) byReason.set(reason, event);
    }
    return { found: [...byReason.values()].slice(0, mostReasons).map(lineOf), unread: [] };
  } catch (error) {
    return { found: [], unread: [`warnings about the pod: ${messageOf(error)}`] };
  }
}

/** Workloads that ask for networks (`annotationKey`) and have fewer pods than they should, since those are refused. */
export async function uncreatedPods(
  { namespace, annotationKey, ...asking }: Asking & {
    readonly namespace: string | undefined;
    readonly annotationKey: string;
  },
): Promise<Warnings<Uncreated>> {
  try {
    const events = await eventsBy("reason=FailedCreate", { namespace, ...asking });
    const owners = new Map<string, AnyRecord>();
    for (const event of events) {
      const uid = String(recordAt(event, "involvedObject")["uid"]);
      if (owners.size < mostOwners && !owners.has(uid)) owners.set(uid, event);
    }
    const found: Uncreated[] = [];
    for (const event of owners.values()) {
      const { kind, namespace, name } = recordAt(event, "involvedObject");
      const path = pathOf({ kind: String(kind), namespace: String(namespace), name: String(name) });
      const owner = path === undefined ? undefined : await objectAt(path, asking);
      if (owner === undefined || !isShort(owner, annotationKey)) continue;
      const message = messageFor(String(event["message"] ?? ""), String(namespace));
      found.push({ namespace: String(namespace), owner: `${kind} ${name}`, message });
    }
    return { found, unread: [] };
  } catch (error) {
    return { found: [], unread: [`pods that could not be made: ${messageOf(error)}`] };
  }
}

/** The newest first. Throws ApiError. */
async function eventsBy(
  fieldSelector: string,
  { namespace, client, signal }: Asking & { readonly namespace: string | undefined },
): Promise<readonly AnyRecord[]> {
  const query = new URLSearchParams({ fieldSelector, limit: String(mostEvents) });
  const path = `/api/v1${inNamespace(namespace)}/events?${query}`;
  const answer = await client.json({ method: "GET", path, purpose: "list Events", deadline, signal });
  return [...listAt(answer, "items")].sort((a, b) => timeOf(a) < timeOf(b) ? 1 : -1);
}

/** As the API server writes dates; microseconds in some. */
function timeOf(event: AnyRecord): string {
  const { lastTimestamp, eventTime, firstTimestamp } = event;
  const last = recordAt(event, "series")["lastObservedTime"];
  return String(last ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? "");
}

function lineOf(event: AnyRecord): string {
  const by = String(event["reportingComponent"] || recordAt(event, "source")["component"] || "unknown");
  const count = Number(recordAt(event, "series")["count"] ?? event["count"] ?? 1);
  const times = count > 1 ? `, ${count} times` : "";
  return cutBytes(`${event["reason"]} (${by}${times}): ${event["message"]}`, longest);
}

const collections: Readonly<Record<string, string>> = {
  ReplicaSet: "apis/apps/v1/namespaces/NS/replicasets",
  StatefulSet: "apis/apps/v1/namespaces/NS/statefulsets",
  DaemonSet: "apis/apps/v1/namespaces/NS/daemonsets",
  Job: "apis/batch/v1/namespaces/NS/jobs",
  ReplicationController: "api/v1/namespaces/NS/replicationcontrollers",
};

function pathOf(
  { kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string },
): string | undefined {
  const collection = collections[kind]?.replace("NS", encodeURIComponent(namespace));
  return collection === undefined ? undefined : `/${collection}/${encodeURIComponent(name)}`;
}

/** Undefined when it is there no more. Throws ApiError. */
async function objectAt(path: string, { client, signal }: Asking): Promise<unknown> {
  const purpose = "read who makes pods";
  return await client.json({ method: "GET", path, purpose, deadline, signal }).catch((error) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
}

function isShort(owner: unknown, annotationKey: string): boolean {
  const [spec, status] = [recordAt(owner, "spec"), recordAt(owner, "status")];
  const template = recordAt(recordAt(spec, "template"), "metadata");
  if (recordAt(template, "annotations")[annotationKey] === undefined) return false;
  // A Job and a DaemonSet count otherwise: there the Event, an hour old at most, is all there is.
  const { replicas } = spec;
  return typeof replicas !== "number" || Number(status["replicas"] ?? 0) < replicas;
}

function messageFor(message: string, namespace: string): string {
  const said = cutBytes(message, longest);
  return message.includes("PodSecurity")
    ? `${said}; kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged --overwrite`
    : said;
}
