// What is listened to: pods (of some namespaces or all) and the ConfigMap, with their troubles said once.
import type { ApiClient } from "../../kube/api/client.ts";
import { namespacesOrAll } from "../../kube/api/path.ts";
import type { Identified, ReflectorHandler } from "../../kube/watch/local_copy.ts";
import { type Reflector, startReflector, type WatchEnd } from "../../kube/watch/reflector.ts";
import type { PodView } from "../../member/pod.ts";
import { WatchLog } from "../../ops/dedup.ts";
import type { Log } from "../../ops/log.ts";
import type { Clock } from "../../time/clock.ts";
import type { ControllerSettings } from "../settings.ts";
import { type Collection, configMapCollection, type ConfigMapView, podCollection } from "./resources.ts";

/** The resources that are watched, for metrics. */
export type WatchedResource = "pods" | "configmaps";

export interface WatchOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** A complete list: of the pods that `covers` selects, those not in it are gone. */
  readonly onPods: (pods: readonly PodView[], covers: (pod: PodView) => boolean) => Promise<void> | void;
  readonly onPod: (pod: PodView) => void;
  readonly onPodDeleted: (pod: PodView) => void;
  /** Undefined: there is no ConfigMap. */
  readonly onConfigMap: (configMap: ConfigMapView | undefined) => Promise<void> | void;
  readonly onWatchEnd?: (
    seen: { readonly resource: WatchedResource; readonly reason: WatchEnd; readonly message: string },
  ) => void;
  /** Something came, were it only a bookmark; `namespace` is "" for a watch of all. */
  readonly onAlive?: (resource: WatchedResource, namespace: string) => void;
}

/** One reflector for the ConfigMap, and one for the pods of each watched namespace (or one for all). */
export function startWatches(settings: ControllerSettings, options: WatchOptions): readonly Reflector[] {
  const said = new WatchLog(options);
  const namespaces = namespacesOrAll(settings.watchNamespaces);
  const configMap = watch<ConfigMapView>(configMapCollection(settings), {
    ...options,
    said,
    resource: "configmaps",
    namespace: settings.membership.configMap.namespace,
    handler: {
      replaced: ([configMap]) => options.onConfigMap(configMap),
      added: options.onConfigMap,
      modified: options.onConfigMap,
      deleted: () => options.onConfigMap(undefined),
      unreadable: (reason) => said.unreadable(`Cannot read the ConfigMap: ${reason}`),
    },
  });
  const pods = namespaces.map((namespace) =>
    watch(podCollection(settings, namespace), {
      ...options,
      said,
      resource: "pods",
      namespace: namespace ?? "",
      handler: {
        replaced: (listed) =>
          options.onPods(listed, (pod) => namespace === undefined || pod.namespace === namespace),
        added: options.onPod,
        modified: options.onPod,
        deleted: options.onPodDeleted,
        unreadable: (reason) => said.unreadable(`Cannot read a pod: ${reason}`),
      },
    })
  );
  return [configMap, ...pods];
}

function watch<T extends Identified>(
  collection: Collection<T>,
  options: WatchOptions & {
    readonly said: WatchLog;
    readonly resource: WatchedResource;
    readonly namespace: string;
    readonly handler: ReflectorHandler<T>;
  },
): Reflector {
  const { client, clock, said, resource, handler, signal } = options;
  /** Silent ends in a row. One alone is opened anew and no trouble: a bookmark may come late. */
  let silences = 0;
  return startReflector(client, {
    ...collection,
    handler,
    signal,
    onAlive: () => {
      silences = 0;
      options.onAlive?.(resource, options.namespace);
    },
    onError: (error) => {
      options.onWatchEnd?.({ resource, reason: error.end, message: error.reason });
      silences = error.end === "idle" ? silences + 1 : 0;
      said.ended(collection.what, { ...error, isUsual: silences === 1 });
    },
    onRecovered: () => said.recovered(collection.what),
  }, { clock });
}
