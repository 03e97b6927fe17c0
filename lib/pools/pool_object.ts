// One of the ConfigMaps that hold the pools: how it is read and written, where losing a race is an answer.
import { type ApiClient, ApiError } from "../kube/api/client.ts";
import { inNamespace } from "../kube/api/path.ts";
import { configMapText } from "../network/problem.ts";
import { quoted } from "../text/quoted.ts";
import { isRecord, recordAt } from "../text/json.ts";
import type { Clock } from "../time/clock.ts";
import type { ServerClock } from "./server_clock.ts";

/** Objects of one controller. The Role names each of them, so it cannot be more later without a new Role. */
export const poolObjects = 16;

/** Bytes of its data that are used: the API server takes 1 MiB, and keys and owner are not counted exactly. */
export const objectRoom = 1_000_000;

/** Key under which it says whose it is; no network can be called so. */
const ownerKey = "_annotation";

const deadline = 10_000;

/** Which of the objects has a network's pool: FNV-1a of its name, which no version may change. */
export function objectOf(network: string): number {
  let hash = 0x811c9dc5;
  for (const octet of new TextEncoder().encode(network)) hash = Math.imul(hash ^ octet, 0x01000193) >>> 0;
  return hash % poolObjects;
}

/** An object as it was read or written last. */
export interface PoolObject {
  readonly object: Readonly<Record<string, unknown>>;
  /** Text of each network's table. */
  readonly tables: ReadonlyMap<string, string>;
}

/** What came of reading or writing. */
export type PoolObjectAnswer =
  | { readonly kind: "object"; readonly is: PoolObject }
  /** Somebody else was faster: read again. */
  | { readonly kind: "outrun" }
  /** It is there, and cannot be used, or it is not there: a clause for the end of a sentence. */
  | { readonly kind: "unusable"; readonly reason: string };

export interface PoolObjectOptions {
  readonly client: ApiClient;
  readonly clock: Pick<Clock, "now">;
  readonly time: ServerClock;
  readonly namespace: string;
  /** Names of all objects begin so. */
  readonly prefix: string;
  readonly signal: AbortSignal;
  /** Whose pools these are: the annotation key of the networks. */
  readonly owner: string;
}

/** `ConfigMap kube-system/kube-vxlan-controller-pool-3`. */
export function objectText(
  at: number,
  { namespace, prefix }: Pick<PoolObjectOptions, "namespace" | "prefix">,
): string {
  return configMapText({ namespace, name: `${prefix}-${at}` });
}

/** Why a network's table is of no use, and what is to be done: a clause for the end of a sentence. */
export function damageText(
  at: number,
  { network, reason, ...options }: Pick<PoolObjectOptions, "namespace" | "prefix"> & {
    readonly network: string;
    readonly reason: string;
  },
): string {
  return `${objectText(at, options)} is damaged, key ${network}: ${reason}; remove the key ` +
    `(kubectl -n ${options.namespace} edit configmap ${options.prefix}-${at}), ` +
    "then it is made again from what the pods have";
}

/** Throws ApiError for what may pass. */
export async function readObject(at: number, options: PoolObjectOptions): Promise<PoolObjectAnswer> {
  return await ask({ method: "GET", at, purpose: "get" }, options);
}

/** Writes the tables over the version that was read. Throws ApiError for what may pass. */
export async function writeObject(
  at: number,
  { before, tables, ...options }: PoolObjectOptions & {
    readonly before: PoolObject;
    readonly tables: ReadonlyMap<string, string>;
  },
): Promise<PoolObjectAnswer> {
  const data = { ...Object.fromEntries(tables), [ownerKey]: options.owner };
  return await ask({ method: "PUT", at, purpose: "update", body: { ...before.object, data } }, options);
}

/** Writes one annotation over the version that was read; an empty text takes it away. Throws ApiError for what may pass. */
export async function writeAnnotation(
  at: number,
  { before, key, text, ...options }: PoolObjectOptions & {
    readonly before: PoolObject;
    readonly key: string;
    readonly text: string;
  },
): Promise<PoolObjectAnswer> {
  const { [key]: _, ...others } = recordAt(before.object["metadata"], "annotations");
  const annotations = text === "" ? others : { ...others, [key]: text };
  const data = { ...recordAt(before.object, "data"), [ownerKey]: options.owner };
  const body = { ...before.object, data, metadata: { ...recordAt(before.object, "metadata"), annotations } };
  return await ask({ method: "PUT", at, purpose: "update", body }, options);
}

/** The text of an annotation; empty where there is none. */
export function annotationOf({ object }: PoolObject, key: string): string {
  const text = recordAt(object["metadata"], "annotations")[key];
  return typeof text === "string" ? text : "";
}

async function ask(
  { at, purpose, ...request }: {
    readonly method: "GET" | "PUT";
    readonly at: number;
    readonly purpose: string;
    readonly body?: unknown;
  },
  options: PoolObjectOptions,
): Promise<PoolObjectAnswer> {
  const { client, clock, time, namespace, prefix, signal } = options;
  const name = encodeURIComponent(`${prefix}-${at}`);
  const sentAt = clock.now();
  try {
    const answer = await client.json({
      ...request,
      path: `/api/v1${inNamespace(namespace)}/configmaps/${name}`,
      purpose: `${purpose} ${objectText(at, options)}`,
      deadline,
      signal,
      onDate: (date) => time.note(date, sentAt),
    });
    return understood(answer, { at, options });
  } catch (error) {
    const status = error instanceof ApiError && error.failure.kind === "status" ? error.failure.status : 0;
    if (status === 409) return { kind: "outrun" };
    if (status === 404) return unusable(`${objectText(at, options)} is not there; apply the manifests again`);
    throw error;
  }
}

function understood(
  answer: unknown,
  { at, options }: { readonly at: number; readonly options: PoolObjectOptions },
): PoolObjectAnswer {
  if (!isRecord(answer)) return unusable(`${objectText(at, options)} is no object`);
  const data = isRecord(answer["data"]) ? answer["data"] : {};
  const owner = data[ownerKey];
  if (owner !== undefined && owner !== options.owner) {
    return unusable(
      `${objectText(at, options)} is that of the controller of annotation ${quoted(String(owner))}; ` +
        "give this one objects of its own with --pools-name",
    );
  }
  const texts = Object.entries(data).filter((entry): entry is [string, string] =>
    entry[0] !== ownerKey && typeof entry[1] === "string"
  );
  return { kind: "object", is: { object: answer, tables: new Map(texts) } };
}

function unusable(reason: string): PoolObjectAnswer {
  return { kind: "unusable", reason };
}
