// How is an answer read: whole, item by item, or as a failure? Bounded in bytes, whatever the server sends.
import type { IncomingMessage } from "node:http";
import { GrowingBytes } from "../../text/line_reader.ts";
import { bodyOf } from "./body.ts";
import type { ApiFailure, ListItems } from "./client.ts";
import { createItemReader, itemLimit } from "./items.ts";
import { failureOfStatus } from "./status.ts";

/** Bytes that are read of an answer that is an error. */
const failureLimit = 64 * 1024;

/** A failure on its way to the catch clause of `perform`. */
export class Failed extends Error {
  constructor(readonly failure: ApiFailure) {
    super(failure.kind);
  }
}

/** Not followed: credentials stay where they belong. */
export function redirected(response: IncomingMessage): Failed {
  response.destroy();
  const to = JSON.stringify(String(response.headers.location ?? "").slice(0, 200));
  return new Failed({ kind: "unreachable", reason: `it redirects to ${to}, which is not followed` });
}

/** What the server says in an answer of failure. */
export async function readFailure(response: IncomingMessage, signal: AbortSignal): Promise<Failed> {
  const bytes = await readBody(response, { limit: failureLimit, signal }).catch(() => new Uint8Array());
  return new Failed(failureOfStatus({
    status: response.statusCode ?? 0,
    retryAfter: response.headers["retry-after"] ?? "",
    body: new TextDecoder().decode(bytes),
  }));
}

/** How far and how long is read. */
export interface Reading {
  /** Bytes. */
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

/** All of it. Throws Failed when it is too long. */
export async function readBody(response: IncomingMessage, { limit, ...means }: Reading): Promise<Uint8Array> {
  const body = new GrowingBytes();
  for await (const chunk of bodyOf(response, { ...means, release: () => {} })) {
    // Leaving the loop cancels the body.
    if (body.length + chunk.length > limit) throw tooLong(limit);
    body.append(chunk);
  }
  return body.take();
}

/** Hands over the items; gives the rest. Throws Failed when it is too long or no list. */
export async function readList(
  response: IncomingMessage,
  { limit, items, ...means }: Reading & { readonly items: ListItems },
): Promise<string> {
  const reader = createItemReader({
    itemLimit,
    onItem: (text) => items.onItem(parsedItem(text)),
    onLong: items.onLong,
  });
  let length = 0;
  for await (const chunk of bodyOf(response, { ...means, release: () => {} })) {
    length += chunk.length;
    if (length > limit) throw tooLong(limit, { tooLong: true });
    if (!reader.push(chunk)) throw new Failed({ kind: "malformed", reason: "it is no list" });
  }
  return reader.rest();
}

function parsedItem(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const found = JSON.stringify(text.slice(0, 200));
    throw new Failed({ kind: "malformed", reason: `an item of the list is not JSON: ${found}` });
  }
}

function tooLong(limit: number, more: { readonly tooLong?: true } = {}): Failed {
  return new Failed({ kind: "malformed", reason: `more than ${limit} bytes`, ...more });
}
