// What goes into an archive, and within which bounds: files as text, and what is missing, said in a file of its own.
import { harmless, printable, redact } from "../../text/printable.ts";

/** A file of the archive. */
export interface DumpFile {
  readonly path: string;
  readonly text: string;
}

/** Bounds of everything; what is beyond is left out and said. */
const dumpLimits = {
  /** UTF-16 units of one file. */
  file: 4 * 1024 * 1024,
  /** UTF-16 units of all files. */
  total: 64 * 1024 * 1024,
  files: 3_000,
  /** Sentences about what is missing. */
  notes: 500,
};

/** The file that says what is missing. */
export const readMe = "READ-ME.txt";

/** Files as they are gathered. Credentials that are recognised as such never get in. */
export class Dump {
  readonly #limits: typeof dumpLimits;
  readonly #files = new Map<string, string>();
  readonly #missing = new Set<string>();
  #moreMissing = 0;
  #size = 0;

  constructor(limits: typeof dumpLimits = dumpLimits) {
    this.#limits = limits;
  }

  /** Adds a file; of one that is too long the beginning, or the end where that is what counts. */
  add(
    path: string,
    text: string,
    { keep = "beginning" }: { readonly keep?: "beginning" | "end" } = {},
  ): void {
    const { file, total, files } = this.#limits;
    const clean = readable(redact(text));
    if (this.#files.size >= files || this.#size >= total) {
      return this.missing(`${path}: left out, the archive is full`);
    }
    const room = Math.min(file, total - this.#size);
    const kept = clean.length <= room ? clean : keep === "end" ? clean.slice(-room) : clean.slice(0, room);
    if (kept.length < clean.length) {
      this.missing(`${path}: cut, the ${keep} is there: ${kept.length} of ${clean.length} characters`);
    }
    this.#files.set(safePath(path), kept);
    this.#size += kept.length;
  }

  /** Adds a value as JSON. */
  addValue(path: string, value: unknown): void {
    this.add(path, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Something is not in the archive that should be. */
  missing(what: string): void {
    if (this.#missing.size < this.#limits.notes) this.#missing.add(printable(what));
    else this.#moreMissing += 1;
  }

  get missed(): number {
    return this.#missing.size + this.#moreMissing;
  }

  /** Everything, sorted, behind the file that says how it came about and what is missing. */
  files(head: readonly string[]): readonly DumpFile[] {
    const sorted = [...this.#files].map(([path, text]) => ({ path, text }))
      .sort((a, b) => a.path < b.path ? -1 : 1);
    const missing = [...this.#missing, ...this.#moreMissing > 0 ? [`and ${this.#moreMissing} more`] : []];
    const text = [
      ...head,
      "",
      ...missing.length === 0
        ? ["Everything that was asked for could be read."]
        : ["What could not be read, or was cut:", ...missing.map((one) => `- ${one}`)],
      "",
    ].join("\n");
    return [{ path: readMe, text }, ...sorted];
  }
}

/** Lines stay lines; nothing in them steers the terminal of whoever looks at them. */
function readable(text: string): string {
  return text.split("\n").map(harmless).join("\n");
}

/** Names come from the API server; none of them leads out of the folder into which the archive is unpacked. */
function safePath(path: string): string {
  return path.split("/").map((part) => part.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_")).join("/");
}
