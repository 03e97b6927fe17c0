// What has `deno compile` put into a program: its permissions, and how much?

/** The permissions as Deno stores them: a list names what is allowed, an empty one is all, `null` is nothing. */
export type EmbeddedPermissions = Readonly<Record<string, readonly string[] | boolean | null>>;

/** What begins the section that Deno adds to its runtime, and ends the list of the embedded files. */
const magic = new TextEncoder().encode("d3n0l4nd");

/** Reads the permissions out of a compiled program. Throws when the file is none. */
export async function embeddedPermissions(file: string): Promise<EmbeddedPermissions> {
  const { metadata } = sectionOf(await Deno.readFile(file), file);
  return metadata.permissions;
}

/** Bytes of the section: metadata, embedded files, and nothing of Deno's own. */
export async function embeddedBytes(file: string): Promise<number> {
  return sectionOf(await Deno.readFile(file), file).bytes;
}

interface Section {
  readonly metadata: { readonly permissions: EmbeddedPermissions };
  readonly bytes: number;
}

/** After the word: its length in 8 bytes, little-endian, and the metadata as JSON. */
function sectionOf(program: Uint8Array<ArrayBuffer>, file: string): Section {
  const last = lastIndexOf(program, { part: magic, before: program.length });
  for (let at = last; at >= 0; at = lastIndexOf(program, { part: magic, before: at })) {
    const from = at + magic.length + 8;
    if (program[from] !== 0x7b) continue;
    const length = Number(new DataView(program.buffer).getBigUint64(at + magic.length, true));
    const metadata = JSON.parse(new TextDecoder().decode(program.subarray(from, from + length)));
    return { metadata, bytes: last + magic.length - at };
  }
  throw new Error(`Cannot read the permissions of ${file}: it is no compiled program`);
}

function lastIndexOf(
  bytes: Uint8Array,
  { part, before }: { readonly part: Uint8Array; readonly before: number },
): number {
  const first = part[0] ?? 0;
  for (let at = bytes.lastIndexOf(first, before - 1); at >= 0; at = bytes.lastIndexOf(first, at - 1)) {
    if (part.every((byte, offset) => bytes[at + offset] === byte)) return at;
    if (at === 0) break;
  }
  return -1;
}
