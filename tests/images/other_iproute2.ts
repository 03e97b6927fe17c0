// Which versions of iproute2 beside our own can be had, as agents without our program? Those of Debian's releases.
import { cacheDirectory } from "../cluster/cache_directory.ts";
import { step } from "../cluster/progress.ts";
import { command } from "../cluster/run_command.ts";
import type { ImageArchive } from "./archives.ts";
import { layerArchive } from "./program_archive.ts";

/** From the oldest that the mirrors still have to the newest. `sid` has another one every few weeks. */
export const otherReleases = ["bullseye", "trixie", "sid"] as const;

/** The tools, and a first process that ends on TERM; `grep` for the startup probe. */
const packages = ["base-files", "iproute2", "procps", "coreutils", "grep", "catatonit"];

/** An archive of an agent with the tools of that release. Throws with the mirror's words when it has them not. */
export async function otherAgent(release: typeof otherReleases[number]): Promise<ImageArchive> {
  const directory = `${cacheDirectory()}/images/iproute2`;
  await Deno.mkdir(directory, { recursive: true });
  const mirror = await mirrorOfThisMachine();
  return await layerArchive({
    file: `${directory}/${release}.tar`,
    name: `localhost/agent-of-${release}:1`,
    entrypoint: ["/usr/bin/catatonit", "-P"],
    makeLayer: (path) =>
      step(`mmdebstrap ${release}`, async () => {
        // A mirror's list of `sid` is often older than the week for which it counts; its signature is checked all the same.
        const stale = '--aptopt=Acquire::Check-Valid-Until "false"';
        const made = [stale, "--variant=extract", `--include=${packages.join(",")}`, release, path];
        const source = mirror === undefined ? [] : [`deb ${mirror} ${release} main`];
        await command(`unpack the tools of ${release}`, ["mmdebstrap", "--quiet", ...made, ...source]);
      }),
  });
}

/** Where this machine's own packages come from, when it says so in the format of today. */
async function mirrorOfThisMachine(): Promise<string | undefined> {
  const text = await Deno.readTextFile("/etc/apt/sources.list.d/debian.sources").catch(() => "");
  return /^URIs: *(\S+)$/m.exec(text)?.[1];
}
