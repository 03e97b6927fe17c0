// What has happened to the objects, in order: the window of changes that watches are served from.
import type { KubeObject } from "./kube_object.ts";
import type { ResourceType } from "../api/resources.ts";
import { gone, type StatusError } from "../api/status.ts";

/** One change. `object` of a DELETED entry is the last state, under the version of the deletion. */
export interface LogEntry {
  readonly version: number;
  readonly resource: ResourceType;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
  /** The state before; absent for ADDED. */
  readonly previous?: KubeObject;
}

/** Some of the entries asked for are forgotten. */
export type Forgotten = { readonly forgotten: StatusError };

/** Receives every entry as it is made. */
export type LogListener = (entry: LogEntry) => void;

/** A bounded log of changes. */
export class EventLog {
  #entries: LogEntry[] = [];
  /** Entries up to and with this version are forgotten. */
  #forgotten: number;
  readonly #listeners = new Set<LogListener>();
  /** Entries that the listeners have not been told of yet. */
  readonly #untold: LogEntry[] = [];
  #telling = false;
  readonly #window: number;

  /** `window` is the number of entries that are kept; `start` the version before the first. */
  constructor(options: { readonly window: number; readonly start: number }) {
    this.#window = options.window;
    this.#forgotten = options.start;
  }

  /** Adds an entry and tells the listeners; those made by a listener are told after it, so that all see one order. */
  append(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > 2 * this.#window) this.#keep(this.#window);
    this.#untold.push(entry);
    if (!this.#telling) this.#tell();
  }

  /** The entries after a version, or the 410 when some of them are forgotten. */
  since(version: number): readonly LogEntry[] | Forgotten {
    if (version < this.#forgotten) {
      return { forgotten: gone(`too old resource version: ${version} (${this.#forgotten})`) };
    }
    return this.#entries.filter((entry) => entry.version > version);
  }

  /** Calls `listener` for every later entry, until the returned function is called. */
  subscribe(listener: LogListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets everything up to and with `version`: every older watch is answered 410 from now on. */
  forget(version: number): void {
    this.#entries = this.#entries.filter((entry) => entry.version > version);
    this.#forgotten = Math.max(this.#forgotten, version);
  }

  #tell(): void {
    this.#telling = true;
    try {
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
        for (const listener of this.#listeners) listener(next);
      }
    } finally {
      this.#telling = false;
    }
  }

  #keep(count: number): void {
    const dropped = this.#entries.splice(0, this.#entries.length - count);
    this.#forgotten = dropped.at(-1)?.version ?? this.#forgotten;
  }
}
