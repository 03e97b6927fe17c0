// Which pods show that we have served them, label or not? Asked by metadata alone, of which a pod has little.
import type { ApiClient } from "../../kube/api/client.ts";
import { beginningOf } from "../../kube/watch/events.ts";
import { listPages } from "../../kube/watch/list_pages.ts";
import { statusAnnotation } from "../../member/current_status.ts";
import type { PodView } from "../../member/pod.ts";
import { isRecord } from "../../text/json.ts";

/** As much of a pod as it takes to look it up. */
export type SoughtPod = Pick<PodView, "uid" | "namespace" | "name" | "deletion">;

export interface ServedPodsOptions {
  readonly client: ApiClient;
  readonly annotationKey: string;
  readonly selector: string;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly signal: AbortSignal;
}

/** Pods with the networks annotation and with the one that we write on those we serve. Throws ApiError. */
export async function servedPods(options: ServedPodsOptions): Promise<readonly SoughtPod[]> {
  const { annotationKey } = options;
  const status = statusAnnotation(annotationKey);
  const found: SoughtPod[] = [];
  await eachPod({}, options, ({ annotations, deletionTimestamp, uid, namespace, name }) => {
    if (!isRecord(annotations) || !(status in annotations) || !(annotationKey in annotations)) return;
    if (deletionTimestamp !== undefined) return;
    found.push({ uid: String(uid), namespace: String(namespace), name: String(name) });
  });
  return found;
}

/** Uids of all pods that are selected now: what is watched may be behind. Throws ApiError. */
export async function selectedPods(options: ServedPodsOptions): Promise<ReadonlySet<string>> {
  const uids = new Set<string>();
  await eachPod({ labelSelector: options.selector }, options, ({ uid }) => uids.add(String(uid)));
  return uids;
}

async function eachPod(
  selectors: Readonly<Record<string, string>>,
  { client, watchNamespaces, signal }: ServedPodsOptions,
  onMetadata: (metadata: Readonly<Record<string, unknown>>) => void,
): Promise<void> {
  for (const namespace of watchNamespaces.length === 0 ? [undefined] : watchNamespaces) {
    const within = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
    await listPages(client, {
      what: "the metadata of pods",
      path: `/api/v1${within}/pods`,
      selectors,
      paged: true,
      metadataOnly: true,
      signal,
      read: metadataOf,
      onItem: onMetadata,
      onLong: (head) => onMetadata(metadataOf(beginningOf(head))),
    });
  }
}

function metadataOf(item: unknown): Readonly<Record<string, unknown>> {
  return isRecord(item) && isRecord(item["metadata"]) ? item["metadata"] : {};
}
