// What does an object become by a patch: JSON merge patch, JSON patch, or what kubectl sends as strategic merge.
import { field, isJsonObject, type JsonObject, sameJson } from "./kube_object.ts";
import { badRequest, invalid, unsupportedMediaType } from "../api/status.ts";

/** Applies a patch of the given content type. Throws a StatusError 400, 415 or 422. */
export function applyPatch(target: unknown, patch: unknown, contentType: string): unknown {
  switch (contentType.split(";")[0]?.trim()) {
    case "application/merge-patch+json":
      return mergePatch(target, patch);
    case "application/strategic-merge-patch+json":
      return strategicMerge(target, patch, "");
    case "application/json-patch+json":
      return jsonPatch(target, patch);
    default:
      throw unsupportedMediaType(contentType);
  }
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** Lists of a Pod that a strategic merge joins by a key; every other list is replaced. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  conditions: "type",
  env: "name",
  volumes: "name",
};

function strategicMerge(target: unknown, patch: unknown, name: string): unknown {
  const key = mergeKeys[name];
  if (key !== undefined && Array.isArray(patch)) {
    return mergeByKey(Array.isArray(target) ? target : [], patch, key);
  }
  if (!isJsonObject(patch)) return patch;
  if (patch["$patch"] === "replace") return without(patch, "$patch");
  const result: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const [inner, value] of Object.entries(patch)) {
    if (inner.startsWith("$")) continue;
    if (value === null) delete result[inner];
    else result[inner] = strategicMerge(result[inner], value, inner);
  }
  return result;
}

function mergeByKey(target: readonly unknown[], patch: readonly unknown[], key: string): unknown[] {
  const result = [...target];
  for (const element of patch) {
    const at = result.findIndex((one) => field(one, key) === field(element, key));
    if (field(element, "$patch") === "delete") {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = strategicMerge(result[at], element, "");
    else result.push(strategicMerge({}, element, ""));
  }
  return result;
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([one]) => one !== name));
}

/** RFC 6902. */
function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest("json patch must be a list of operations");
  return patch.reduce<unknown>(applyOperation, target);
}

function applyOperation(target: unknown, operation: unknown): unknown {
  const path = pointer(field(operation, "path"));
  const value = field(operation, "value");
  switch (field(operation, "op")) {
    case "add":
      return change(target, path, { kind: "add", value });
    case "replace":
      return change(target, path, { kind: "replace", value });
    case "remove":
      return change(target, path, { kind: "remove" });
    case "test":
      if (sameJson(read(target, path), value)) return target;
      throw invalid("the server rejected our request due to an error in our request: testing path failed");
    case "copy":
      return change(target, path, { kind: "add", value: read(target, pointer(field(operation, "from"))) });
    case "move": {
      const from = pointer(field(operation, "from"));
      const moved = read(target, from);
      return change(change(target, from, { kind: "remove" }), path, { kind: "add", value: moved });
    }
    default:
      throw badRequest(`unknown json patch operation ${JSON.stringify(field(operation, "op"))}`);
  }
}

function pointer(text: unknown): readonly string[] {
  if (typeof text !== "string" || !text.startsWith("/")) {
    throw badRequest(`json patch path ${JSON.stringify(text)} does not start with "/"`);
  }
  return text.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function read(target: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => Array.isArray(value) ? value[Number(name)] : field(value, name),
    target,
  );
}

type Change = { readonly kind: "add" | "replace"; readonly value: unknown } | { readonly kind: "remove" };

function change(target: unknown, path: readonly string[], what: Change): unknown {
  const [name = "", ...rest] = path;
  if (Array.isArray(target)) return changeList(target, path, what);
  if (!isJsonObject(target)) throw missing(path);
  const exists = name in target;
  if (rest.length > 0) {
    if (!exists) throw missing(path);
    return { ...target, [name]: change(target[name], rest, what) };
  }
  if (what.kind !== "add" && !exists) throw missing(path);
  return what.kind === "remove" ? without(target, name) : { ...target, [name]: what.value };
}

function changeList(target: readonly unknown[], path: readonly string[], what: Change): unknown {
  const [name = "", ...rest] = path;
  const at = name === "-" ? target.length : Number(name);
  const last = what.kind === "add" && rest.length === 0 ? target.length : target.length - 1;
  if (!Number.isInteger(at) || at < 0 || at > last) throw missing(path);
  const result = [...target];
  if (rest.length > 0) result[at] = change(result[at], rest, what);
  else if (what.kind === "add") result.splice(at, 0, what.value);
  else if (what.kind === "replace") result[at] = what.value;
  else result.splice(at, 1);
  return result;
}

function missing(path: readonly string[]): Error {
  return invalid(
    `the server rejected our request due to an error in our request: nothing at "/${path.join("/")}"`,
  );
}
