// Are the images named in one place? Both are changed there, and no old name may be left anywhere.
import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { staleFiles } from "./generated_files.ts";
import { chartObjects, usual } from "./helm.ts";
import { kustomizeText } from "./kustomize.ts";
import { withCopy } from "./repository_copy.ts";

const imagesFile = "deploy/components/images/kustomization.yaml";
const controller = "registry.test/lab/controller";
const agent = "registry.test/lab/agent";
const overlays = ["base", "ha", "namespaced", "upgrade", "upgrade/ha", "upgrade/namespaced", "admission"];

const everything = {
  highAvailability: true,
  monitoring: { enabled: true },
  admission: { agentInjection: true, controllerExec: true, controllerStatus: true },
};

Deno.test("an image is named in one place: overlays, policy, chart, examples and k8s.yaml follow", async () => {
  await withCopy(async (root) => {
    const old = await renameImages(root);
    assert.equal(old.length, 2);
    const files = await staleFiles(root);
    for (const [path, text] of files) await Deno.writeTextFile(root + path, text);
    assert.deepEqual([...files.keys()].sort(), [
      "deploy/admission/agent-injection.yaml",
      "examples/dhcp.yaml",
      "examples/first.yaml",
      "examples/gateway.yaml",
      "examples/names.yaml",
      "examples/pool.yaml",
      "examples/routed.yaml",
      "examples/seed.yaml",
      "examples/vrrp.yaml",
      "k8s.yaml",
    ]);
    const texts = new Map(files);
    for (const name of overlays) texts.set(`deploy/${name}`, await kustomizeText(`${root}deploy/${name}`));
    const chart = await chartObjects({ chart: `${root}deploy/chart`, values: everything });
    texts.set("chart", JSON.stringify(chart));
    for (const [name, text] of texts) {
      assert.deepEqual(old.filter((image) => text.includes(image)), [], name);
    }
    const [version] = await versionOf(root);
    const expected = [
      { name: "k8s.yaml", image: `${controller}:${version}` },
      { name: "deploy/upgrade/namespaced", image: `${controller}:${version}` },
      { name: "deploy/admission", image: `'"${agent}:${version}"'` },
      { name: "deploy/admission/agent-injection.yaml", image: `'"${agent}:${version}"'` },
      { name: "chart", image: `"image":"${controller}:${version}"` },
      { name: "chart", image: `\\"${agent}:${version}\\"` },
      { name: "examples/seed.yaml", image: `image: ${agent}:${version}` },
      { name: "examples/first.yaml", image: `image: ${agent}:${version}` },
    ];
    for (const { name, image } of expected) assert.ok(texts.get(name)?.includes(image), `${name}: ${image}`);
  });
});

Deno.test("a release pins images by digest in the same place", async () => {
  await withCopy(async (root) => {
    const digest = `sha256:${"0".repeat(64)}`;
    await changeImages(root, (image) => ({ ...image, digest }));
    const pinned = (await staleFiles(root)).get("k8s.yaml") ?? "";
    const [version] = await versionOf(root);
    const image = `kube-vxlan-controller:${version}@${digest}`;
    assert.ok(pinned.includes(`image: ${image}\n`), pinned);
    const objects = await chartObjects({ chart: `${root}deploy/chart`, ...usual });
    assert.ok(JSON.stringify(objects).includes(`"image":"${image}"`));
  });
});

interface ImageEntry {
  readonly name: string;
  readonly newName: string;
  readonly newTag: string;
  readonly digest?: string;
}

/** Gives the images as they were. */
async function renameImages(root: string): Promise<readonly string[]> {
  return await changeImages(root, (image) => ({
    ...image,
    newName: image.name === "kube-vxlan-controller-agent" ? agent : controller,
  }));
}

async function changeImages(
  root: string,
  change: (image: ImageEntry) => ImageEntry,
): Promise<readonly string[]> {
  const component = parse(await Deno.readTextFile(root + imagesFile));
  const before: readonly ImageEntry[] = component.images;
  await Deno.writeTextFile(
    root + imagesFile,
    stringify({ ...component, images: before.map(change) }, {
      defaultStringType: "QUOTE_DOUBLE",
      defaultKeyType: "PLAIN",
    }),
  );
  return before.map(({ newName, newTag }) => `${newName}:${newTag}`);
}

async function versionOf(root: string): Promise<readonly [string]> {
  return [JSON.parse(await Deno.readTextFile(`${root}deno.json`)).version];
}
