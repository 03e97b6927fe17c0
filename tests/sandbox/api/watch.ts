// How do changes reach a watcher? The stream of events of one watch, and all watches that are open.
import type { Forgotten, LogEntry } from "../store/event_log.ts";
import type { KubeObject } from "../store/kube_object.ts";
import type { ObjectStore } from "../store/objects.ts";
import type { ResourceType } from "./resources.ts";
import { type Selection, type Selector, selectorOf } from "../store/selectors.ts";
import { gone, statusBody, type StatusError } from "./status.ts";
import type { View } from "./views.ts";
import type { WireConnection } from "../faults/wire.ts";

/** One watch as a client asks for it. */
export interface WatchRequest {
  readonly resource: ResourceType;
  readonly selection: Selection;
  /** Version after which changes are wanted; undefined: everything there is comes first, as ADDED. */
  readonly from: number | undefined;
  /** With `from` undefined: a bookmark marks the end of what there is (a streaming list). */
  readonly marksInitial: boolean;
  readonly bookmarks: boolean;
  /** NaN or 0: none was asked for. */
  readonly timeoutSeconds: number;
  readonly view: View;
  readonly connection: WireConnection;
  /** What a fault puts in front: a 410 in the stream, or some text. */
  readonly fault?: "gone" | { readonly text: string; readonly then: "cut" | "go-on" };
}

/** Calls back once after `ms`; gives the way to take that back. */
export interface Timers {
  after(ms: number, run: () => void): () => void;
}

const machine: Timers = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The open watches of one server. */
export class Watches {
  readonly #open = new Set<WatchStream>();
  readonly #store: ObjectStore;
  readonly #bookmarkEvery: number;
  readonly #after: Timers["after"];

  /** `bookmarkEvery` in ms; `clock`: default the machine's. */
  constructor(
    options: { readonly store: ObjectStore; readonly bookmarkEvery: number; readonly clock?: Timers },
  ) {
    this.#store = options.store;
    this.#bookmarkEvery = options.bookmarkEvery;
    this.#after = (options.clock ?? machine).after;
  }

  /** Opens one. Throws a StatusError 400 for a bad selector. */
  open(request: WatchRequest): Response {
    const stream = new WatchStream(request, {
      store: this.#store,
      bookmarkEvery: this.#bookmarkEvery,
      after: this.#after,
      onEnd: () => this.#open.delete(stream),
    });
    const body = stream.begin();
    this.#open.add(stream);
    return new Response(body, { headers: { "content-type": "application/json" } });
  }

  /** Number of open watches of a resource (plural name), or of all. */
  count(plural?: string): number {
    return this.#of(plural).length;
  }

  /** Cuts the connections of the open watches. */
  drop(plural?: string): void {
    for (const stream of this.#of(plural)) stream.request.connection.cut();
  }

  /** Withholds the bytes of the open watches; the result lets them flow again. */
  stall(plural?: string): () => void {
    const releases = this.#of(plural).map((stream) => stream.request.connection.stall());
    return () => releases.forEach((release) => release());
  }

  /** Puts a raw text into the open watches. */
  say(text: string, plural?: string): void {
    for (const stream of this.#of(plural)) stream.say(text);
  }

  /** Sends a 410 as an ERROR event into the open watches and ends them. */
  expire(plural?: string): void {
    for (const stream of this.#of(plural)) stream.expire();
  }

  /** Sends a bookmark to the open watches that want them, now. */
  bookmark(plural?: string): void {
    for (const stream of this.#of(plural)) stream.bookmark();
  }

  /** Ends all of them politely. */
  end(): void {
    for (const stream of this.#of(undefined)) stream.end();
  }

  #of(plural: string | undefined): WatchStream[] {
    return [...this.#open].filter((one) => plural === undefined || one.request.resource.plural === plural);
  }
}

interface StreamContext {
  readonly store: ObjectStore;
  readonly bookmarkEvery: number;
  readonly after: Timers["after"];
  readonly onEnd: () => void;
}

class WatchStream {
  readonly request: WatchRequest;
  readonly #context: StreamContext;
  readonly #cleanups: (() => void)[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(request: WatchRequest, context: StreamContext) {
    this.request = request;
    this.#context = context;
  }

  /** Reads the past at once: a bad selector is still an HTTP error, a version too old is an event (as measured). */
  begin(): ReadableStream<Uint8Array> {
    const { resource, selection } = this.request;
    const selects = selectorOf(selection, resource);
    const past = this.#past(selects);
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        this.#follow(past, selects);
      },
      cancel: () => this.#over(),
    });
  }

  say(text: string): void {
    if (text !== "") this.#controller?.enqueue(encoder.encode(text));
  }

  bookmark(annotations?: Record<string, string>): void {
    // A watch from a version that is still to come opens and is silent until then, as measured on the real server.
    if (!this.request.bookmarks || this.#context.store.version < (this.request.from ?? 0)) return;
    const resourceVersion = String(this.#context.store.version);
    const object = this.request.view.bookmark({ resourceVersion, ...(annotations && { annotations }) });
    this.say(eventLine("BOOKMARK", object));
  }

  expire(why: StatusError = gone("too old resource version: 1 (2)")): void {
    this.say(eventLine("ERROR", statusBody(why)));
    this.end();
  }

  end(): void {
    const controller = this.#controller;
    this.#over();
    controller?.close();
  }

  #past(selects: Selector): readonly string[] | Forgotten {
    const { from, resource, selection, view } = this.request;
    const { store } = this.#context;
    if (from === undefined) {
      return store.list(resource, selection).map((object) => eventLine("ADDED", view.one(object)));
    }
    const entries = store.log.since(from);
    return "forgotten" in entries ? entries : entries.map((entry) => this.#lineOf(entry, selects));
  }

  #follow(past: readonly string[] | Forgotten, selects: Selector): void {
    const { fault, marksInitial, timeoutSeconds } = this.request;
    if (fault === "gone") return this.expire();
    if (fault !== undefined) this.say(fault.text);
    if (fault?.then === "cut") {
      void this.request.connection.delivered().then(() => this.request.connection.cut());
      return;
    }
    if ("forgotten" in past) return this.expire(past.forgotten);
    for (const line of past) this.say(line);
    if (marksInitial) this.bookmark({ "k8s.io/initial-events-end": "true" });
    this.#cleanups.push(this.#context.store.log.subscribe((entry) => this.say(this.#lineOf(entry, selects))));
    let cancelBookmark = (): void => {};
    const tick = (): void => {
      cancelBookmark = this.#context.after(this.#context.bookmarkEvery, () => {
        this.bookmark();
        tick();
      });
    };
    tick();
    this.#cleanups.push(() => cancelBookmark());
    if (timeoutSeconds > 0) this.#cleanups.push(this.#context.after(timeoutSeconds * 1000, () => this.end()));
  }

  /** The line for a change as the selection sees it: an object that leaves the selection is DELETED. */
  #lineOf(entry: LogEntry, selects: Selector): string {
    const { from = 0 } = this.request;
    if (entry.resource !== this.request.resource || entry.version <= from) return "";
    const { object, previous, type } = entry;
    const before = previous !== undefined && selects(previous);
    const after = type !== "DELETED" && selects(object);
    const { view } = this.request;
    if (after) return eventLine(before ? "MODIFIED" : "ADDED", view.one(object));
    if (!before) return "";
    return eventLine("DELETED", view.one(withVersionOf(previous, object)));
  }

  #over(): void {
    this.#controller = undefined;
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    this.#context.onEnd();
  }
}

const encoder = new TextEncoder();

function eventLine(type: string, object: unknown): string {
  return JSON.stringify({ type, object }) + "\n";
}

/** The last selected state under the version of the change: what the real server sends. */
function withVersionOf(object: KubeObject, newer: KubeObject): KubeObject {
  const { resourceVersion } = newer.metadata;
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}
