// Which holders of addresses still live? Asked anew, because what is watched may be behind.
import type { ApiClient } from "../kube/api/client.ts";
import { beginningOf } from "../kube/watch/events.ts";
import { listPages } from "../kube/watch/list_pages.ts";
import { isRecord } from "../text/json.ts";

/** Where the pods are that may hold addresses. */
export interface LivingPodsOptions {
  readonly client: ApiClient;
  readonly selector: string;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly signal: AbortSignal;
}

/** Uids, and `namespace/name`, of all pods with our label. Throws ApiError. */
export async function livingPods(options: LivingPodsOptions): Promise<ReadonlySet<string>> {
  const { client, selector, namespaces, signal } = options;
  const living = new Set<string>();
  for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
    const within = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
    await listPages(client, {
      what: "the metadata of pods",
      path: `/api/v1${within}/pods`,
      selectors: { labelSelector: selector },
      paged: true,
      metadataOnly: true,
      signal,
      read: namesOf,
      onItem: (names) => names.forEach((name) => living.add(name)),
      onLong: (head) => namesOf(beginningOf(head)).forEach((name) => living.add(name)),
    });
  }
  return living;
}

function namesOf(item: unknown): readonly string[] {
  const metadata = isRecord(item) && isRecord(item["metadata"]) ? item["metadata"] : {};
  const { uid, namespace, name } = metadata;
  return [String(uid), `${String(namespace)}/${String(name)}`];
}
