// Where are the pods in an object: itself, or the template of a workload?
import { type Document, isMap, YAMLMap } from "yaml";
import { isRecord } from "../text/json.ts";
import { ownNode } from "./anchors.ts";
import { type ManifestObject, textNode } from "./documents.ts";
import { mapIn } from "./places.ts";

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

/** Workloads of others (a Rollout, a DeploymentConfig) have it where Deployments have it. */
const unknownPath = ["spec", "template"];

/** The template of an object; undefined when it has none. */
export function podTemplate(object: ManifestObject): PodTemplate | undefined {
  const path = templatePaths[object.kind] ?? unknownPath;
  const node = mapIn(object, ...path);
  const value = path.reduce<unknown>((at, key) => isRecord(at) ? at[key] : undefined, object.value);
  if (node === undefined || !isRecord(value)) return undefined;
  const isKnown = object.kind in templatePaths;
  if (!isKnown && !(isRecord(value.spec) && Array.isArray(value.spec.containers))) return undefined;
  return { object, node, value, copies: copiesOf(object) };
}

/** The same to be changed: what an alias stands for there becomes a copy of its own. */
export function ownTemplate(template: PodTemplate): PodTemplate {
  const { object } = template;
  let at: unknown = object.node;
  for (const key of templatePaths[object.kind] ?? unknownPath) {
    at = isMap(at) ? ownNode(at, { key, document: object.document }) : undefined;
  }
  return isMap(at) ? { ...template, node: at } : template;
}

function copiesOf({ kind, value }: ManifestObject): PodTemplate["copies"] {
  const spec = isRecord(value.spec) ? value.spec : {};
  if (kind === "DaemonSet") return "several";
  const count = kind === "Job" || kind === "CronJob" ? spec.parallelism : spec.replicas;
  return typeof count === "number" && count > 1 ? "several" : "one";
}

/** Annotations of a template by name. */
export function annotationsOf({ node, object: { document } }: PodTemplate): YAMLMap | undefined {
  return mapIn({ node, document }, "metadata", "annotations");
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
