// How is something read so that it cannot be endless: lists up to a number, texts up to a length and a time.
import type { ApiClient } from "../kube/api/client.ts";
import { listPages } from "../kube/watch/list_pages.ts";
import { GrowingBytes } from "../text/line_reader.ts";
import type { Clock } from "../time/clock.ts";

/** With what is read. */
export interface Reading {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Bytes that are taken in of a text of which the end is kept; what is longer does not end by itself. */
const longestText = 64 * 1024 * 1024;
const deadline = 30_000;
/** Objects of a list that are looked at, whether they are kept or not. */
const mostSeen = 50_000;

/**
 * A text, in the end that is asked for at most `most` bytes. `isCut`: there was more, or it did not end in time.
 * Throws ApiError.
 */
export async function readText(
  { client, clock, signal }: Reading,
  { path, purpose, most, keep }: {
    readonly path: string;
    readonly purpose: string;
    readonly most: number;
    readonly keep: "beginning" | "end";
  },
): Promise<{ readonly text: string; readonly isCut: boolean }> {
  const body = await client.stream({ method: "GET", path, purpose, accept: "*/*", deadline, signal });
  const reader = body.getReader();
  const cancel = clock.after(deadline, () => void reader.cancel().catch(() => {}));
  let kept = new GrowingBytes();
  let [seen, isCut, isOver] = [0, false, false];
  try {
    while (!isOver) {
      const { done, value } = await reader.read();
      if (done) break;
      seen += value.length;
      kept.append(value);
      if (kept.length > 2 * most && keep === "end") {
        const end = kept.take().slice(-most);
        kept = new GrowingBytes();
        kept.append(end);
        isCut = true;
      }
      isOver = keep === "beginning" ? kept.length > most : seen > longestText;
    }
  } finally {
    cancel();
    await reader.cancel().catch(() => {});
  }
  const bytes = kept.bytes;
  const part = keep === "beginning"
    ? bytes.subarray(0, most)
    : bytes.subarray(Math.max(0, bytes.length - most));
  return { text: new TextDecoder().decode(part), isCut: isCut || isOver || part.length < bytes.length };
}

/** Objects of a collection, as `read` keeps them; undefined is not kept. Throws ApiError. */
export async function readSome<T>(
  { client, signal }: Reading,
  { what, path, selectors, most, read }: {
    readonly what: string;
    readonly path: string;
    readonly selectors: Readonly<Record<string, string>>;
    readonly most: number;
    readonly read: (item: unknown) => T | undefined;
  },
): Promise<{ readonly items: readonly T[]; readonly isCut: boolean }> {
  const enough = new AbortController();
  const items: T[] = [];
  let [isCut, seen] = [false, 0];
  const options = { what, path, selectors, paged: true, signal: AbortSignal.any([signal, enough.signal]) };
  const onItem = (item: T | undefined): void => {
    seen += 1;
    const isFull = seen > mostSeen || item !== undefined && items.length >= most;
    if (item !== undefined && !isFull) items.push(item);
    if (!isFull) return;
    isCut = true;
    enough.abort();
  };
  const onLong = (): void => {
    isCut = true;
  };
  await listPages(client, { ...options, read, onItem, onLong }).catch((error) => {
    if (!enough.signal.aborted) throw error;
  });
  return { items, isCut };
}
