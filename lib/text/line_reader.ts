// Where does a line end? Bytes in any portions become lines of text.

/** Cuts a stream of bytes into lines. */
export interface LineReader {
  /** Takes the next portion; gives the lines that are complete now, without their `\n`. */
  push(chunk: Uint8Array): readonly string[];
  /** Bytes of the line that is not complete yet: the caller's means to bound it. */
  readonly pendingBytes: number;
  /** Takes them away: the line goes on with what comes next. */
  takePending(): Uint8Array;
}

/** Lines end with `\n` (a `\r` before it stays). Bytes that are no UTF-8 become U+FFFD; nothing is thrown. */
export function createLineReader(): LineReader {
  const decoder = new TextDecoder();
  const pending = new GrowingBytes();

  function complete(end: Uint8Array): string {
    if (pending.length === 0) return decoder.decode(end);
    pending.append(end);
    return decoder.decode(pending.take());
  }

  return {
    push: (chunk) => {
      const lines: string[] = [];
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        lines.push(complete(chunk.subarray(from, at)));
        from = at + 1;
      }
      pending.append(chunk.subarray(from));
      return lines;
    },
    get pendingBytes() {
      return pending.length;
    },
    takePending: () => pending.take(),
  };
}

/** Bytes that come in portions of any size, in one buffer: kept one by one each portion would cost hundreds of bytes. */
export class GrowingBytes {
  #buffer = new Uint8Array();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All of them, until the next portion comes. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A copy of them is kept. */
  append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(2 * needed, needed + mostSpare)));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = needed;
  }

  /** Gives all of them and is empty then. */
  take(): Uint8Array {
    const all = this.bytes;
    this.#buffer = new Uint8Array();
    this.#length = 0;
    return all;
  }
}

/** Bytes that the buffer may be larger than what is in it. */
const mostSpare = 4 * 1024 * 1024;
