// What is in Debian packages of another architecture? Downloaded and unpacked, with nothing of them run.
import { cacheDirectory } from "../../cluster/cache_directory.ts";
import { step } from "../../cluster/progress.ts";
import { command } from "../../cluster/run_command.ts";

/** Packages of one architecture of the Debian that this machine runs. */
export interface PackageRequest {
  readonly architecture: "arm64";
  readonly packages: readonly string[];
}

/** Unpacked packages. */
export interface UnpackedPackages {
  readonly root: string;
  /** What dpkg would have recorded of each, by the name of the package. */
  readonly records: ReadonlyMap<string, string>;
}

/** Unpacks the packages and all that they depend on into the folder `into`. Needs apt-get and dpkg-deb, not root. */
export async function unpackDebian(
  { architecture, packages }: PackageRequest,
  into: string,
): Promise<UnpackedPackages> {
  const place = `${cacheDirectory()}/debian-${architecture}`;
  for (const folder of ["state/lists/partial", "cache/archives/partial"]) {
    await Deno.mkdir(`${place}/${folder}`, { recursive: true });
  }
  // An apt of its own: the machine's lists, archives and settings stay as they are, and nothing counts as installed.
  await Deno.writeTextFile(`${place}/status`, "");
  const settings = {
    "Dir::State": `${place}/state`,
    "Dir::State::status": `${place}/status`,
    "Dir::Cache": `${place}/cache`,
    "Dir::Etc::Parts": "/dev/null",
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    "APT::Sandbox::User": "root",
  };
  const apt = [
    "apt-get",
    "-q",
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
  ];
  await step(`packages of Debian for ${architecture}`, async () => {
    await command(`update the lists of ${architecture}`, [...apt, "update"]);
    await command("forget old archives", [...apt, "clean"]);
    await command(`download packages of ${architecture}`, [
      ...[...apt, "install", "-y", "--no-install-recommends", "--download-only", ...packages],
    ]);
  });
  const records = new Map<string, string>();
  const archives = `${place}/cache/archives`;
  for await (const { name, isFile } of Deno.readDir(archives)) {
    if (!isFile || !name.endsWith(".deb")) continue;
    await command(`unpack ${name}`, ["dpkg-deb", "--extract", `${archives}/${name}`, into]);
    const record = await command(`read ${name}`, ["dpkg-deb", "--field", `${archives}/${name}`]);
    records.set(/^Package: (.+)$/m.exec(record)?.[1] ?? name, record);
  }
  return { root: into, records };
}
