// For which machine is a program? Asked of the first bytes of its file.

/** Machines that images are made for, by the number that ELF gives them (e_machine). */
const machines: Readonly<Record<number, string>> = { 62: "amd64", 183: "arm64" };

/** The machine of an ELF file by its first 20 bytes, "machine N" for others; undefined when it is no ELF file. */
export function machineOf(start: Uint8Array): string | undefined {
  if (start.length < 20 || String.fromCharCode(...start.subarray(0, 4)) !== "\x7fELF") return undefined;
  const isLittleEndian = start[5] === 1;
  const machine = new DataView(start.buffer, start.byteOffset).getUint16(18, isLittleEndian);
  return machines[machine] ?? `machine ${machine}`;
}

/** The ELF files below a folder, with their machines. Links are not followed. Paths are relative to the folder. */
export async function machinesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const { path, isLink } of entries(folder)) {
    if (isLink) continue;
    const machine = machineOf(await firstBytes(`${folder}/${path}`));
    if (machine !== undefined) found.set(path, machine);
  }
  return found;
}

/** A regular file or a link, by its path relative to the folder that was looked into. */
export interface Entry {
  readonly path: string;
  readonly isLink: boolean;
}

/** All regular files and links below a folder. */
export async function* entries(folder: string, below = ""): AsyncGenerator<Entry> {
  for await (const { name, isDirectory, isFile, isSymlink } of Deno.readDir(`${folder}/${below}`)) {
    if (isDirectory) yield* entries(folder, `${below}${name}/`);
    else if (isFile || isSymlink) yield { path: below + name, isLink: isSymlink };
  }
}

async function firstBytes(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const start = new Uint8Array(20);
  const length = await file.read(start) ?? 0;
  return start.subarray(0, length);
}
