// What do pods say in their metadata? Read without the rest, which is ten times as long.
import { defined } from "../../text/defined.ts";
import { isRecord } from "../../text/json.ts";
import type { ApiClient } from "../api/client.ts";
import { inNamespace, namespacesOrAll } from "../api/path.ts";
import { beginningOf } from "./events.ts";
import { listPages } from "./list_pages.ts";

export interface PodMetadataOptions<T> {
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** Absent: whatever their labels. */
  readonly labelSelector?: string;
  /** Absent: whatever they are. */
  readonly fieldSelector?: string;
  readonly signal: AbortSignal;
  /** What is wanted of one; undefined: nothing. */
  readonly pick: (metadata: Readonly<Record<string, unknown>>) => T | undefined;
}

/** Path of the pods of one namespace, or of all. */
export function podsPath(namespace: string | undefined): string {
  return `/api/v1${inNamespace(namespace)}/pods`;
}

/** Path of one pod. */
export function podPath(namespace: string, name: string): string {
  return `${podsPath(namespace)}/${encodeURIComponent(name)}`;
}

/** What is picked of all pods. Throws ApiError. */
export async function pickPods<T>(
  client: ApiClient,
  { namespaces, labelSelector, fieldSelector, signal, pick }: PodMetadataOptions<T>,
): Promise<readonly T[]> {
  const picked: T[] = [];
  const take = (item: unknown): void => {
    const found = pick(isRecord(item) && isRecord(item["metadata"]) ? item["metadata"] : {});
    if (found !== undefined) picked.push(found);
  };
  for (const namespace of namespacesOrAll(namespaces)) {
    await listPages(client, {
      what: "the metadata of pods",
      path: podsPath(namespace),
      selectors: defined({ labelSelector, fieldSelector }),
      paged: true,
      metadataOnly: true,
      signal,
      read: (item) => item,
      onItem: take,
      onLong: (head) => take(beginningOf(head)),
    });
  }
  return picked;
}

/** Uids of those that are selected now. Throws ApiError. */
export async function podUids(
  client: ApiClient,
  selected: Omit<PodMetadataOptions<string>, "pick">,
): Promise<ReadonlySet<string>> {
  return new Set(await pickPods(client, { ...selected, pick: uidOf }));
}

/** The uid in this metadata. */
export function uidOf({ uid }: Readonly<Record<string, unknown>>): string {
  return String(uid);
}
