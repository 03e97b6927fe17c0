// Where does a line end? Bytes in any portions become lines of text.
import { Buffer } from "node:buffer";

/** Cuts a stream of bytes into lines. */
export interface LineReader {
  /** Takes the next portion; gives the lines that are complete now, without their `\n`. */
  push(chunk: Uint8Array): readonly string[];
  /** Bytes of the line that is not complete yet: the caller's means to bound it. */
  readonly pendingBytes: number;
}

/** Lines end with `\n` (a `\r` before it stays). Bytes that are no UTF-8 become U+FFFD; nothing is thrown. */
export function createLineReader(): LineReader {
  const decoder = new TextDecoder();
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;

  function keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    pending.push(bytes);
    pendingBytes += bytes.length;
  }

  function complete(end: Uint8Array): string {
    keep(end);
    const line = decoder.decode(pending.length === 1 ? pending[0] : Buffer.concat(pending));
    pending = [];
    pendingBytes = 0;
    return line;
  }

  return {
    push: (chunk) => {
      const lines: string[] = [];
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        lines.push(complete(chunk.subarray(from, at)));
        from = at + 1;
      }
      keep(chunk.slice(from));
      return lines;
    },
    get pendingBytes() {
      return pendingBytes;
    },
  };
}
