// What does the release workflow ask for, step by step? The dry run (`deno task release:check`) calls the same functions.
//
//   plan --tag TAG --registry REGISTRY     may this tag be released? version and platforms, as outputs of a job
//   bases                                  the base images of the Dockerfile: ARG IMAGE
//   notes                                  what CHANGELOG.md says of the version
//   archive --os OS --arch ARCH --folder DIRECTORY
//   image-sbom --image NAME --arch ARCH --contents DIRECTORY --folder DIRECTORY
//   files --registry R --digest NAME=DIGEST… --downloads URL --homepage URL --folder DIRECTORY
//   checksums --folder DIRECTORY
//   push-chart --registry REGISTRY --folder DIRECTORY     prints its digest
import { parseArgs } from "node:util";
import { compileArchive } from "./archives.ts";
import { imagePlatforms, type Workstation, workstations } from "./assets.ts";
import { baseImages } from "./base_images.ts";
import { pushChart } from "./chart.ts";
import { changelogEntry, whyNotReleased } from "./changelog.ts";
import { writeChecksums, writeImageSbom, writeReleaseFiles } from "./release_files.ts";
import { isPlaceholder } from "./registry.ts";

const root = new URL("../../", import.meta.url).pathname;

const { positionals: [command], values } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    tag: { type: "string" },
    registry: { type: "string" },
    digest: { type: "string", multiple: true },
    image: { type: "string" },
    os: { type: "string" },
    arch: { type: "string" },
    contents: { type: "string" },
    downloads: { type: "string" },
    homepage: { type: "string" },
    folder: { type: "string" },
  },
});

const { version } = JSON.parse(await text("deno.json"));

switch (command) {
  case "plan":
    print(await plan(must("tag"), must("registry")));
    break;
  case "bases":
    print(baseImages(await text("Dockerfile")).map(({ arg, image }) => `${arg} ${image}`).join("\n"));
    break;
  case "notes":
    print(changelogEntry(await text("CHANGELOG.md"), version).notes);
    break;
  case "archive":
    await compileArchive(workstation(must("os"), must("arch")), { version, folder: must("folder") });
    break;
  case "image-sbom":
    await writeImageSbom(
      { name: must("image"), arch: must("arch"), contents: must("contents") },
      { version, folder: must("folder") },
    );
    break;
  case "files":
    await writeReleaseFiles({
      version,
      registry: must("registry"),
      digests: new Map(
        (values.digest ?? []).map((pair) => [pair.split("=")[0] ?? "", pair.split("=")[1] ?? ""]),
      ),
      downloads: must("downloads"),
      homepage: must("homepage"),
      folder: must("folder"),
    });
    break;
  case "checksums":
    await writeChecksums({ version, folder: must("folder") });
    break;
  case "push-chart":
    print(await pushChart({ version, registry: must("registry"), folder: must("folder") }));
    break;
  default:
    throw new Error(`Cannot do "${command}": see the first lines of this file`);
}

async function plan(tag: string, registry: string): Promise<string> {
  if (tag !== `v${version}`) {
    throw new Error(
      `Cannot release the tag "${tag}": deno.json has version ${version}, so it must be v${version}`,
    );
  }
  const reason = whyNotReleased(changelogEntry(await text("CHANGELOG.md"), version));
  if (reason !== undefined) throw new Error(`Cannot release ${version}: in CHANGELOG.md ${reason}`);
  if (isPlaceholder(registry)) {
    throw new Error(
      `Cannot release ${version}: "${registry}" is a placeholder; name the registry in release.yml`,
    );
  }
  return [
    `version=${version}`,
    `workstations=${JSON.stringify(workstations)}`,
    `platforms=${JSON.stringify(imagePlatforms)}`,
  ].join("\n");
}

function workstation(os: string, arch: string): Workstation {
  const found = workstations.find((one) => one.os === os && one.arch === arch);
  if (found === undefined) throw new Error(`Cannot make an archive for ${os} ${arch}: a release has none`);
  return found;
}

type Value = "tag" | "registry" | "os" | "image" | "arch" | "contents" | "downloads" | "homepage" | "folder";

function must(name: Value): string {
  const value = values[name];
  if (value === undefined || value === "") throw new Error(`Cannot ${command}: --${name} is missing`);
  return value;
}

async function text(path: string): Promise<string> {
  return await Deno.readTextFile(root + path);
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
