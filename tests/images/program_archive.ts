// How does a file tree become an image that containerd imports? A layer, a config and a manifest by hand.
import { createHash } from "node:crypto";
import type { ImageArchive } from "./archives.ts";
import { command } from "../cluster/run_command.ts";

/** Writes an archive beside a program without libraries, unless it is there; the image runs the program. */
export async function programArchive(
  { program, name }: { readonly program: string; readonly name: string },
): Promise<ImageArchive> {
  const at = program.lastIndexOf("/");
  const [folder, entry] = [program.slice(0, at), program.slice(at + 1)];
  return await layerArchive({
    file: `${program}.image.tar`,
    name,
    entrypoint: [`/${entry}`],
    makeLayer: async (layer) => {
      const fixed = ["--owner=0", "--group=0", "--mtime=@0", "--mode=0755"];
      await command("make a layer", ["tar", "-cf", layer, ...fixed, "-C", folder, entry]);
    },
  });
}

/** Writes an archive with one layer, a tar that `makeLayer` puts at the place it is told; nothing when `file` is there. */
export async function layerArchive(
  { file, name, entrypoint, makeLayer }: {
    readonly file: string;
    readonly name: string;
    readonly entrypoint: readonly string[];
    readonly makeLayer: (path: string) => Promise<void>;
  },
): Promise<ImageArchive> {
  const archive: ImageArchive = { file, names: [name] };
  if (await Deno.stat(file).then(() => true, () => false)) return archive;
  const directory = await Deno.makeTempDir({ prefix: "image-" });
  try {
    await makeLayer(`${directory}/layer.tar`);
    const layer = createHash("sha256").update(await Deno.readFile(`${directory}/layer.tar`)).digest("hex");
    const config = {
      architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
      os: "linux",
      config: {
        Entrypoint: entrypoint,
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
    };
    await Deno.writeTextFile(`${directory}/config.json`, JSON.stringify(config));
    const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
    await Deno.writeTextFile(`${directory}/manifest.json`, JSON.stringify(manifest));
    const unfinished = `${file}.${Deno.pid}`;
    const parts = ["manifest.json", "config.json", "layer.tar"];
    await command("make an image archive", ["tar", "-cf", unfinished, "-C", directory, ...parts]);
    await Deno.rename(unfinished, file);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  return archive;
}
