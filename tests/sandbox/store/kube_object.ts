// What does every object of the sandbox look like, and how is foreign JSON turned into one?
import { invalid } from "../api/status.ts";

/** Metadata as the API server keeps it. Timestamps are RFC 3339 text, versions are opaque text. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly generateName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
}

/** Any object. Never changed in place: every write makes a new one, so that old ones can be handed out freely. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** JSON with fields. */
export type JsonObject = { readonly [field: string]: unknown };

/** True for JSON objects: no null, no array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of a JSON object, or undefined when the value is no object. */
export function field(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}

/** A field as text, or "" when it is missing or something else. */
export function textField(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === "string" ? found : "";
}

/** The elements of a list field, or none. */
export function listField(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}

/** A map of text (labels, annotations) without the entries that are no text. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  const entries = Object.entries(value).filter((entry): entry is [string, string] =>
    typeof entry[1] === "string"
  );
  return Object.fromEntries(entries);
}

/**
 * Gives foreign JSON the shape of an object: the border of the store.
 * Throws a StatusError 422 when metadata is missing or a label or annotation is no text, as the real server does.
 */
export function asObject(value: unknown): KubeObject {
  const metadata = field(value, "metadata");
  if (!isJsonObject(value) || !isJsonObject(metadata)) throw invalid("metadata: Required value");
  for (const map of ["labels", "annotations"]) {
    for (const [key, entry] of Object.entries(metadata[map] ?? {})) {
      if (typeof entry === "string") continue;
      throw invalid(`metadata.${map}: Invalid value: ${JSON.stringify(key)}: must be text`);
    }
  }
  return {
    ...value,
    apiVersion: textField(value, "apiVersion"),
    kind: textField(value, "kind"),
    metadata: {
      ...metadata,
      name: textField(metadata, "name"),
      uid: textField(metadata, "uid"),
      resourceVersion: textField(metadata, "resourceVersion"),
      creationTimestamp: textField(metadata, "creationTimestamp"),
    },
  };
}

/** Equal as JSON, whatever the order of fields. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((element, at) => sameJson(element, other[at]));
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => sameJson(one[name], other[name]));
}
