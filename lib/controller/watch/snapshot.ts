// The cluster as the controller would see it, read once: for commands that look but change nothing.
import type { ApiClient } from "../../kube/api/client.ts";
import type { Identified } from "../../kube/watch/local_copy.ts";
import { listPages } from "../../kube/watch/list_pages.ts";
import type { PodView } from "../../member/pod.ts";
import { type Collection, configMapCollection, podCollection } from "./resources.ts";
import type { ControllerSettings } from "../settings.ts";
import { Store } from "../store/store.ts";
import { defined } from "../../text/defined.ts";

/** Pods and store of one moment. */
export interface Snapshot {
  /** Sorted by namespace and name. */
  readonly pods: readonly PodView[];
  readonly store: Store;
}

/** Lists the ConfigMap and the pods. Throws ApiError. */
export async function takeSnapshot(
  settings: ControllerSettings,
  { client, now, signal }: { readonly client: ApiClient; readonly now: number; readonly signal: AbortSignal },
): Promise<Snapshot> {
  const namespaces = settings.watchNamespaces.length === 0 ? [undefined] : settings.watchNamespaces;
  const [configMap] = await list(configMapCollection(settings), { client, signal });
  const pods: PodView[] = [];
  for (const namespace of namespaces) {
    pods.push(...await list(podCollection(settings, namespace), { client, signal }));
  }
  pods.sort((a, b) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name));
  const store = new Store(settings.membership);
  store.putConfigMap(configMap?.data, { now });
  store.replacePods(pods, { now, covers: () => true });
  return { pods, store };
}

async function list<T extends Identified>(
  { project, labelSelector, fieldSelector, ...where }: Collection<T>,
  { client, signal }: { readonly client: ApiClient; readonly signal: AbortSignal },
): Promise<readonly T[]> {
  const items: T[] = [];
  const selectors = defined({ labelSelector, fieldSelector });
  await listPages(client, {
    ...where,
    selectors,
    paged: true,
    signal,
    onItem: (item) => items.push(project(item)),
  });
  return items;
}
