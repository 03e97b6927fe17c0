// The cluster as the controller would see it, read once: for commands that look but change nothing.
import { namespacesOrAll } from "../kube/api/path.ts";
import type { ApiClient } from "../kube/api/client.ts";
import { beginningOf, nameOf } from "../kube/watch/events.ts";
import type { Identified } from "../kube/watch/local_copy.ts";
import { listPages } from "../kube/watch/list_pages.ts";
import type { PodView } from "../member/pod.ts";
import { type Collection, configMapCollection, podCollection } from "../controller/watch/resources.ts";
import type { ControllerSettings } from "../controller/settings.ts";
import { Store } from "../controller/store/store.ts";
import { defined, messageOf } from "../text/defined.ts";
import { type ReservedRead, tellReserved } from "./reserved.ts";

/** Pods and store of one moment. */
export interface Snapshot {
  /** Sorted by namespace and name. */
  readonly pods: readonly PodView[];
  readonly store: Store;
}

interface SnapshotMeans {
  readonly client: ApiClient;
  readonly signal: AbortSignal;
  /** Told of each object that cannot be read; the others are there. */
  readonly onUnreadable: (reason: string) => void;
  /** Told of how many objects were read so far, of which kind. */
  readonly onRead?: (count: number, what: string) => void;
}

/** Lists the ConfigMap and the pods. Throws ApiError. */
export async function takeSnapshot(
  settings: ControllerSettings,
  { now, readReserved, ...means }: SnapshotMeans & {
    readonly now: number;
    readonly readReserved: () => Promise<ReservedRead>;
  },
): Promise<Snapshot> {
  const namespaces = namespacesOrAll(settings.watchNamespaces);
  const [configMap] = await list(configMapCollection(settings), means);
  const pods: PodView[] = [];
  for (const namespace of namespaces) {
    pods.push(...await list(podCollection(settings, namespace), means));
  }
  pods.sort(byName);
  const reserved = await readReserved();
  const store = new Store(settings.membership);
  tellReserved(store, { ...reserved, areListed: false });
  store.putConfigMap(configMap?.data, { now });
  store.replacePods(pods, { now, covers: () => true });
  tellReserved(store, { ...reserved, areListed: true });
  if (reserved.fault !== undefined) means.onUnreadable(reserved.fault);
  return { pods, store };
}

/** By namespace, then by name. */
export function byName(a: PodView, b: PodView): number {
  return a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name);
}

async function list<T extends Identified>(
  { project, labelSelector, fieldSelector, ...where }: Collection<T>,
  { client, signal, onUnreadable, onRead }: SnapshotMeans,
): Promise<readonly T[]> {
  const items: T[] = [];
  const selectors = defined({ labelSelector, fieldSelector });
  await listPages(client, {
    ...where,
    selectors,
    paged: true,
    signal,
    read: (item) => {
      try {
        return project(item);
      } catch (error) {
        onUnreadable(`${nameOf(item)}: ${messageOf(error)}`);
        return undefined;
      }
    },
    onItem: (item) => {
      if (item) items.push(item);
      onRead?.(items.length, where.what);
    },
    onLong: (head) => onUnreadable(`${nameOf(beginningOf(head))} is longer than can be read`),
  });
  return items;
}
