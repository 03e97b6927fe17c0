// What does a list hold, when all of it is more than fits into memory? Bytes in, items out one by one. Pure.
import { GrowingBytes } from "../../text/line_reader.ts";

export interface ItemReaderOptions {
  /** Bytes of an item; of a longer one only the beginning is kept. */
  readonly itemLimit: number;
  /** Takes the JSON text of each element of the top-level array `items`. */
  readonly onItem: (text: string) => void;
  /** Takes the first bytes of one that is too long, as text. */
  readonly onLong: (head: string) => void;
}

/** Reads one JSON object in portions of any size. */
export interface ItemReader {
  /** False once what is not an item is longer than 1 MiB: it is no list. */
  push(chunk: Uint8Array): boolean;
  /** The text of the object with `items` empty. */
  rest(): string;
}

/** Bytes of one object: etcd holds 1.5 MiB, which JSON may write up to six times as long (`<` is `\u003c`). */
export const itemLimit = 8 * 1024 * 1024;
/** Bytes of a too long item, or line of a watch, that are kept: its name stands at its beginning. */
export const headLimit = 64 * 1024;
/** Bytes of everything that is not an item. */
const restLimit = 1024 * 1024;
/** Bytes of the name of a field that are compared. */
const nameLimit = 32;

/** Bytes of JSON's signs. */
const quote = 34;
const comma = 44;
const colon = 58;
const openArray = 91;
const backslash = 92;
const closeArray = 93;
const openObject = 123;
const closeObject = 125;

/** An item reader. What is no JSON leads to texts that are none; nothing is thrown but what the callbacks throw. */
export function createItemReader({ itemLimit, onItem, onLong }: ItemReaderOptions): ItemReader {
  const decoder = new TextDecoder();
  const rest = new GrowingBytes();
  const item = new GrowingBytes();
  /** Brackets that are open. Elements of `items` are at depth 2. */
  let depth = 0;
  let inString = false;
  let escaped = false;
  let inItems = false;
  let isLong = false;
  /** The last text at depth 1, and the one before the last colon there. */
  let name = "";
  let field = "";

  function keep(bytes: Uint8Array): void {
    if (isLong) return;
    item.append(bytes);
    if (item.length <= itemLimit) return;
    isLong = true;
    onLong(decoder.decode(item.take().subarray(0, headLimit)));
  }

  function complete(): void {
    const text = decoder.decode(item.take());
    const wasLong = isLong;
    isLong = false;
    if (!wasLong && text.trim() !== "") onItem(text);
  }

  /** Passes over a text that has begun; gives where to go on. Most bytes of a list are in texts. */
  function skipText(chunk: Uint8Array, begin: number): number {
    let from = escaped ? begin + 1 : begin;
    escaped = false;
    while (true) {
      const end = chunk.indexOf(quote, from);
      const to = end < 0 ? chunk.length : end;
      let slashes = 0;
      while (to - slashes > from && chunk[to - slashes - 1] === backslash) slashes += 1;
      const isEscaped = slashes % 2 === 1;
      if (end >= 0 && isEscaped) {
        from = end + 1;
        continue;
      }
      inString = end < 0;
      escaped = inString && isEscaped;
      if (depth === 1 && name.length < nameLimit) {
        name += decoder.decode(chunk.subarray(begin, Math.min(to, begin + nameLimit)));
      }
      return inString ? to : to + 1;
    }
  }

  return {
    push: (chunk) => {
      let from = 0;
      const flush = (to: number): void => {
        const part = chunk.subarray(from, to);
        from = to;
        if (inItems) keep(part);
        else rest.append(part);
      };
      for (let at = 0; at < chunk.length;) {
        if (inString) {
          at = skipText(chunk, at);
          continue;
        }
        switch (chunk[at]) {
          case quote:
            inString = true;
            if (depth === 1) name = "";
            break;
          case colon:
            if (depth === 1) field = name;
            break;
          case comma:
            if (depth === 1) field = "";
            if (!inItems || depth !== 2) break;
            flush(at);
            complete();
            from = at + 1;
            break;
          case openArray:
          case openObject:
            if (!inItems && depth === 1) {
              flush(at + 1);
              inItems = chunk[at] === openArray && field === "items";
            }
            depth += 1;
            break;
          case closeArray:
          case closeObject:
            if (inItems && depth === 2) {
              flush(at);
              complete();
              inItems = false;
            }
            depth -= 1;
            break;
          default:
        }
        at += 1;
      }
      flush(chunk.length);
      return rest.length <= restLimit;
    },
    rest: () => decoder.decode(rest.take()),
  };
}
