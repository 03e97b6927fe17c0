// How does one program without libraries become an image that containerd imports? A layer, a config and a manifest by hand.
import { createHash } from "node:crypto";
import type { ImageArchive } from "./archives.ts";
import { command } from "../cluster/run_command.ts";

/** Writes an archive beside the program, unless it is there; the image runs the program. */
export async function programArchive(
  { program, name }: { readonly program: string; readonly name: string },
): Promise<ImageArchive> {
  const file = `${program}.image.tar`;
  const archive: ImageArchive = { file, names: [name] };
  if (await Deno.stat(file).then(() => true, () => false)) return archive;
  const directory = await Deno.makeTempDir({ prefix: "image-" });
  try {
    const [folder, entry] = [
      program.slice(0, program.lastIndexOf("/")),
      program.slice(program.lastIndexOf("/") + 1),
    ];
    const fixed = ["--owner=0", "--group=0", "--mtime=@0", "--mode=0755"];
    await command("make a layer", ["tar", "-cf", `${directory}/layer.tar`, ...fixed, "-C", folder, entry]);
    const layer = createHash("sha256").update(await Deno.readFile(`${directory}/layer.tar`)).digest("hex");
    const config = {
      architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
      os: "linux",
      config: { Entrypoint: [`/${entry}`] },
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
