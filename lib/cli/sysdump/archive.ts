// How do files become one archive? tar, and gzip as the platform has it.
import { packTar } from "modern-tar";
import type { DumpFile } from "./dump.ts";

/** The bytes of a tar.gz whose files are all in one folder. */
export async function packArchive(
  files: readonly DumpFile[],
  { folder, made }: { readonly folder: string; readonly made: Date },
): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const tar = await packTar(files.map(({ path, text }) => {
    const body = encoder.encode(text);
    return {
      header: { name: `${folder}/${path}`, size: body.length, type: "file", mode: 0o600, mtime: made },
      body,
    };
  }));
  const zipped = new Blob([tar]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(zipped).arrayBuffer());
}
