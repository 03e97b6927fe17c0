// Which of these pods still live, and without the label that selects them? For many a few lists tell, not a request each.
import { isRecord } from "../../text/json.ts";
import { type ApiClient, statusOf } from "../api/client.ts";
import { namespacesOrAll } from "../api/path.ts";
import { beginningOf } from "./events.ts";
import { listPages } from "./list_pages.ts";
import { pickPods, podPath, podsPath, podUids, uidOf } from "./pod_metadata.ts";

/** Asked for one by one: a list costs as much as some tens of them. */
const fewPods = 50;

/** Listed one by one; pods of more namespaces are looked for in all that are watched. */
const fewNamespaces = 20;

/** Requests at the same time. */
const requestsAtOnce = 8;

/** ms for one pod. */
const deadline = 10_000;

/** As much of a pod as it takes to look for it. Another one under its name is not it. */
export interface SoughtPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** What has become of a pod. */
export type Finding<T> =
  | { readonly kind: "lives"; readonly pod: T }
  /** It is not there any more, or is being deleted. */
  | { readonly kind: "gone" }
  /** It is selected (again), or cannot be read: nothing follows from that here. */
  | { readonly kind: "passed" };

export interface FindPodsOptions<T> {
  /** By uid. */
  readonly sought: ReadonlyMap<string, SoughtPod>;
  /** Those that are watched; empty: all. */
  readonly namespaces: readonly string[];
  /** Whom it selects is passed over. */
  readonly labelSelector: string;
  /** Keeps what is needed of a pod; throws when it cannot be read. */
  readonly read: (pod: unknown) => T;
  readonly signal: AbortSignal;
}

/** What is known by uid. Of those who are not in it nothing is: then `failure` says why. */
export interface Found<T> {
  readonly known: ReadonlyMap<string, Finding<T>>;
  readonly failure?: unknown;
}

/** Looks for the pods: for a few by name, for many in lists. Requests grow with the pages of the lists. Never throws. */
export async function findPods<T>(client: ApiClient, options: FindPodsOptions<T>): Promise<Found<T>> {
  const { sought } = options;
  const known = new Map<string, Finding<T>>();
  try {
    const living = sought.size <= fewPods ? [...sought.values()] : await stillThere(client, options);
    const there = new Set(living.map(({ uid }) => uid));
    for (const uid of sought.keys()) if (!there.has(uid)) known.set(uid, { kind: "gone" });
    if (living.length <= fewPods) await askEach(client, { ...options, living, known });
    else await readAll(client, { ...options, living, known });
    return { known };
  } catch (failure) {
    return { known, failure };
  }
}

interface Living<T> extends FindPodsOptions<T> {
  readonly living: readonly SoughtPod[];
  /** Is added to. */
  readonly known: Map<string, Finding<T>>;
}

/** Those who are there, by the metadata of all pods of their namespaces. */
async function stillThere<T>(
  client: ApiClient,
  { sought, namespaces, signal }: FindPodsOptions<T>,
): Promise<readonly SoughtPod[]> {
  return await pickPods(client, {
    namespaces: placesOf([...sought.values()], namespaces),
    signal,
    pick: (metadata) => isThere(metadata) ? sought.get(String(metadata["uid"])) : undefined,
  });
}

function placesOf(pods: readonly SoughtPod[], watched: readonly string[]): readonly string[] {
  const places = new Set(pods.map(({ namespace }) => namespace));
  return places.size <= fewNamespaces ? [...places] : watched;
}

function isThere({ deletionTimestamp }: Readonly<Record<string, unknown>>): boolean {
  return deletionTimestamp === undefined || deletionTimestamp === null;
}

/** A few at a time. One that fails keeps no other from being asked for; the last failure is thrown in the end. */
async function askEach<T>(client: ApiClient, given: Living<T>): Promise<void> {
  const waiting = given.living.values();
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (const pod of waiting) {
      if (given.signal.aborted) return;
      try {
        given.known.set(pod.uid, await ask(client, { ...given, pod }));
      } catch (failure) {
        failures.push(failure);
      }
    }
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, work));
  if (failures.length > 0) throw failures.at(-1);
}

async function ask<T>(
  client: ApiClient,
  { pod: { uid, namespace, name }, labelSelector, read, signal }: Living<T> & { readonly pod: SoughtPod },
): Promise<Finding<T>> {
  const path = podPath(namespace, name);
  const request = { method: "GET", path, purpose: "get a pod", deadline, signal } as const;
  const pod = await client.json(request).catch((error) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
  const metadata = fieldsOf(pod);
  if (metadata["uid"] !== uid || !isThere(metadata)) return { kind: "gone" };
  const named = { namespaces: [namespace], labelSelector, fieldSelector: `metadata.name=${name}`, signal };
  return (await podUids(client, named)).has(uid) ? { kind: "passed" } : readingOf(pod, read);
}

/** Who lives is read in full, all at once; the last look is at who has the label: that may have come meanwhile. */
async function readAll<T>(client: ApiClient, given: Living<T>): Promise<void> {
  const { living, known, labelSelector, read, signal } = given;
  const places = placesOf(living, given.namespaces);
  const there = new Set(living.map(({ uid }) => uid));
  const findings = new Map<string, Finding<T>>(living.map(({ uid }) => [uid, { kind: "gone" }]));
  for (const namespace of namespacesOrAll(places)) {
    await listPages(client, {
      ...{ what: "pods", path: podsPath(namespace), selectors: {}, paged: true, signal },
      read: (pod) => {
        const metadata = fieldsOf(pod);
        const uid = uidOf(metadata);
        return there.has(uid) && isThere(metadata) ? { uid, finding: readingOf(pod, read) } : undefined;
      },
      onItem: (one) => one && findings.set(one.uid, one.finding),
      onLong: (head) => {
        const { uid = "" } = beginningOf(head).metadata;
        if (there.has(uid)) findings.set(uid, { kind: "passed" });
      },
    });
  }
  const selected = await podUids(client, { namespaces: places, labelSelector, signal });
  for (const uid of selected) if (there.has(uid)) findings.set(uid, { kind: "passed" });
  for (const [uid, finding] of findings) known.set(uid, finding);
}

function readingOf<T>(pod: unknown, read: (pod: unknown) => T): Finding<T> {
  try {
    return { kind: "lives", pod: read(pod) };
  } catch {
    return { kind: "passed" };
  }
}

function fieldsOf(pod: unknown): Readonly<Record<string, unknown>> {
  return isRecord(pod) && isRecord(pod["metadata"]) ? pod["metadata"] : {};
}
