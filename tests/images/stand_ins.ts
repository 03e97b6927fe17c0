// Which images stand in for those of registries, and what are they made of?
import { cacheDirectory } from "../cluster/kubernetes_build.ts";
import { step } from "../cluster/progress.ts";
import { command } from "../cluster/run_command.ts";
import type { Buildah } from "./buildah.ts";

/** The release of Debian that the Dockerfile names. */
const debianRelease = "bookworm";

const here = new URL("./", import.meta.url).pathname;

/** Ids of the stand-ins. */
export interface StandIns {
  readonly debian: string;
  readonly deno: string;
  /** A compile in it ends without Deno's runtime: what comes out cannot be started. */
  readonly denoWithoutRuntime: string;
  readonly runtime: string;
  readonly testTools: string;
}

/** Makes what is not there yet. */
export async function standIns(buildah: Buildah): Promise<StandIns> {
  const context = `${cacheDirectory()}/images/stand-ins-${Deno.version.deno}`;
  await Deno.mkdir(context, { recursive: true });
  await debianRoot(`${context}/debian.tar`);
  await freshCopy(Deno.execPath(), `${context}/deno`);
  await freshCopy("/etc/ssl/certs/ca-certificates.crt", `${context}/ca-certificates.crt`);
  const make = (target: string): Promise<string> =>
    step(`stand-in image ${target}`, () =>
      buildah.build(`make the stand-in image ${target}`, {
        dockerfile: `${here}stand_ins.Dockerfile`,
        context,
        target,
        keepLayers: true,
      }));
  return {
    debian: await make("debian"),
    deno: await make("deno"),
    denoWithoutRuntime: await make("deno-without-denort"),
    runtime: await make("runtime"),
    testTools: await make("test-tools"),
  };
}

/** A Debian with apt and what must be there, as the slim image is, from the mirror that this machine uses. */
async function debianRoot(file: string): Promise<void> {
  if (await Deno.stat(file).then(() => true, () => false)) return;
  const sources = "/etc/apt/sources.list.d/debian.sources";
  const mirror = await Deno.readTextFile(sources).then((text) => text.includes(debianRelease), () => false);
  const unfinished = `${file}.${Deno.pid}.tar`;
  await step(`mmdebstrap ${debianRelease}`, () =>
    command("put a Debian together", [
      ...["mmdebstrap", "--quiet", "--variant=apt", debianRelease, unfinished],
      ...(mirror ? [sources] : []),
    ]));
  await Deno.rename(unfinished, file);
}

/** Times stay as they are where nothing has changed, so that layers are found again. */
async function freshCopy(from: string, to: string): Promise<void> {
  const [source, copy] = await Promise.all([Deno.stat(from), Deno.stat(to).catch(() => undefined)]);
  if (copy?.size === source.size && copy.mtime?.getTime() === source.mtime?.getTime()) return;
  await command(`copy ${from}`, ["cp", "--preserve=timestamps", "--dereference", from, to]);
}
