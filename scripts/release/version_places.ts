// Where does the version stand, beside deno.json, which is the one place where it is changed?
import { parse } from "yaml";

/** A place that names a version of ours. */
export interface VersionPlace {
  readonly path: string;
  readonly version: string;
}

/** What is read for its own sake, or tells of other versions too. */
const leftOut = new Set([".git", "dist", "coverage", "node_modules", "testdata", "CHANGELOG.md", "release"]);

/** Every place below `root` that names the version: images and log lines in all files, chart, tags, first heading of the changelog. */
export async function versionPlaces(root: string): Promise<readonly VersionPlace[]> {
  const found: VersionPlace[] = [];
  for await (const path of textFiles(root, "")) {
    const text = await Deno.readTextFile(root + path);
    found.push(...versionsIn(path, text).map((version) => ({ path, version })));
  }
  const changelog = await Deno.readTextFile(`${root}CHANGELOG.md`);
  found.push({ path: "CHANGELOG.md", version: /^## (\S+)/m.exec(changelog)?.[1] ?? "" });
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** The versions of ours that a file names. */
export function versionsIn(path: string, text: string): readonly string[] {
  const named = [...text.matchAll(/\bkube-vxlan-controller(?:-agent)?[: ]v?(\d+\.\d+\.\d+)/g)];
  const versions = named.map(([, version = ""]) => version);
  if (path.endsWith("/Chart.yaml")) {
    const { version, appVersion } = parse(text);
    versions.push(String(version), String(appVersion));
  }
  if (path.endsWith("/kustomization.yaml")) {
    const images: readonly { readonly newTag?: string }[] = parse(text)?.images ?? [];
    versions.push(...images.flatMap(({ newTag }) => newTag === undefined ? [] : [newTag]));
  }
  if (path.endsWith("package.json")) versions.push(String(JSON.parse(text).version));
  return versions;
}

async function* textFiles(root: string, folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(root + folder)) {
    if (leftOut.has(name)) continue;
    if (isDirectory) yield* textFiles(root, `${folder}${name}/`);
    else if (isFile && /(\.(md|ts|ya?ml|json|sh)|Dockerfile)$/.test(name)) yield folder + name;
  }
}
