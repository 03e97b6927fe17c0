// Which versions of iproute2 beside our own can be had, as agents without our program? Those of Debian's releases.
import { createHash } from "node:crypto";
import { cacheDirectory } from "../cluster/cache_directory.ts";
import { step } from "../cluster/progress.ts";
import { command } from "../cluster/run_command.ts";
import type { ImageArchive } from "./archives.ts";
import { layerArchive } from "./program_archive.ts";

/** From the oldest that the mirrors still have to the newest. `sid` has another one every few weeks. */
export const otherReleases = ["bullseye", "trixie", "sid"] as const;

/** The tools, `grep` for the startup probe, and a shell as the first process. */
const packages = ["base-files", "iproute2", "procps", "coreutils", "grep", "dash"];
/** As the seed asks: it ends with 0 on TERM. */
const entrypoint = ["dash", "-c", "trap 'exit 0' TERM; sleep 2147483647 & wait"];

/** An archive of an agent with the tools of that release. Throws with the mirror's words when it has them not. */
export async function otherAgent(release: typeof otherReleases[number]): Promise<ImageArchive> {
  const directory = `${cacheDirectory()}/images/iproute2`;
  await Deno.mkdir(directory, { recursive: true });
  const key = createHash("sha256").update(JSON.stringify([packages, entrypoint])).digest("hex").slice(0, 8);
  const mirror = await mirrorOfThisMachine();
  return await layerArchive({
    file: `${directory}/${release}-${key}.tar`,
    name: `localhost/agent-of-${release}:1`,
    entrypoint,
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
