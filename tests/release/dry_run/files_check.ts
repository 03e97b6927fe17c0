// Are the files of a release right: manifests and chart by digest, SBOMs, krew manifest, checksums?
import { parse } from "yaml";
import { packArchive } from "../../../scripts/release/archives.ts";
import {
  archiveName,
  assets,
  binaryName,
  checksums,
  imagePlatforms,
  images,
  imageSbomName,
  workstations,
} from "../../../scripts/release/assets.ts";
import { pushChart } from "../../../scripts/release/chart.ts";
import { writeChecksums, writeImageSbom, writeReleaseFiles } from "../../../scripts/release/release_files.ts";
import { command, tryCommand } from "../../cluster/run_command.ts";
import { goTool } from "../../tools/go_tools.ts";
import type { Workplace } from "./images_check.ts";
import type { Report } from "./report.ts";
import { exportRoot } from "./two_platforms.ts";

/** With the digests of the lists that are in the registry on loopback. */
export interface FilesWorkplace extends Workplace {
  readonly digests: ReadonlyMap<string, string>;
}

/** Writes all files as the workflow does, and looks into them. */
export async function checkFiles(report: Report, place: FilesWorkplace): Promise<void> {
  report.about("Files, written as the workflow writes them");
  const { version, digests, work } = place;
  const folder = `${work}/assets`;
  const registry = place.registry.address;
  await packPlaceholders(place, folder);
  report.note("the programs in the archives are placeholders: Deno's runtimes for them cannot be had here");
  await writeReleaseFiles({
    ...{ version, registry, digests, folder },
    homepage: "https://example.com/homepage",
    downloads: "https://example.com/downloads",
  });
  const pinned = images.map(({ name }) => `${registry}/${name}:${version}@${digests.get(name)}`);
  for (const file of ["install.yaml", "upgrade.yaml"]) {
    report.check(`${file} names the controller by registry and digest, and no image otherwise`, [
      ...imageFaults(await Deno.readTextFile(`${folder}/${file}`), { pinned, mustName: pinned.slice(0, 1) }),
    ]);
  }
  for (const name of pinned) {
    await place.registry.crane("pull an image as install.yaml names it", ["manifest", name]);
  }
  report.check("both images can be had by these names", []);
  await checkChart(report, { ...place, folder, pinned });
  await writeSboms(report, { ...place, folder });
  const sbom = JSON.parse(await Deno.readTextFile(`${folder}/program.cdx.json`));
  report.check(`program.cdx.json has ${sbom.components.length} packages, each with its hash`, [
    ...(sbom.components.length > 3 ? [] : ["too few"]),
  ]);
  await Deno.writeTextFile(`${folder}/base-images.txt`, placeholder);
  await writeChecksums({ version, folder });
  const verified = await tryCommand(["sha256sum", "--check", "--quiet", checksums], { cwd: folder });
  report.check(
    `${checksums} fits all ${assets(version).length} files`,
    verified.code === 0 ? [] : [verified.stdout],
  );
  const sums = (await Deno.readTextFile(`${folder}/${checksums}`)).split("\n");
  const { spec }: KrewManifest = parse(await Deno.readTextFile(`${folder}/vxlan.yaml`));
  report.check(
    `vxlan.yaml has the hashes of ${spec.platforms.length} archives`,
    spec.platforms.filter(({ uri, sha256 }) => !sums.includes(`${sha256}  ${uri.split("/").at(-1)}`))
      .map(({ uri }) => uri),
  );
}

interface KrewManifest {
  readonly spec: { readonly platforms: readonly { readonly uri: string; readonly sha256: string }[] };
}

const placeholder = "PLACEHOLDER of a dry run\n";

async function packPlaceholders({ version, work }: Workplace, folder: string): Promise<void> {
  for (const one of workstations) {
    const place = `${work}/${archiveName(version, one)}.d`;
    await Deno.mkdir(place);
    await Deno.writeTextFile(`${place}/${binaryName(one)}`, placeholder, { mode: 0o755 });
    await packArchive(one, { version, folder, work: place });
  }
}

/** Images of ours that are named otherwise than by registry and digest, and those that must be there and are not. */
function imageFaults(
  text: string,
  { pinned, mustName }: { readonly pinned: readonly string[]; readonly mustName: readonly string[] },
): readonly string[] {
  const named = [...text.matchAll(/[\w.:/-]*\bkube-vxlan-controller(?:-agent)?[:@][\w.:@-]+/g)].map((
    [name],
  ) => name)
    .filter((name) => !name.includes("kube-vxlan-controller:ready") && !/:network=/.test(name));
  return [
    ...named.filter((name) => !pinned.includes(name)).map((name) => `it names ${name}`),
    ...mustName.filter((name) => !named.includes(name)).map((name) => `it does not name ${name}`),
  ];
}

async function checkChart(
  report: Report,
  { version, folder, pinned, registry, work }: FilesWorkplace & {
    readonly folder: string;
    readonly pinned: readonly string[];
  },
): Promise<void> {
  const helm = await goTool("helm");
  const digest = await pushChart({ version, registry: registry.address, folder, plainHttp: true });
  const back = `${work}/chart`;
  await command(
    "read the chart back",
    [
      ...[helm, "pull", `oci://${registry.address}/charts/kube-vxlan-controller`, "--version", version],
      ...["--plain-http", "--destination", back],
    ].concat(await Deno.mkdir(back).then(() => [])),
  );
  const file = `kube-vxlan-controller-${version}.tgz`;
  const same = await tryCommand(["cmp", `${folder}/${file}`, `${back}/${file}`]);
  report.check(
    `the chart, pushed as ${digest.slice(0, 19)}… and pulled, is the same`,
    same.code === 0 ? [] : [same.stdout],
  );
  const rendered = await command("render the chart", [
    helm,
    "template",
    "x",
    `${back}/${file}`,
    "--set",
    "admission.agentInjection=true",
  ]);
  report.check(
    "rendered, it names both images by registry and digest",
    imageFaults(rendered, { pinned, mustName: pinned }),
  );
}

async function writeSboms(
  report: Report,
  place: FilesWorkplace & { readonly folder: string },
): Promise<void> {
  const { version, registry, work, folder, digests } = place;
  for (const { name } of images) {
    for (const { arch } of imagePlatforms) {
      const root = `${work}/sbom-${name}-${arch}`;
      await Deno.mkdir(root);
      await exportRoot(registry, {
        reference: `${registry.address}/${name}:${version}-${arch}`,
        folder: root,
      });
      const contents = `${root}/var/lib/dpkg/status.d`;
      const file = imageSbomName(name, arch);
      if (await Deno.stat(contents).then(() => true, () => false)) {
        await writeImageSbom({ name, arch, contents }, { version, folder });
        const { components } = JSON.parse(await Deno.readTextFile(`${folder}/${file}`));
        report.check(
          `${file} has ${components.length} packages of Debian`,
          components.length > 3 ? [] : ["too few"],
        );
      } else {
        report.note(`${file} is a placeholder: what stands in for the base image has no records of packages`);
        await Deno.writeTextFile(`${folder}/${file}`, placeholder);
      }
    }
  }
  if (digests.size !== images.length) throw new Error("Cannot write SBOMs: an image is missing");
}
