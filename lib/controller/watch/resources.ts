// The two collections that are watched, as the reflector needs them: pods with our label, and the one ConfigMap.
import type { V1ConfigMap, V1Pod } from "@kubernetes/client-node";
import { inNamespace } from "../../kube/api/path.ts";
import type { Identified } from "../../kube/watch/local_copy.ts";
import { podsPath } from "../../kube/watch/pod_metadata.ts";
import type { ReflectorOptions } from "../../kube/watch/reflector.ts";
import { type PodView, podView } from "../../member/pod.ts";
import type { ControllerSettings } from "../settings.ts";

/** The fields of the ConfigMap that are kept. */
export interface ConfigMapView extends Identified {
  readonly data: Readonly<Record<string, string>>;
}

/** What the reflector must know of a collection. */
export type Collection<T extends Identified> = Pick<
  ReflectorOptions<T>,
  "what" | "path" | "labelSelector" | "fieldSelector" | "project"
>;

/** Pods of one namespace, or of all. */
export function podCollection(
  { selector, membership }: ControllerSettings,
  namespace: string | undefined,
): Collection<PodView> {
  return {
    what: namespace === undefined ? "pods" : `pods of namespace ${namespace}`,
    path: podsPath(namespace),
    labelSelector: selector,
    // The API server's answer: its shape is promised, podView reads it without trusting that fields are there.
    project: (object) => podView(object as V1Pod, { annotationKey: membership.annotationKey }),
  };
}

/** The ConfigMap with the networks' options, as a collection of at most one. */
export function configMapCollection({ membership }: ControllerSettings): Collection<ConfigMapView> {
  const { namespace, name } = membership.configMap;
  return {
    what: `ConfigMap ${namespace}/${name}`,
    path: `/api/v1${inNamespace(namespace)}/configmaps`,
    fieldSelector: `metadata.name=${name}`,
    project: (object) => configMapView(object as V1ConfigMap),
  };
}

function configMapView({ metadata, data }: V1ConfigMap): ConfigMapView {
  return {
    uid: metadata?.uid ?? "",
    resourceVersion: metadata?.resourceVersion ?? "",
    data: data ?? {},
  };
}
