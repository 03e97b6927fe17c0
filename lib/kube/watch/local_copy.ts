// Which objects are known, and what is news? The local copy behind the reflector; it calls the handler.
import { itemLimit } from "../api/items.ts";
import { beginningOf, metadataOf, nameOf } from "./events.ts";
import { messageOf } from "../../text/defined.ts";

/** A list that is being read: nothing of it counts before it is accepted. */
export interface NewList<T> {
  /** What is needed of an item; reports one that cannot be read. */
  readonly read: (item: unknown) => Listed<T>;
  readonly take: (item: Listed<T>) => void;
  /** An item is too long to be read: its beginning. */
  readonly takeLong: (head: string) => void;
  /** Items taken so far, readable or not. */
  count(): number;
  /** The list is complete: it replaces what was known. Resolves when the handler is through with it. */
  accept(): Promise<void>;
}

/** An item that was read, or the uid of one that could not be. */
export interface Listed<T> {
  readonly object: T | undefined;
  readonly uid: string;
}

/** The last good state of each object. */
export interface Collection<T> {
  readonly size: number;
  beginList(): NewList<T>;
  /** An object was added or modified. Gives what the handler gives. */
  present(raw: unknown): Promise<void> | void;
  /** An object has gone, or does not match the selectors any more. */
  deleted(raw: unknown): Promise<void> | void;
  /** An object is too long to be read; this has what its beginning says. */
  tooLong(beginning: unknown): void;
}

/** An empty collection. */
export function createCollection<T extends Identified>(
  options: {
    readonly project: (object: unknown) => T;
    readonly handler: ReflectorHandler<T>;
  },
): Collection<T> {
  const { project, handler } = options;
  let known = new Map<string, T>();

  /** The object's wanted fields, or undefined after it was reported as unreadable. */
  function read(raw: unknown): T | undefined {
    try {
      const object = project(raw);
      if (object.uid !== "") return object;
      handler.unreadable(`${nameOf(raw)} has no uid`);
    } catch (error) {
      handler.unreadable(`${nameOf(raw)}: ${messageOf(error)}`);
    }
    return undefined;
  }

  function tooLong(beginning: unknown): void {
    handler.unreadable(`${nameOf(beginning)} is longer than can be read (${itemLimit} bytes of JSON)`);
  }

  return {
    get size() {
      return known.size;
    },
    beginList: () => {
      const listed = new Map<string, T>();
      let count = 0;
      return {
        read: (raw) => ({ object: read(raw), uid: metadataOf(raw).uid }),
        take: ({ object, uid }) => {
          count += 1;
          const before = known.get(uid);
          // The same state stays the same object: a list costs its receivers what has changed.
          const kept = object?.resourceVersion === before?.resourceVersion ? before : object ?? before;
          if (kept) listed.set(kept.uid, kept);
        },
        takeLong: (head) => {
          count += 1;
          const beginning = beginningOf(head);
          tooLong(beginning);
          const kept = known.get(metadataOf(beginning).uid);
          if (kept) listed.set(kept.uid, kept);
        },
        count: () => count,
        accept: async () => {
          known = listed;
          await handler.replaced([...listed.values()]);
        },
      };
    },
    present: (raw) => {
      const object = read(raw);
      if (!object) return;
      const before = known.get(object.uid);
      known.set(object.uid, object);
      if (!before) return handler.added(object);
      // The same state again, after a reconnect: versions may be compared for equality only.
      if (before.resourceVersion !== object.resourceVersion) return handler.modified(object);
    },
    deleted: (raw) => {
      const { uid } = metadataOf(raw);
      const before = known.get(uid);
      if (!before) return;
      known.delete(uid);
      return handler.deleted(read(raw) ?? before);
    },
    tooLong,
  };
}

/** The part of any object that the reflector itself reads. */
export interface Identified {
  readonly uid: string;
  readonly resourceVersion: string;
}

/**
 * Calls come in order, never two at a time. `added` is only called for an object that is not known, `modified`
 * and `deleted` only for one that is, whatever the server calls it.
 */
export interface ReflectorHandler<T extends Identified> {
  /**
   * A complete list: whatever is not in it is gone. The first call says: now the collection is known. What is as it was is
   * the very same object as before. It may take its time: no other call comes before it is through.
   */
  replaced(objects: readonly T[]): Promise<void> | void;
  /** As `replaced`, this and the next two may take their time; what they throw is a fault that a list makes good. */
  added(object: T): Promise<void> | void;
  modified(object: T): Promise<void> | void;
  /** The last state seen; the object may live on, without the selected label. */
  deleted(object: T): Promise<void> | void;
  /**
   * One JSON object of the stream or list could not be read; nothing else stops. If an earlier state of it is
   * known, that one stays: unreadable is not gone.
   */
  unreadable(reason: string): void;
}
