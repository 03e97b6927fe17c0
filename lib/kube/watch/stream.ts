// Is this stream still alive? Reads lines until the other end stops, falls silent or says too much.
import type { Clock } from "../../time/clock.ts";
import { createLineReader } from "../../text/line_reader.ts";
import { headLimit } from "../api/items.ts";
import { messageOf } from "../../text/defined.ts";

/** Why reading came to its end. */
export type StreamEnd =
  /** `onLine` had enough. */
  | { readonly kind: "stopped" }
  /** The other side closed it in order. What is left of a line is lost; it was not complete. */
  | { readonly kind: "ended" }
  | { readonly kind: "dropped"; readonly reason: string }
  /** Not a byte for `idle` ms. */
  | { readonly kind: "idle" }
  /** It went on for longer than `limit` ms. */
  | { readonly kind: "overdue" };

export interface StreamOptions {
  readonly clock: Clock;
  /** ms without a byte. */
  readonly idle: number;
  /** ms in all. */
  readonly limit: number;
  /** Bytes. */
  readonly lineLimit: number;
  /** Called with each complete line; `false` ends the reading. While it is at work nothing more is read. */
  readonly onLine: (line: string) => boolean | Promise<boolean>;
  /** Called with the beginning of each line longer than `lineLimit`; the rest of it is passed over. */
  readonly onLongLine: (head: string) => boolean | Promise<boolean>;
}

/** Reads until the end and cancels the stream, whatever that end is. Rejects only with what `onLine` throws or rejects with. */
export async function readLines(
  body: ReadableStream<Uint8Array>,
  options: StreamOptions,
): Promise<StreamEnd> {
  const { clock } = options;
  const reader = body.getReader();
  const lines = createLineReader();
  let passingOver = false;
  let timedOut: StreamEnd | undefined;
  const stop = (end: StreamEnd): void => {
    timedOut ??= end;
    reader.cancel().catch(() => {});
  };
  const cancelLimit = clock.after(options.limit, () => stop({ kind: "overdue" }));
  let cancelIdle = (): void => {};
  try {
    while (true) {
      cancelIdle = clock.after(options.idle, () => stop({ kind: "idle" }));
      const chunk = await nextChunk(reader);
      cancelIdle();
      if (timedOut) return timedOut;
      if ("kind" in chunk) return chunk;
      const end = passingOver ? chunk.indexOf(10) : -1;
      if (passingOver && end < 0) continue;
      passingOver = false;
      for (const line of lines.push(chunk.subarray(end + 1))) {
        const wanted = line === "" || options.onLine(line);
        if (!(typeof wanted === "boolean" ? wanted : await wanted)) return { kind: "stopped" };
      }
      if (lines.pendingBytes <= options.lineLimit) continue;
      passingOver = true;
      const head = new TextDecoder().decode(lines.takePending().subarray(0, headLimit));
      if (!await options.onLongLine(head)) return { kind: "stopped" };
    }
  } finally {
    cancelLimit();
    reader.cancel().catch(() => {});
  }
}

async function nextChunk(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | StreamEnd> {
  try {
    const { done, value } = await reader.read();
    return done ? { kind: "ended" } : value;
  } catch (error) {
    return { kind: "dropped", reason: messageOf(error) };
  }
}
