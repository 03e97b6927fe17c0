// Which files are in an archive of `sysdump`?
import { unpackTar } from "modern-tar";

/** Texts by path, without the folder that all are in. */
export async function filesOf(archive: Uint8Array<ArrayBuffer>): Promise<ReadonlyMap<string, string>> {
  const entries = await unpackTar(new Blob([archive]).stream().pipeThrough(new DecompressionStream("gzip")));
  return new Map(
    entries.map(({ header, data }) => [
      header.name.replace(/^kube-vxlan-sysdump-[^/]+\//, ""),
      new TextDecoder().decode(data),
    ]),
  );
}
