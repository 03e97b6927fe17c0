// List, then watch, for ever: keeps a local copy of a collection of objects true under every fault of the API server.

/** The part of any object that the reflector itself reads. */
export interface Identified {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Calls come in order, never two at a time. */
export interface ReflectorHandler<T extends Identified> {
  /** A complete list: whatever is not in it is gone. The first call says: now the collection is known. */
  replaced(objects: readonly T[]): void;
  added(object: T): void;
  modified(object: T): void;
  /** The last state seen; the object may live on, without the selected label. */
  deleted(object: T): void;
  /** One JSON object of the stream or list could not be read; nothing else stops. */
  unreadable(reason: string): void;
}

/** Why a watch ended, for logs and metrics. A closed set. */
export type WatchEnd =
  | "expected" // the server's or our own time limit
  | "dropped"
  | "idle"
  | "gone" // 410 in any shape
  | "too-many-requests"
  | "server-error"
  | "unauthorized"
  | "forbidden"
  | "unreachable"
  | "malformed";

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
  /** Told of every end of a watch or failed list; said once per kind of trouble by the caller, then counted. */
  readonly onTrouble?: (
    trouble: { readonly end: WatchEnd; readonly reason: string; readonly retryIn: number },
  ) => void;
  /** Told when the trouble is over. */
  readonly onHealed?: () => void;
}

/** A running reflector. */
export interface Reflector {
  /** Resolves when the first complete list has been handed over; rejects never. */
  readonly synced: Promise<void>;
  /** Lists anew now (the ten-minute resync, or a doubt). Coalesced; does nothing when a list is under way. */
  relist(): void;
  /** Resolves when everything is closed, after the signal was aborted. */
  readonly done: Promise<void>;
}
