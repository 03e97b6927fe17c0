// Which files does a release attach, and what is in them? Written into one folder, beside the archives of the binaries.
import { createHash } from "node:crypto";
import { parse, stringify } from "yaml";
import { staleFiles, upgradeText } from "../../tests/manifests/generated_files.ts";
import { command } from "../../tests/cluster/run_command.ts";
import { goTool } from "../../tests/tools/go_tools.ts";
import {
  archiveName,
  assets,
  checksums,
  images,
  imageSbomName,
  npmArchiveName,
  workstations,
} from "./assets.ts";
import { krewManifest } from "./krew_manifest.ts";
import { imageSbom, programSbom } from "./sbom.ts";

const root = new URL("../../", import.meta.url).pathname;

/** What only the run of a release knows. */
export interface Release {
  readonly version: string;
  /** Host and path below which the images are. */
  readonly registry: string;
  /** Digest of the manifest list of each image ("sha256:…"), by its name. */
  readonly digests: ReadonlyMap<string, string>;
  readonly downloads: string;
  readonly homepage: string;
  /** Holds the archives of the binaries; the other files come beside them. */
  readonly folder: string;
}

/** Writes the files that follow from the digests and the archives. Throws when an archive is missing. */
export async function writeReleaseFiles(release: Release): Promise<void> {
  const { version, folder } = release;
  await writeManifests(release);
  await packNpmPackage(release);
  const lock = JSON.parse(await Deno.readTextFile(`${root}deno.lock`));
  await Deno.writeTextFile(
    `${folder}/program.cdx.json`,
    json(programSbom({ version, lock, leftOut: notInProgram })),
  );
  const hashes = new Map(
    await Promise.all(workstations.map(async (one) => {
      const name = archiveName(version, one);
      return [name, await sha256(`${folder}/${name}`)] as const;
    })),
  );
  await Deno.writeTextFile(`${folder}/vxlan.yaml`, krewManifest({ ...release, hashes }));
}

/** Packages of deno.json that the program holds nothing of: types, and what tests need. */
export const notInProgram = ["@kubernetes/client-node", "@types/ws", "fast-check"];

/** Writes the SBOM of an image for one architecture; `contents` is the unpacked /var/lib/dpkg/status.d of it. */
export async function writeImageSbom(
  image: { readonly name: string; readonly arch: string; readonly contents: string },
  { version, folder }: Pick<Release, "version" | "folder">,
): Promise<void> {
  const files = (await Array.fromAsync(Deno.readDir(image.contents), ({ name }) => name)).sort();
  // distroless has lists of files beside its records.
  const records = await Promise.all(
    files.filter((name) => !name.endsWith(".md5sums"))
      .map((name) => Deno.readTextFile(`${image.contents}/${name}`)),
  );
  const document = imageSbom({ name: image.name, version, records });
  await Deno.writeTextFile(`${folder}/${imageSbomName(image.name, image.arch)}`, json(document));
}

/** Writes the hash of every asset, as `sha256sum --check` reads it. Throws when an asset is missing, or there is another file. */
export async function writeChecksums(
  { version, folder }: Pick<Release, "version" | "folder">,
): Promise<void> {
  const wanted = assets(version).map(({ name }) => name);
  const there = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const missing = wanted.filter((name) => !there.includes(name));
  const unknown = there.filter((name) => !wanted.includes(name) && name !== checksums);
  if (missing.length + unknown.length > 0) {
    throw new Error(
      `Cannot write ${checksums}: missing are ${missing.join(", ") || "none"}, unknown are ${
        unknown.join(", ") || "none"
      }`,
    );
  }
  const lines = await Promise.all(
    wanted.map(async (name) => `${await sha256(`${folder}/${name}`)}  ${name}\n`),
  );
  await Deno.writeTextFile(`${folder}/${checksums}`, lines.join(""));
}

/** install.yaml, upgrade.yaml and the chart from a copy of deploy/ in which the one place for image names has the digests. */
async function writeManifests({ version, registry, digests, folder }: Release): Promise<void> {
  const tree = await Deno.makeTempDir();
  try {
    await command("copy the manifests", [
      "cp",
      "-a",
      ...["deploy", "examples", "k8s.yaml", "deno.json"].map((name) => root + name),
      tree,
    ]);
    const names = `${tree}/deploy/components/images/kustomization.yaml`;
    const pinned = pinnedImages(parse(await Deno.readTextFile(names)), { registry, digests });
    await Deno.writeTextFile(names, stringify(pinned));
    for (const [path, text] of await staleFiles(`${tree}/`)) {
      await Deno.writeTextFile(`${tree}/${path}`, text);
    }
    await Deno.copyFile(`${tree}/k8s.yaml`, `${folder}/install.yaml`);
    await Deno.writeTextFile(`${folder}/upgrade.yaml`, await upgradeText(`${tree}/`));
    await command("package the chart", [
      ...[await goTool("helm"), "package", `${tree}/deploy/chart`, "--destination", folder],
      ...["--version", version, "--app-version", version],
    ]);
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}

async function packNpmPackage({ version, folder }: Release): Promise<void> {
  const work = await Deno.makeTempDir();
  try {
    await command("make the npm package", [
      ...[Deno.execPath(), "run", "-A", `${root}scripts/npm_package.ts`, "--output", `${work}/package`],
    ]);
    await command("pack the npm package", ["npm", "pack", "--silent", "--pack-destination", work], {
      cwd: `${work}/package`,
    });
    await Deno.copyFile(
      `${work}/kube-vxlan-controller-${version}.tgz`,
      `${folder}/${npmArchiveName(version)}`,
    );
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

interface ImagesFile {
  readonly images: readonly { readonly name: string }[];
}

/** kustomize's `images:` with registry and digest; the tag stays for readers. Throws when it names other images than the release has. */
export function pinnedImages(
  file: ImagesFile,
  { registry, digests }: Pick<Release, "registry" | "digests">,
): ImagesFile {
  const names = file.images.map(({ name }) => name).sort();
  const ours = images.map(({ name }): string => name).sort();
  if (names.join() !== ours.join()) {
    throw new Error(
      `Cannot pin the images: the manifests name ${names.join(", ")}, a release ${ours.join(", ")}`,
    );
  }
  return {
    ...file,
    images: file.images.map((image) => {
      const digest = digests.get(image.name);
      if (digest === undefined) throw new Error(`Cannot pin ${image.name}: its digest is not known`);
      return { ...image, newName: `${registry}/${image.name}`, digest };
    }),
  };
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
