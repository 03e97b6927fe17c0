// What is listened to for names: Services, slices of ours, and the pods with the members' label.
import { podsPath } from "../kube/watch/pod_metadata.ts";
import { inNamespace } from "../kube/api/path.ts";
import type { ApiClient } from "../kube/api/client.ts";
import type { Identified, ReflectorHandler } from "../kube/watch/local_copy.ts";
import {
  type Reflector,
  type ReflectorOptions,
  startReflector,
  type WatchEnd,
} from "../kube/watch/reflector.ts";
import { defined } from "../text/defined.ts";
import type { Clock } from "../time/clock.ts";
import type { KnownNames } from "./known.ts";
import { namedPod } from "./pod.ts";
import { type NameKeys, type ServiceView, serviceView } from "./service.ts";
import { managedByLabel, sliceView } from "./slice_object.ts";
import { slicesPath } from "./slice_writer.ts";

/** Watched collections, for metrics. */
export type NamesResource = "services" | "endpointslices" | "pods-for-names";

export interface NamesWatchOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly keys: NameKeys;
  /** Label selector of members. */
  readonly podSelector: string;
  /** Value of the label by which slices are ours. */
  readonly managedBy: string;
  readonly known: KnownNames;
  readonly signal: AbortSignal;
  readonly onServiceGone: (service: ServiceView) => void;
  /** A watch of `what` has ended; `retryIn` ms. */
  readonly onTrouble: (
    seen: {
      readonly resource: NamesResource;
      readonly what: string;
      readonly end: WatchEnd;
      readonly reason: string;
      readonly retryIn: number;
    },
  ) => void;
  readonly onRecovered: (what: string) => void;
  readonly onUnreadable: (reason: string) => void;
  /** `namespace`: "" for all. */
  readonly onAlive: (resource: NamesResource, namespace: string) => void;
}

/** Watches one namespace, or all. */
export function watchNames(
  namespace: string | undefined,
  options: NamesWatchOptions,
): readonly Reflector[] {
  const { keys, podSelector, managedBy, clock, known, onServiceGone } = options;
  const isHere = (object: { readonly namespace: string }): boolean =>
    namespace === undefined || object.namespace === namespace;
  const place = { ...options, namespace: namespace ?? "" };
  return [
    watch("services", {
      ...place,
      path: `/api/v1${inNamespace(namespace)}/services`,
      project: (object) => serviceView(object, keys),
      all: () => [...known.services.values()].filter(isHere),
      put: (service) => known.putService(service),
      remove: (service) => {
        known.services.remove(service);
        onServiceGone(service);
      },
    }),
    watch("endpointslices", {
      ...place,
      path: slicesPath(namespace),
      labelSelector: `${managedByLabel}=${managedBy}`,
      project: sliceView,
      all: () => [...known.slices.values()].filter(isHere),
      put: (slice) => known.putSlice(slice),
      remove: (slice) => known.removeSlice(slice),
    }),
    watch("pods-for-names", {
      ...place,
      path: podsPath(namespace),
      labelSelector: podSelector,
      project: (object) => namedPod(object, keys),
      all: () => [...known.pods()].filter(isHere),
      put: (pod) => known.putPod(pod, clock.now()),
      remove: (pod) => known.removePod(pod),
    }),
  ];
}

function watch<T extends Identified>(
  resource: NamesResource,
  { all, put, remove, path, project, labelSelector, ...options }:
    & NamesWatchOptions
    & Pick<ReflectorOptions<T>, "path" | "labelSelector" | "project">
    & {
      readonly namespace: string;
      readonly all: () => readonly T[];
      readonly put: (object: T) => void;
      readonly remove: (object: T) => void;
    },
): Reflector {
  const { client, clock, signal, onTrouble, onRecovered, onUnreadable, onAlive } = options;
  const what = resource === "pods-for-names" ? "pods (for names)" : resource;
  const handler: ReflectorHandler<T> = {
    replaced: (objects) => {
      const listed = new Set(objects.map(({ uid }) => uid));
      for (const object of all()) if (!listed.has(object.uid)) remove(object);
      for (const object of objects) put(object);
    },
    added: put,
    modified: put,
    deleted: remove,
    unreadable: (reason) => onUnreadable(`Cannot read ${what}: ${reason}`),
  };
  return startReflector(client, {
    ...{ path, project, what, handler, signal },
    ...defined({ labelSelector }),
    onAlive: () => onAlive(resource, options.namespace),
    onError: (error) => onTrouble({ resource, what, ...error }),
    onRecovered: () => onRecovered(what),
  }, { clock });
}
