// Does the configuration of renovate find the versions that no other manager finds?
import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const config = JSON.parse(await Deno.readTextFile(new URL("renovate.json", root)));

interface CustomManager {
  readonly description: string;
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
}

for (
  const { description, managerFilePatterns, matchStrings } of config
    .customManagers as readonly CustomManager[]
) {
  Deno.test(`renovate finds: ${description}`, async () => {
    const patterns = managerFilePatterns.map((pattern) => new RegExp(pattern.slice(1, -1)));
    const named = (await Array.fromAsync(files(""))).filter((path) => patterns.some((one) => one.test(path)));
    assert.ok(named.length > 0, "no file has such a name");
    const texts = await Promise.all(named.map((path) => Deno.readTextFile(new URL(path, root))));
    for (const match of matchStrings) {
      const versions = texts.flatMap((text) => [...text.matchAll(new RegExp(match, "g"))])
        .map(({ groups }) => groups?.currentValue);
      assert.ok(versions.length > 0, `nothing is like ${match}`);
    }
  });
}

async function* files(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(new URL(folder || ".", root))) {
    if ([".git", "dist", "coverage", "node_modules"].includes(name)) continue;
    if (isDirectory) yield* files(`${folder}${name}/`);
    else if (isFile) yield folder + name;
  }
}
