// How is buildah asked: with a storage of its own, without a daemon, without namespaces that a container may not make?
import { command, tryCommand } from "../cluster/run_command.ts";
import { overlayMounts } from "./overlay_probe.ts";

/** One build. */
export interface Build {
  readonly dockerfile: string;
  readonly context: string;
  /** Default: the last stage. */
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  /** By which it can be found again. */
  readonly name?: string;
}

/** What an image says of itself. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
}

/** An image that is looked at. */
export interface OpenImage {
  /** The directory with its files. */
  readonly files: string;
  /** Runs a program of it as its user, with /proc; gives what it prints. */
  run(argv: readonly string[]): Promise<string>;
}

/** Buildah with one storage. Images are named by their ids, so that two working trees do not get in each other's way. */
export class Buildah {
  readonly #argv: readonly string[];

  private constructor(argv: readonly string[]) {
    this.#argv = argv;
  }

  /** Keeps everything in `directory`. */
  static async in(directory: string): Promise<Buildah> {
    await Deno.mkdir(directory, { recursive: true });
    const driver = await overlayMounts(directory) ? "overlay" : "vfs";
    const places = ["--root", `${directory}/root`, "--runroot", `${directory}/run`];
    return new Buildah(["buildah", ...places, "--storage-driver", driver]);
  }

  /** Gives the id of the image. Throws with the last lines of the build. */
  async build(
    purpose: string,
    { dockerfile, context, target, args = {}, name }: Build,
  ): Promise<string> {
    const idFile = await Deno.makeTempFile();
    try {
      await this.#run(purpose, [
        ...["bud", "--isolation", "chroot", "--pull-never", "--no-cache", "--force-rm"],
        ...["--iidfile", idFile, "--file", dockerfile, ...(target ? ["--target", target] : [])],
        ...(name ? ["--tag", name] : []),
        ...Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
        context,
      ]);
      return (await Deno.readTextFile(idFile)).trim().replace(/^sha256:/, "");
    } finally {
      await Deno.remove(idFile);
    }
  }

  /** The id of the image of that name. */
  async find(name: string): Promise<string | undefined> {
    const { code, stdout } = await tryCommand([...this.#argv, "images", "--quiet", "--no-trunc", name]);
    return code === 0 ? stdout.trim().replace(/^sha256:/, "") : undefined;
  }

  /** Writes an archive that `ctr image import` and `docker load` read. */
  async save(id: string, { file, name }: { readonly file: string; readonly name: string }): Promise<void> {
    await this.#run(`save the image ${name}`, ["push", "--quiet", id, `docker-archive:${file}:${name}`]);
  }

  /** The image's configuration. */
  async config(id: string): Promise<ImageConfig> {
    const text = await this.#run("read an image", ["inspect", "--type", "image", id]);
    return JSON.parse(text).OCIv1.config;
  }

  /** Opens an image, as long as `look` takes. */
  async withFiles<T>(id: string, look: (open: OpenImage) => Promise<T>): Promise<T> {
    const container = (await this.#run("open an image", ["from", "--pull-never", id])).trim();
    try {
      return await look({
        files: (await this.#run("mount an image", ["mount", container])).trim(),
        run: (argv) =>
          this.#run(`run ${argv.join(" ")}`, ["run", "--isolation", "chroot", container, "--", ...argv]),
      });
    } finally {
      await this.#run("close an image", ["rm", container]);
    }
  }

  /** Forgets images; those that are not there are no error. */
  async forget(ids: readonly string[]): Promise<void> {
    const there = (await this.#run("list images", ["images", "--all", "--quiet", "--no-trunc"])).split("\n")
      .map((id) => id.trim().replace(/^sha256:/, ""));
    const known = ids.filter((id) => there.includes(id));
    if (known.length > 0) await this.#run("forget images", ["rmi", "--force", ...known]);
  }

  async #run(purpose: string, args: readonly string[]): Promise<string> {
    return await command(purpose, [...this.#argv, ...args], { env: { NO_COLOR: "1" } });
  }
}
