// What has `deno compile` put into a program: its permissions, and how much?
import { Buffer } from "node:buffer";

/** The permissions as Deno stores them: a list names what is allowed, an empty one is all, `null` is nothing. */
export type EmbeddedPermissions = Readonly<Record<string, readonly string[] | boolean | null>>;

/** What begins the section that Deno adds to its runtime, and ends the list of the embedded files. */
const magic = "d3n0l4nd";

/** Reads the permissions out of a compiled program. Throws when the file is none. */
export async function embeddedPermissions(file: string): Promise<EmbeddedPermissions> {
  const { metadata } = sectionOf(await Deno.readFile(file), file);
  return metadata.permissions;
}

/** Bytes of the section: metadata, embedded files, and nothing of Deno's own. */
export async function embeddedBytes(file: string): Promise<number> {
  return sectionOf(await Deno.readFile(file), file).bytes;
}

/** True when the program has this file in it, byte for byte. */
export async function embedsFile(program: string, file: string): Promise<boolean> {
  return Buffer.from(await Deno.readFile(program)).includes(Buffer.from(await Deno.readFile(file)));
}

interface Section {
  readonly metadata: { readonly permissions: EmbeddedPermissions };
  readonly bytes: number;
}

/** After the word: its length in 8 bytes, little-endian, and the metadata as JSON. */
function sectionOf(bytes: Uint8Array<ArrayBuffer>, file: string): Section {
  const program = Buffer.from(bytes.buffer);
  const last = program.lastIndexOf(magic);
  for (let at = last; at > 0; at = program.lastIndexOf(magic, at - 1)) {
    const from = at + magic.length + 8;
    if (program[from] !== 0x7b) continue;
    const length = Number(program.readBigUInt64LE(at + magic.length));
    const metadata = JSON.parse(program.toString("utf8", from, from + length));
    return { metadata, bytes: last + magic.length - at };
  }
  throw new Error(`Cannot read the permissions of ${file}: it is no compiled program`);
}
