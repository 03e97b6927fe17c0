// What happens from the opening of one watch to its end?
import type { Clock } from "../../time/clock.ts";
import { type ApiClient, ApiError } from "../api/client.ts";
import { itemLimit } from "../api/items.ts";
import { type Ending, endingOfFailure, endingOfStream } from "./ending.ts";
import { readLongEvent, readWatchEvent, type WatchEvent } from "./events.ts";
import { readLines } from "./stream.ts";

/** ms until a watch must have been accepted. */
const openDeadline = 30_000;
/** ms without a byte; bookmarks come about once a minute. */
const idleLimit = 90_000;
/** ms beyond the time limit that the server was asked for. */
const overdueMargin = 30_000;

export interface WatchOptions {
  /** For messages: "pods". */
  readonly what: string;
  /** Path of the collection. */
  readonly path: string;
  readonly selectors: Readonly<Record<string, string>>;
  /** The version to go on from. */
  readonly from: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when the server has accepted. */
  readonly onOpen: () => void;
  /** Called with each event, once it is through with the one before; an Ending when the watch cannot go on after it. */
  readonly onEvent: (event: WatchEvent) => Heard;
}

/** What came of an event, now or when its handler is through with it. */
export type Heard = Ending | undefined | Promise<undefined>;

/** An ending, and ms for which the watch was open; 0 when it never was. */
export interface Ended extends Ending {
  readonly lived: number;
}

/** Watches until the first end of any kind. Rejects only with what `onEvent` throws or rejects with. */
export async function watchOnce(client: ApiClient, options: WatchOptions): Promise<Ended> {
  const { clock } = options;
  // The server is asked to end it, at a different moment for each client: all of them at once would be a wave.
  const seconds = 120 + Math.floor(clock.random() * 121);
  const body = await open(client, { ...options, seconds });
  if ("end" in body) return { ...body, lived: 0 };
  const since = clock.now();
  options.onOpen();
  let ours: Ending | undefined;
  const hear = (event: WatchEvent): boolean | Promise<boolean> => {
    // An abort is final, even for what has arrived already.
    if (options.signal.aborted) return false;
    const heard = options.onEvent(event);
    if (heard instanceof Promise) return heard.then(() => true);
    ours = heard;
    return ours === undefined;
  };
  const end = await readLines(body, {
    clock,
    idle: idleLimit,
    limit: seconds * 1000 + overdueMargin,
    lineLimit: itemLimit,
    onLine: (line) => hear(readWatchEvent(line)),
    onLongLine: (head) => hear(readLongEvent(head)),
  });
  return { ...endingOfStream(end, ours), lived: clock.now() - since };
}

async function open(
  client: ApiClient,
  options: WatchOptions & { readonly seconds: number },
): Promise<ReadableStream<Uint8Array> | Ending> {
  const query = new URLSearchParams({
    ...options.selectors,
    watch: "1",
    allowWatchBookmarks: "true",
    resourceVersion: options.from,
    timeoutSeconds: String(options.seconds),
  });
  try {
    return await client.stream({
      method: "GET",
      path: `${options.path}?${query}`,
      purpose: `watch ${options.what}`,
      deadline: openDeadline,
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof ApiError) return endingOfFailure(error.failure, error.message);
    throw error;
  }
}
