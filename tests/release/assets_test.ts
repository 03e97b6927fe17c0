// Are the parts of a release as those who fetch them expect: archives, krew manifest, base images, version?
import assert from "node:assert/strict";
import { parse } from "yaml";
import { archiveName, assets, workstations } from "../../scripts/release/assets.ts";
import { baseImages } from "../../scripts/release/base_images.ts";
import { krewManifest } from "../../scripts/release/krew_manifest.ts";
import { pinnedImages } from "../../scripts/release/release_files.ts";
import { versionsIn } from "../../scripts/release/version_places.ts";

const hashes = new Map(workstations.map((one, at) => [archiveName("1.2.3", one), `${at}`.repeat(64)]));
const place = { version: "1.2.3", downloads: "https://example.com/d", homepage: "https://example.com" };

Deno.test("no two files of a release have one name", () => {
  const names = assets("1.2.3").map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

Deno.test("the krew manifest has archive, hash and program of every workstation", () => {
  const { spec } = parse(krewManifest({ ...place, hashes }));
  assert.equal(spec.version, "v1.2.3");
  assert.deepEqual(spec.platforms.at(-1), {
    selector: { matchLabels: { os: "windows", arch: "amd64" } },
    uri: "https://example.com/d/kubectl-vxlan_1.2.3_windows_amd64.zip",
    sha256: "3".repeat(64),
    bin: "kubectl-vxlan.exe",
  });
  assert.equal(spec.platforms.length, workstations.length);
});

Deno.test("the krew manifest is not written without the hash of an archive", () => {
  assert.throws(
    () => krewManifest({ ...place, hashes: new Map() }),
    /no hash of kubectl-vxlan_1\.2\.3_linux_amd64/,
  );
});

Deno.test("base images are the ARGs that stages are built from", () => {
  const text = "ARG A=x/a:1\nARG B=x/b:2\nFROM ${A} AS one\nARG C=no\nFROM one AS two\nFROM scratch\n";
  assert.deepEqual(baseImages(text), [{ arg: "A", image: "x/a:1" }, { arg: "B", image: "x/b:2" }]);
});

Deno.test("a base image that cannot be set from outside is refused", () => {
  assert.throws(() => baseImages("ARG A=x/a:1\nFROM debian:12\n"), /"FROM debian:12" is no ARG/);
});

Deno.test("every base image of our Dockerfile can be pinned", async () => {
  const text = await Deno.readTextFile(new URL("../../Dockerfile", import.meta.url));
  assert.ok(baseImages(text).length >= 2);
});

const names = ["kube-vxlan-controller", "kube-vxlan-controller-agent"];
const digests = new Map(names.map((name, at) => [name, `sha256:${at}`]));

Deno.test("images are pinned by registry and digest", () => {
  const file = { images: names.map((name) => ({ name, newName: name, newTag: "1" })) };
  assert.deepEqual(pinnedImages(file, { registry: "r/p", digests }).images[1], {
    name: "kube-vxlan-controller-agent",
    newName: "r/p/kube-vxlan-controller-agent",
    newTag: "1",
    digest: "sha256:1",
  });
});

Deno.test("images of which one is unknown, or has no digest, are not pinned", () => {
  const file = { images: [{ name: names[0] ?? "" }, { name: "other" }] };
  assert.throws(() => pinnedImages(file, { registry: "r", digests }), /the manifests name .*other/);
  const ours = { images: names.map((name) => ({ name })) };
  assert.throws(
    () => pinnedImages(ours, { registry: "r", digests: new Map() }),
    /Cannot pin kube-vxlan-controller: /,
  );
});

for (
  const { it, path, text, versions } of [
    {
      it: "an image",
      path: "k8s.yaml",
      text: "image: r/kube-vxlan-controller-agent:1.2.3",
      versions: ["1.2.3"],
    },
    {
      it: "a line of the log",
      path: "README.md",
      text: "INFO  kube-vxlan-controller 1.2.3 on",
      versions: ["1.2.3"],
    },
    {
      it: "a chart",
      path: "a/Chart.yaml",
      text: "version: 1.2.3\nappVersion: 1.2.4",
      versions: ["1.2.3", "1.2.4"],
    },
    {
      it: "a tag",
      path: "a/kustomization.yaml",
      text: 'images: [{name: a, newTag: "1.2.3"}]',
      versions: ["1.2.3"],
    },
    { it: "a package", path: "package.json", text: '{"version": "1.2.3"}', versions: ["1.2.3"] },
    { it: "no version of others", path: "a.md", text: "debian:12.1.3 deno@2.9.6", versions: [] },
  ]
) {
  Deno.test(`the version is found: ${it}`, () => assert.deepEqual(versionsIn(path, text), versions));
}
