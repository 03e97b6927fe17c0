// Which image stands in for alpine where an example installs programs of others: keepalived, dnsmasq, iptables? One of Debian's
// packages that has them already.
import { createHash } from "node:crypto";
import { cacheDirectory } from "../cluster/cache_directory.ts";
import { step } from "../cluster/progress.ts";
import { command } from "../cluster/run_command.ts";
import type { ImageArchive } from "./archives.ts";
import { appliancesImageName } from "./image_names.ts";
import { layerArchive } from "./program_archive.ts";

const packages = ["base-files", "coreutils", "dash", "keepalived", "dnsmasq-base", "iptables"];

/** `apk add …` of the examples does nothing here. iptables is what a package's script would choose; dnsmasq asks who root is. */
const added: Readonly<Record<string, { readonly text: string; readonly mode: number }>> = {
  "usr/local/bin/apk": { text: "#!/bin/sh\n", mode: 0o755 },
  "usr/local/bin/iptables": { text: '#!/bin/sh\nexec iptables-nft "$@"\n', mode: 0o755 },
  "etc/passwd": { text: "root:x:0:0:root:/root:/bin/sh\n", mode: 0o644 },
  "etc/group": { text: "root:x:0:\n", mode: 0o644 },
};

/** The archive. Throws with the words of the mirror when it has the packages not. */
export async function appliances(): Promise<ImageArchive> {
  const directory = `${cacheDirectory()}/images/appliances`;
  await Deno.mkdir(directory, { recursive: true });
  const key = createHash("sha256").update(JSON.stringify([packages, added])).digest("hex").slice(0, 8);
  return await layerArchive({
    file: `${directory}/${key}.tar`,
    name: appliancesImageName,
    entrypoint: [],
    makeLayer: (path) => step("mmdebstrap keepalived, dnsmasq, iptables", () => makeLayer(path)),
  });
}

async function makeLayer(path: string): Promise<void> {
  const made = ["--variant=extract", `--include=${packages.join(",")}`, "bookworm", path];
  const sources = "/etc/apt/sources.list.d/debian.sources";
  const isOfRelease = await Deno.readTextFile(sources).then((text) => text.includes("bookworm"), () => false);
  await command("unpack keepalived, dnsmasq and iptables", [
    "mmdebstrap",
    "--quiet",
    ...made,
    ...isOfRelease ? [sources] : [],
  ]);
  const root = await Deno.makeTempDir({ prefix: "appliances-" });
  try {
    for (const [file, { text, mode }] of Object.entries(added)) {
      await Deno.mkdir(`${root}/${file.slice(0, file.lastIndexOf("/"))}`, { recursive: true });
      await Deno.writeTextFile(`${root}/${file}`, text);
      await Deno.chmod(`${root}/${file}`, mode);
    }
    const files = Object.keys(added).map((file) => `./${file}`);
    await command("add to the layer", ["tar", "--append", "--file", path, "-C", root, ...files]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
