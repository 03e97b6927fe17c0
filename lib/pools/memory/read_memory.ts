// What was remembered of what `namespaces=` reserves, read from the first object: by who keeps it, and by who only looks.
import { readMemory } from "../../network/reserved/memory_text.ts";
import type { MemoryRead } from "../../network/reserved/remembered.ts";
import {
  annotationOf,
  objectText,
  type PoolObject,
  type PoolObjectOptions,
  readObject,
} from "../pool_object.ts";

/** The object that has it. */
export const memoryAt = 0;

type Place = Pick<PoolObjectOptions, "namespace" | "prefix" | "owner">;

/** Key of the annotation that has it. */
export function memoryKey({ owner }: Pick<Place, "owner">): string {
  return `${owner.slice(0, owner.lastIndexOf("/") + 1)}known-networks`;
}

/** Where it is, for messages. */
export function memoryPlace(place: Place): string {
  return `annotation ${memoryKey(place)} of ${objectText(memoryAt, place)}`;
}

/** What is there. */
interface MemoryFound extends MemoryRead {
  /** Absent: it is not there, or is another's, and `reason` says so: it holds nothing of ours. */
  readonly object: PoolObject | undefined;
  readonly reason?: string;
  readonly text: string;
}

/** Throws ApiError. */
export async function findMemory(options: PoolObjectOptions): Promise<MemoryFound> {
  const answer = await readObject(memoryAt, options);
  const object = answer.kind === "object" ? answer.is : undefined;
  const text = object === undefined ? "" : annotationOf(object, memoryKey(options));
  const { namespace, prefix } = options;
  const name = `${prefix}-${memoryAt}`;
  const { memory, fault } = readMemory(text, { namespace, name });
  const remedy = `kubectl -n ${namespace} annotate configmap ${name} ${memoryKey(options)}-`;
  const unread = fault === undefined
    ? undefined
    : `${memoryPlace(options)} is damaged: ${fault}; mend it, or take it away with ${remedy}`;
  return { object, text, memory, unread, ...(answer.kind === "unusable" && { reason: answer.reason }) };
}
