// What does a tar archive look like? Files, directories and symbolic links, written in order, nothing of this machine.

/** One entry. Paths are relative, without a leading slash. */
export type TarEntry =
  | { readonly kind: "directory"; readonly path: string; readonly mode?: number; readonly owner?: number }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | {
    readonly kind: "file";
    readonly path: string;
    readonly content: Uint8Array<ArrayBuffer>;
    readonly mode?: number;
    readonly owner?: number;
  };

const block = 512;

/** The archive in pieces (ustar), times all zero: the same entries give the same bytes. Throws on a path that is too long. */
export function* tar(entries: Iterable<TarEntry>): Generator<Uint8Array<ArrayBuffer>> {
  for (const entry of entries) {
    yield header(entry);
    if (entry.kind !== "file") continue;
    yield entry.content;
    const rest = entry.content.length % block;
    if (rest > 0) yield new Uint8Array(block - rest);
  }
  yield new Uint8Array(2 * block);
}

function header(entry: TarEntry): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(block);
  const text = new TextEncoder();
  const put = (at: number, value: string): void => bytes.set(text.encode(value), at);
  const number = (at: number, { value, width }: { readonly value: number; readonly width: number }): void =>
    put(at, value.toString(8).padStart(width - 1, "0"));
  const path = entry.kind === "directory" ? `${entry.path.replace(/\/$/, "")}/` : entry.path;
  const target = entry.kind === "link" ? entry.target : "";
  if (text.encode(path).length > 100 || text.encode(target).length > 100) {
    throw new Error(`Cannot write "${path}" into a tar archive: names have at most 100 bytes here`);
  }
  const owner = entry.kind === "link" ? 0 : entry.owner ?? 0;
  put(0, path);
  number(100, { value: modeOf(entry), width: 8 });
  number(108, { value: owner, width: 8 });
  number(116, { value: owner, width: 8 });
  number(124, { value: entry.kind === "file" ? entry.content.length : 0, width: 12 });
  number(136, { value: 0, width: 12 });
  put(148, " ".repeat(8)); // The checksum is computed with blanks in its own place.
  put(156, { file: "0", link: "2", directory: "5" }[entry.kind]);
  put(157, target);
  put(257, "ustar\x0000");
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return bytes;
}

function modeOf(entry: TarEntry): number {
  if (entry.kind === "link") return 0o777;
  return entry.mode ?? (entry.kind === "directory" ? 0o755 : 0o644);
}
