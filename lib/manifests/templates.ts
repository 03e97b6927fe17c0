// Where are the pods in an object: itself, or the template of a workload?
import { type Document, isMap, YAMLMap } from "yaml";
import { isRecord } from "../text/json.ts";
import { ownNode } from "./anchors.ts";
import { type ManifestObject, mapIn, textNode } from "./documents.ts";

/** A pod as a manifest describes it. */
export interface PodTemplate {
  readonly object: ManifestObject;
  /** Has metadata and spec. */
  readonly node: YAMLMap;
  readonly value: Readonly<Record<string, unknown>>;
  /** How many pods may be made of it. */
  readonly copies: "one" | "several";
}

/** Path from an object to the template, by kind. */
const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  PodTemplate: ["template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  ...Object.fromEntries(
    ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"].map((kind) => [
      kind,
      ["spec", "template"],
    ]),
  ),
};

/** The template of an object; undefined when it has none. */
export function podTemplate(object: ManifestObject): PodTemplate | undefined {
  const path = templatePaths[object.kind];
  if (path === undefined) return undefined;
  const node = mapIn(object.node, ...path);
  let value: unknown = object.value;
  for (const key of path) value = isRecord(value) ? value[key] : undefined;
  if (node === undefined || !isRecord(value)) return undefined;
  return { object, node, value, copies: copiesOf(object) };
}

function copiesOf({ kind, value }: ManifestObject): PodTemplate["copies"] {
  const spec = isRecord(value.spec) ? value.spec : {};
  if (kind === "DaemonSet") return "several";
  const count = kind === "Job" || kind === "CronJob" ? spec.parallelism : spec.replicas;
  return typeof count === "number" && count > 1 ? "several" : "one";
}

/** Annotations of a template by name. */
export function annotationsOf({ node }: PodTemplate): YAMLMap | undefined {
  return mapIn(node, "metadata", "annotations");
}

/** A map of texts within a template: labels, annotations. */
export function textsIn(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  let at = value;
  for (const key of path) at = isRecord(at) ? at[key] : undefined;
  const entries = Object.entries(isRecord(at) ? at : {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Sets a text in the map at this path, making what is missing on the way. Where an anchor shares it, only here. */
export function setText(
  map: YAMLMap,
  { path, key, value, document }: {
    readonly path: readonly string[];
    readonly key: string;
    readonly value: string;
    readonly document: Document;
  },
): void {
  let at = map;
  for (const name of path) {
    const next = ownNode(at, { key: name, document });
    const made = new YAMLMap();
    if (!isMap(next)) at.set(name, made);
    at = isMap(next) ? next : made;
  }
  at.set(key, textNode(value));
}
