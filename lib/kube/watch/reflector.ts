// How does a local copy of a collection stay true under every fault of the API server? List, then watch, for ever.
import { backoffDelay } from "../../time/backoff.ts";
import { type Clock, sleep } from "../../time/clock.ts";
import { Timer } from "../../time/timer.ts";
import { type ApiClient, ApiError } from "../api/client.ts";
import { endingOfFailure, endingOfStatus, type WatchEnd } from "./ending.ts";
import type { WatchEvent } from "./events.ts";
import { listPages } from "./list_pages.ts";
import { createCollection, type Identified, type ReflectorHandler } from "./local_copy.ts";
import { type Ended, type Heard, watchOnce } from "./one_watch.ts";
import { defined, ownFault } from "../../text/defined.ts";

export type { WatchEnd };

export interface ReflectorOptions<T extends Identified> {
  /** For messages: "pods". */
  readonly what: string;
  /** Path of the collection, e.g. `/api/v1/pods`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Keeps the needed fields of one object; throws when it cannot be read. */
  readonly project: (object: unknown) => T;
  readonly handler: ReflectorHandler<T>;
  readonly signal: AbortSignal;
  /**
   * Told of every failed list, and of every end of a watch but those agreed; said once per kind of trouble by the
   * caller, then counted. `retryIn`: ms; 0 when the watch had worked, which is no trouble.
   */
  readonly onError?: (
    error: { readonly end: WatchEnd; readonly reason: string; readonly retryIn: number },
  ) => void;
  /** Told when the trouble is over: watches have worked for 5 seconds. */
  readonly onRecovered?: () => void;
  /** Told of every sign of life: a complete list, an event, a bookmark. */
  readonly onAlive?: () => void;
}

/** A running reflector. */
export interface Reflector {
  /** Resolves when the first complete list has been handed over; for ever pending if it ends before. */
  readonly synced: Promise<void>;
  /** Lists anew now (the ten-minute resync, or a doubt). Coalesced; does nothing when a list is under way. */
  relist(): void;
  /** Resolves when everything is closed, after the signal was aborted. */
  readonly done: Promise<void>;
}

/**
 * ms after which a watch has worked, whatever cuts it: load balancers and proxies do so after some seconds. The next
 * one follows at once, as with client-go. What is shorter has the shortest wait when it brought something (client-go:
 * none), and is a failure when not.
 */
const shortestWatch = 1_000;
/** ms without a failure after which trouble counts as over. */
const healAfter = 5_000;
/** ms between the first list that is suddenly empty and the one that confirms it. */
const emptyPause = 2_000;
/** Failed watches in a row after which the version itself is doubted. */
const doubtAfter = 5;
/**
 * Silent watches in a row after which the version is doubted: from a version newer than its own (a database
 * restored from a backup) the API server sends neither events nor bookmarks, and no error.
 */
const silencesToDoubt = 2;
/** ms; see backoff.ts. */
const backoff = { base: 800, max: 30_000 };
/** ms; a server that asks for more is asked again all the same. */
const longestRetryAfter = 120_000;

/** Starts listing and watching at once, until the signal is aborted. Nothing the server does ends it. */
export function startReflector<T extends Identified>(
  client: ApiClient,
  options: ReflectorOptions<T>,
  means: { readonly clock: Clock },
): Reflector {
  const { clock } = means;
  const { what, path, signal } = options;
  const selectors = defined({ labelSelector: options.labelSelector, fieldSelector: options.fieldSelector });
  const collection = createCollection(options);
  const synced = Promise.withResolvers<void>();
  /** Where the next watch goes on; undefined: list first. */
  let version: string | undefined;
  /** relist() was called. */
  let doubted = false;
  let watching: AbortController | undefined;
  /** Watches in a row that were open and said nothing at all until they were idle. */
  let silences = 0;
  let failures = 0;
  let troubled = false;
  /** Something came on the last watch. */
  let heard = false;
  const healing = new Timer(clock);
  let expiredLists = 0;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      heard = false;
      const step = version === undefined || doubted ? list() : watch(version);
      const ended = await step.catch(failed);
      if (signal.aborted || ended === undefined) continue;
      const wait = waitAfter(ended);
      if (ended.end === "idle") silences += 1;
      if (ended.relist || failures > doubtAfter || silences >= silencesToDoubt) version = undefined;
      if (wait > 0 || ended.end !== "expected") {
        options.onError?.({ end: ended.end, reason: ended.reason, retryIn: wait });
      }
      if (wait === 0) continue;
      stayTroubled();
      await sleep(clock, wait, signal);
    }
    healing.cancel();
  }

  /** Reads the whole collection; undefined when all is well. */
  async function list(): Promise<Ended | undefined> {
    try {
      let found = await readList();
      if (found.empty && collection.size > 0) {
        await sleep(clock, emptyPause, signal);
        found = await readList();
      }
      if (signal.aborted) return undefined;
      await found.accept();
      if (signal.aborted) return undefined;
      options.onAlive?.();
      version = found.at;
      doubted = false;
      silences = 0;
      expiredLists = 0;
      synced.resolve();
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const ending = endingOfFailure(error.failure, error.message);
      if (ending.end === "gone") expiredLists += 1;
      return { ...ending, lived: 0 };
    }
  }

  async function readList(): Promise<
    { readonly at: string; readonly empty: boolean; readonly accept: () => Promise<void> }
  > {
    const list = collection.beginList();
    // Pages that expire again and again are too many for the server's memory: ask for all at once.
    const paged = expiredLists < 2;
    const { read, take: onItem, takeLong: onLong } = list;
    const at = await listPages(client, { what, path, selectors, paged, signal, read, onItem, onLong });
    return { at, empty: list.count() === 0, accept: list.accept };
  }

  /** Follows the collection from this version on, until something ends it. */
  async function watch(from: string): Promise<Ended | undefined> {
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    signal.addEventListener("abort", abort, { once: true });
    watching = stop;
    try {
      const onOpen = (): void => {
        if (troubled) healing.start(healAfter, heal);
      };
      const asked = { what, path, selectors, from, clock, signal: stop.signal, onOpen, onEvent: hear };
      const ended = await watchOnce(client, asked);
      // Ended by relist() or for good: not a fault, and nothing to wait for.
      return stop.signal.aborted ? undefined : ended;
    } finally {
      signal.removeEventListener("abort", abort);
      watching = undefined;
    }
  }

  function hear(event: WatchEvent): Heard {
    options.onAlive?.();
    silences = 0;
    heard ||= event.kind !== "error" && event.kind !== "malformed";
    switch (event.kind) {
      case "present":
        version = event.version;
        return through(collection.present(event.object));
      case "deleted":
        version = event.version;
        return through(collection.deleted(event.object));
      case "bookmark":
        version = event.version;
        return undefined;
      case "too-long":
        // Unreadable is not gone: what was known of it stays.
        collection.tooLong(event.object);
        if (event.version !== "") version = event.version;
        return event.deleted ? through(collection.deleted(event.object)) : undefined;
      case "other":
        options.handler.unreadable(`an event of the unknown type ${JSON.stringify(event.type)}`);
        return undefined;
      case "error":
        return endingOfStatus(event.status);
      case "malformed":
        options.handler.unreadable(event.reason);
        return { end: "malformed", reason: event.reason, relist: true };
      default:
        return event satisfies never;
    }
  }

  /** ms to wait after this end; 0 after a watch that has worked. */
  function waitAfter(ended: Ended): number {
    const isCut = ended.end === "expected" || ended.end === "dropped";
    if (heard || (isCut && ended.lived >= shortestWatch)) failures = 0;
    if (isCut && ended.lived >= shortestWatch) return 0;
    // Silent after it was accepted: a bookmark may be late. Not in a row, as silences are counted for themselves.
    failures = ended.end === "idle" ? 1 : failures + 1;
    const asked = Math.min(ended.retryAfter ?? 0, longestRetryAfter);
    return Math.max(asked, backoffDelay(failures, { ...backoff, random: clock.random() }));
  }

  function stayTroubled(): void {
    troubled = true;
    healing.cancel();
  }

  function heal(): void {
    troubled = false;
    options.onRecovered?.();
  }

  return {
    synced: synced.promise,
    relist: () => {
      doubted = true;
      watching?.abort();
    },
    done: run(),
  };
}

/** Nothing more is read before the handler is through: what comes faster than it can be worked off waits at the server. */
function through(handled: Promise<void> | void): Promise<undefined> | undefined {
  return handled?.then(() => undefined);
}

/** A handler that throws must not end the reflector: what it missed comes again with the next list. */
function failed(error: unknown): Ended {
  return { end: "malformed", reason: ownFault(error), relist: true, lived: 0 };
}
