// What may a write change, what does the server add, and how long may a deletion take?
import { field, type KubeObject, type ObjectMeta, textField } from "./kube_object.ts";
import { namespaces, pods, type ResourceType } from "../api/resources.ts";
import { invalid } from "../api/status.ts";

/** What a write is about: the object without its status, or its status alone. */
export type WritePart = "object" | "status";

/** What nobody may change by a write of that part is taken from the old object. */
export function merged(
  old: KubeObject,
  given: KubeObject,
  what: { readonly resource: ResourceType; readonly part: WritePart },
): KubeObject {
  const { name, namespace, uid, creationTimestamp, resourceVersion } = old.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata;
  const metadata: ObjectMeta = {
    ...given.metadata,
    ...{ name, uid, creationTimestamp, resourceVersion },
    ...(namespace === undefined ? {} : { namespace }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
  };
  const fixed = { apiVersion: old.apiVersion, kind: old.kind, metadata };
  if (what.part === "status") return { ...old, metadata, status: given["status"] };
  if (!what.resource.subresources.includes("status")) return { ...given, ...fixed };
  return { ...given, ...fixed, status: old["status"] };
}

/** Bytes of all annotations of an object, keys and values. */
const annotationLimit = 262144;

/** 422 when its annotations are longer than the real server takes. */
export function checkAnnotations({ metadata }: KubeObject): void {
  const text = Object.entries(metadata.annotations ?? {}).flat().join("");
  if (new TextEncoder().encode(text).length <= annotationLimit) return;
  throw invalid(`metadata.annotations: Too long: may not be more than ${annotationLimit} bytes`);
}

/** Fields that the real server fills in and that somebody here reads. */
export function defaults(resource: ResourceType, given: KubeObject): Record<string, unknown> {
  if (resource === namespaces) return { status: { phase: "Active" } };
  if (resource !== pods) return {};
  const asked = field(given, "spec") ?? {};
  const spec = {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    schedulerName: "default-scheduler",
    ...asked,
  };
  return { spec, status: { phase: "Pending" } };
}

/** Seconds that a pod gets for its end: those asked for, or its own; 0 for everything that does not run. */
export function graceOf(
  old: KubeObject,
  resource: ResourceType,
  options: { readonly graceSeconds?: number },
): number {
  if (resource !== pods) return 0;
  const spec = field(old, "spec");
  const phase = textField(field(old, "status"), "phase");
  if (textField(spec, "nodeName") === "" || phase === "Succeeded" || phase === "Failed") return 0;
  const own = field(spec, "terminationGracePeriodSeconds");
  return options.graceSeconds ?? (typeof own === "number" ? own : 30);
}
