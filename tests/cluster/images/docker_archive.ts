// How do layers become an image that a container runtime can import, without a Docker daemon?
import { createHash } from "node:crypto";
import { tar, type TarEntry } from "./tar.ts";

/** An image: its names, its layers from the bottom up, and how it is run. */
export interface Image {
  /** With registry and tag, as the runtime spells them. */
  readonly names: readonly string[];
  readonly layers: readonly (readonly TarEntry[])[];
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** "0" or "65532". */
  readonly user?: string;
}

/** Writes the image as an archive that `ctr image import` and `docker load` read. Each layer is held in memory once. */
export async function writeImage(image: Image, file: string): Promise<void> {
  const layers = image.layers.map((entries) => joined(tar(entries)));
  const digests = layers.map((layer) => createHash("sha256").update(layer).digest("hex"));
  const names = digests.map((digest) => `${digest}.tar`);
  const config = json({
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    os: "linux",
    config: {
      Entrypoint: image.entrypoint,
      Env: Object.entries(image.env).map(([name, value]) => `${name}=${value}`),
      ...(image.user ? { User: image.user } : {}),
    },
    rootfs: { type: "layers", diff_ids: digests.map((digest) => `sha256:${digest}`) },
  });
  const manifest = json([{ Config: "config.json", RepoTags: image.names, Layers: names }]);
  const archive = tar([
    { kind: "file", path: "manifest.json", content: manifest },
    { kind: "file", path: "config.json", content: config },
    ...layers.map((content, index): TarEntry => ({ kind: "file", path: names[index] ?? "", content })),
  ]);
  using out = await Deno.open(file, { write: true, create: true, truncate: true });
  for (const piece of archive) await writeAll(out, piece);
}

async function writeAll(out: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await out.write(bytes.subarray(written));
}

function joined(pieces: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const all = [...pieces];
  const result = new Uint8Array(all.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of all) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
