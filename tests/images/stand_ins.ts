// Which images stand in for those of registries, and what are they made of?
import { createHash } from "node:crypto";
import { cacheDirectory } from "../cluster/cache_directory.ts";
import { goToolchain } from "../cluster/go_toolchain.ts";
import { step } from "../cluster/progress.ts";
import { command } from "../cluster/run_command.ts";
import type { Build, Buildah } from "./buildah.ts";

/** The release of Debian that the Dockerfile names. */
const debianRelease = "bookworm";

const here = new URL("./", import.meta.url).pathname;

/** Ids of the stand-ins. */
export interface StandIns {
  readonly debian: string;
  readonly deno: string;
  /** A compile in it ends without Deno's runtime: what comes out cannot be started. */
  readonly denoWithoutRuntime: string;
  readonly go: string;
  /** An agent with the tools and without our program. */
  readonly seedAgent: string;
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
  const goRoot = await freshGo(`${context}/go`);
  const key = await keyOf([...dockerfiles, `${context}/ca-certificates.crt`, `${goRoot}/VERSION`]);
  const make = async (target: string, build: Pick<Build, "dockerfile" | "args">): Promise<string> => {
    const name = `localhost/stand-in/${target}:${key}`;
    return await buildah.find(name) ??
      await step(
        `stand-in image ${target}`,
        () => buildah.build(`make the stand-in image ${target}`, { ...build, context, target, name }),
      );
  };
  const [debianFile, othersFile] = dockerfiles;
  const debian = await make("debian", { dockerfile: debianFile });
  const other = (target: string): Promise<string> =>
    make(target, { dockerfile: othersFile, args: { DEBIAN_IMAGE: debian } });
  return {
    debian,
    deno: await other("deno"),
    denoWithoutRuntime: await other("deno-without-denort"),
    go: await other("go"),
    seedAgent: await other("seed-agent"),
    runtime: await other("runtime"),
    testTools: await other("test-tools"),
  };
}

const dockerfiles = [`${here}debian.Dockerfile`, `${here}stand_ins.Dockerfile`] as const;

async function keyOf(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(Deno.version.deno);
  for (const file of files) hash.update(await Deno.readFile(file));
  return hash.digest("hex").slice(0, 16);
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

async function freshCopy(from: string, to: string): Promise<void> {
  const [source, copy] = await Promise.all([Deno.stat(from), Deno.stat(to).catch(() => undefined)]);
  if (copy?.size === source.size && copy.mtime?.getTime() === source.mtime?.getTime()) return;
  await command(`copy ${from}`, ["cp", "--preserve=timestamps", "--dereference", from, to]);
}

/** A copy of the Go that builds here, made anew when that has another version; gives its directory. */
async function freshGo(to: string): Promise<string> {
  const go = await goToolchain();
  const root = (await command("ask Go where it is", [go.program, "env", "GOROOT"], { env: go.env })).trim();
  const versionOf = (place: string): Promise<string | undefined> =>
    Deno.readTextFile(`${place}/VERSION`).catch(() => undefined);
  if (await versionOf(to) === await versionOf(root)) return to;
  const unfinished = `${to}.${Deno.pid}`;
  await command("copy Go", ["cp", "--recursive", "--dereference", `${root}/.`, unfinished]);
  await Deno.remove(to, { recursive: true }).catch(() => {});
  await Deno.rename(unfinished, to);
  return to;
}
