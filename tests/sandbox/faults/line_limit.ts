// How many lines of a stream may pass? Counts them, and lets through exactly as many as a fault allows.

const newline = 10;

/** Lets `limit` lines pass, and tells `onLine` of each. */
export class LineLimit {
  readonly #limit: number;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #passed = 0;
  #rest = "";

  constructor(limit: number, onLine: (line: string) => void) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  /** True once nothing more may pass. */
  get reached(): boolean {
    return this.#passed >= this.#limit;
  }

  /** The part of the bytes that may pass. */
  take(bytes: Uint8Array): Uint8Array {
    let end = 0;
    while (end < bytes.length && !this.reached) {
      if (bytes[end] === newline) this.#passed++;
      end++;
    }
    const allowed = bytes.subarray(0, end);
    const lines = (this.#rest + this.#decoder.decode(allowed, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#onLine(line);
    return allowed;
  }
}
