// What do kubeconfig files say? Their text becomes clusters, users and contexts; merged as kubectl merges them. Pure.
import { isRecord } from "../../text/json.ts";
import { dirname, isAbsolute, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { ConfigError } from "./connection.ts";
import { messageOf } from "../../text/defined.ts";

/** One named entry, as its file says it: foreign data, read field by field by whoever uses it. */
export interface KubeconfigEntry {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The file it is from: relative paths in it are relative to that file. */
  readonly path: string;
}

/** One file, or several merged. */
export interface Kubeconfig {
  readonly paths: readonly string[];
  readonly currentContext: string;
  readonly clusters: readonly KubeconfigEntry[];
  readonly users: readonly KubeconfigEntry[];
  readonly contexts: readonly KubeconfigEntry[];
}

/** A context with what it names. */
export interface SelectedContext {
  readonly context: KubeconfigEntry;
  readonly cluster: KubeconfigEntry;
  /** Absent when the context names no user. */
  readonly user?: KubeconfigEntry;
}

/** Reads one file's text. Throws ConfigError when it is no kubeconfig. */
export function parseKubeconfig(text: string, path: string): Kubeconfig {
  const root = parseYaml(text, path);
  if (root === null) return { paths: [path], currentContext: "", clusters: [], users: [], contexts: [] };
  if (!isRecord(root)) throw new ConfigError(`Cannot read kubeconfig ${path}: it is not a mapping`);
  const current = root["current-context"];
  return {
    paths: [path],
    currentContext: typeof current === "string" ? current : "",
    clusters: entries(root.clusters, { inner: "cluster", path }),
    users: entries(root.users, { inner: "user", path }),
    contexts: entries(root.contexts, { inner: "context", path }),
  };
}

/** Of entries with the same name, and of current contexts, the first one counts, as with kubectl. */
export function mergeKubeconfigs(files: readonly Kubeconfig[]): Kubeconfig {
  return {
    paths: files.flatMap((file) => file.paths),
    currentContext: files.find((file) => file.currentContext !== "")?.currentContext ?? "",
    clusters: firstOfEachName(files.flatMap((file) => file.clusters)),
    users: firstOfEachName(files.flatMap((file) => file.users)),
    contexts: firstOfEachName(files.flatMap((file) => file.contexts)),
  };
}

/** Finds the context that was asked for, or the current one. Throws ConfigError that lists what there is. */
export function selectContext(config: Kubeconfig, asked: string | undefined): SelectedContext {
  const where = config.paths.join(", ");
  const name = asked ?? config.currentContext;
  const known = config.contexts.map((each) => `"${each.name}"`).join(", ") || "none";
  if (name === "") {
    throw new ConfigError(
      `Cannot choose a context of ${where}: it has no current-context; say --context with one of: ${known}`,
    );
  }
  const context = config.contexts.find((each) => each.name === name);
  if (!context) throw new ConfigError(`Cannot find context "${name}" in ${where}: there are: ${known}`);
  const clusterName = text(context, "cluster") ?? "";
  const cluster = config.clusters.find((each) => each.name === clusterName);
  if (!cluster) {
    throw new ConfigError(`Cannot use context "${name}" of ${where}: no cluster "${clusterName}"`);
  }
  const userName = text(context, "user") ?? "";
  if (userName === "") return { context, cluster };
  const user = config.users.find((each) => each.name === userName);
  if (!user) throw new ConfigError(`Cannot use context "${name}" of ${where}: no user "${userName}"`);
  return { context, cluster, user };
}

/** A field's text; undefined when it is absent or empty. Throws ConfigError when it is something else. */
export function text(entry: KubeconfigEntry, field: string): string | undefined {
  const value = entry.fields[field];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  throw new ConfigError(`Cannot read ${field} of "${entry.name}" in ${entry.path}: it is not a text`);
}

/** A field that is a path, made absolute the way kubectl does: relative to the file that names it. */
export function path(entry: KubeconfigEntry, field: string): string | undefined {
  const value = text(entry, field);
  return value === undefined ? undefined : besides(entry, value);
}

/** `value` as seen from the file of `entry`. */
export function besides(entry: KubeconfigEntry, value: string): string {
  return isAbsolute(value) ? value : join(dirname(entry.path), value);
}

/** Longest file that is read, in characters; one with a hundred clusters has half of one million. */
const lengthLimit = 8_000_000;

/** As kubectl: YAML 1.1, where merge keys count and `n` is no text; of a key that stands twice the last, and of several documents the first. */
function parseYaml(text: string, path: string): unknown {
  const fail = (found: string): ConfigError => new ConfigError(`Cannot read kubeconfig ${path}: ${found}`);
  if (text.length > lengthLimit) throw fail(`it is longer than ${lengthLimit} characters`);
  try {
    const [document] = parseAllDocuments(text, { version: "1.1", uniqueKeys: false, logLevel: "silent" });
    if (document === undefined) return null;
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS();
  } catch (error) {
    throw fail(`it is not YAML: ${messageOf(error).split("\n")[0]}`);
  }
}

function entries(
  list: unknown,
  options: { readonly inner: string; readonly path: string },
): readonly KubeconfigEntry[] {
  if (list === undefined || list === null) return [];
  const { inner, path } = options;
  if (!Array.isArray(list)) throw new ConfigError(`Cannot read kubeconfig ${path}: ${inner}s is not a list`);
  const names = new Set<string>();
  return list.map((each, index) => {
    const name = isRecord(each) ? each.name ?? "" : undefined;
    if (typeof name === "string" && names.has(name)) {
      throw new ConfigError(`Cannot read kubeconfig ${path}: ${inner}s has the name "${name}" twice`);
    }
    if (isRecord(each) && typeof name === "string") {
      names.add(name);
      const fields = each[inner];
      return { name, fields: isRecord(fields) ? fields : {}, path };
    }
    throw new ConfigError(`Cannot read kubeconfig ${path}: ${inner}s[${index}] has no name`);
  });
}

function firstOfEachName(all: readonly KubeconfigEntry[]): readonly KubeconfigEntry[] {
  return all.filter((each, index) => all.findIndex((other) => other.name === each.name) === index);
}
