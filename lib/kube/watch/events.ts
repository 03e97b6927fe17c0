// What does one line of a watch say? Pure: text in, event out; nothing is thrown.
import { isRecord, parseRecord } from "../../text/json.ts";
import { readStatus } from "../api/status.ts";

/** One line of a watch. `version` is where the next watch goes on. */
export type WatchEvent =
  | { readonly kind: "present"; readonly object: unknown; readonly version: string }
  | { readonly kind: "deleted"; readonly object: unknown; readonly version: string }
  | { readonly kind: "bookmark"; readonly version: string }
  | { readonly kind: "error"; readonly status: ReturnType<typeof readStatus> }
  /** Its line is too long to be read. `object` has what stands at its beginning; `version` may be empty. */
  | {
    readonly kind: "too-long";
    readonly object: unknown;
    readonly version: string;
    readonly deleted: boolean;
  }
  /** A type that a later server may have: nothing is known of it, and nothing stops. */
  | { readonly kind: "other"; readonly type: string }
  /** Something was said and cannot be understood, so something may have been missed. */
  | { readonly kind: "malformed"; readonly reason: string };

/** Reads one line. */
export function readWatchEvent(line: string): WatchEvent {
  const event = parseRecord(line);
  if (!event || typeof event.type !== "string") {
    return { kind: "malformed", reason: `not an event: ${JSON.stringify(line.slice(0, 200))}` };
  }
  const { type, object } = event;
  if (type === "ERROR") return { kind: "error", status: readStatus(object) };
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED" && type !== "BOOKMARK") {
    return { kind: "other", type: type.slice(0, 100) };
  }
  const version = metadataOf(object).resourceVersion;
  if (version === "") return { kind: "malformed", reason: `${type} without a resourceVersion` };
  if (type === "BOOKMARK") return { kind: "bookmark", version };
  return { kind: type === "DELETED" ? "deleted" : "present", object, version };
}

/** Reads the beginning of a line that is too long. */
export function readLongEvent(head: string): WatchEvent {
  const object = beginningOf(head);
  const deleted = /^\s*\{\s*"type"\s*:\s*"DELETED"/.test(head);
  return { kind: "too-long", object, version: metadataOf(object).resourceVersion, deleted };
}

/**
 * What the beginning of an object's JSON says of its identity: the API server writes name, namespace, uid and version
 * first in the metadata, and the metadata first.
 */
export function beginningOf(head: string): { readonly metadata: Readonly<Record<string, string>> } {
  const [, fields = ""] = /"metadata"\s*:\s*\{([^{}[\]]*)/.exec(head) ?? [];
  const found = fields.matchAll(/"(name|namespace|uid|resourceVersion)"\s*:\s*("(?:[^"\\]|\\.)*")/g);
  return { metadata: Object.fromEntries([...found].map(([, name, text]) => [name, parseText(text ?? "")])) };
}

function parseText(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return "";
  }
}

/** What identifies any object; empty texts where there is nothing usable. */
export function metadataOf(object: unknown): { readonly uid: string; readonly resourceVersion: string } {
  const metadata = isRecord(object) && isRecord(object.metadata) ? object.metadata : {};
  const { uid, resourceVersion } = metadata;
  return {
    uid: typeof uid === "string" ? uid : "",
    resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "",
  };
}

/** What identifies an object to people: "namespace/name". */
export function nameOf(object: unknown): string {
  const metadata = isRecord(object) && isRecord(object.metadata) ? object.metadata : {};
  const parts = [metadata.namespace, metadata.name].filter((part) => typeof part === "string");
  return parts.length === 0 ? "an object without a name" : JSON.stringify(parts.join("/").slice(0, 400));
}
