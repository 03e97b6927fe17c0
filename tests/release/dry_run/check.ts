// `deno task release:check`: what would a release publish, and is all of it right that needs no outside?
import { assets, checksums, imagePlatforms, images } from "../../../scripts/release/assets.ts";
import { baseImages } from "../../../scripts/release/base_images.ts";
import { changelogEntry, whyNotReleased } from "../../../scripts/release/changelog.ts";
import { isPlaceholder, registryOf } from "../../../scripts/release/registry.ts";
import { versionPlaces } from "../../../scripts/release/version_places.ts";
import { ensureDebianPackages } from "../../cluster/debian_packages.ts";
import { checkFiles } from "./files_check.ts";
import { checkImages } from "./images_check.ts";
import { startRegistry } from "./registry.ts";
import { Report } from "./report.ts";

const root = new URL("../../../", import.meta.url).pathname;

const report = new Report();
const { version } = JSON.parse(await text("deno.json"));
const registry = registryOf(await text(".github/workflows/release.yml"));

report.about(`A release of ${version} would publish`);
for (const { name } of images) {
  report.tell(
    `image  ${registry}/${name}:${version}  ${imagePlatforms.map(({ platform }) => platform).join(", ")}`,
  );
}
report.tell(`npm    kube-vxlan-controller@${version}`);
report.tell(`chart  oci://${registry}/charts/kube-vxlan-controller:${version}`);
for (const { name, what } of assets(version)) report.tell(`file   ${name}  ${what}`);
report.tell(`file   ${checksums}  SHA-256 of all files, signed`);

report.about("What is written down");
const places = await versionPlaces(root);
report.check(
  `deno.json has the version ${version}, and ${places.length} other places say the same`,
  places.filter((place) => place.version !== version).map((place) => `${place.path} says ${place.version}`),
);
const entry = changelogEntry(await text("CHANGELOG.md"), version);
report.check(`CHANGELOG.md has notes for it: ${entry.notes.split("\n").length} lines`, []);
const reason = whyNotReleased(entry);
if (reason) report.note(`the workflow would refuse a tag v${version} as it is now: ${reason}`);
if (isPlaceholder(registry)) {
  report.note(`the workflow would refuse: "${registry}" is a placeholder for the registry`);
}
report.tell("base images, whose digests the workflow resolves when it runs:");
for (const { arg, image } of baseImages(await text("Dockerfile"))) report.tell(`  ${arg}=${image}`);

await ensureDebianPackages();
const work = await Deno.makeTempDir();
try {
  await using loopback = await startRegistry(`${work}/registry`);
  const digests = await checkImages(report, { version, registry: loopback, work });
  await checkFiles(report, { version, registry: loopback, digests, work });
} finally {
  await Deno.remove(work, { recursive: true });
}

report.about("What was not tried, because it needs an outside or another machine");
report.tell(
  "binaries for the four workstations, their start, the controller of arm64, the digests of base images,",
);
report.tell(
  "signatures, provenance, the push to a real registry. Nothing above is the content of a release:",
);
report.tell(
  "only the release workflow builds that, each image on a machine of its own kind, and starts it once.",
);
if (!report.end()) Deno.exit(1);

async function text(path: string): Promise<string> {
  return await Deno.readTextFile(root + path);
}
