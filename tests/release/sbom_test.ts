// Do the SBOMs have all that is in program and images, and nothing else?
import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { notInProgram } from "../../scripts/release/release_files.ts";
import { imageSbom, type Lock, programSbom } from "../../scripts/release/sbom.ts";

const integrity = `sha512-${btoa("\x00\xff")}`;
const lock: Lock = {
  specifiers: { "npm:a@1.0.0": "1.0.0", "npm:@s/b@2": "2.0.0_a@1.0.0", "npm:types@3": "3.0.0" },
  npm: {
    "a@1.0.0": { integrity, dependencies: ["c"] },
    "@s/b@2.0.0_a@1.0.0": { integrity },
    "c@4.0.0": { integrity, dependencies: ["a"] },
    "types@3.0.0": { integrity },
  },
};

Deno.test("the program's SBOM has dependencies and theirs, with hashes, and not what was left out", () => {
  const { components, dependencies } = programSbom({ version: "1.2.3", lock, leftOut: ["types"] });
  assert.deepEqual(components.map(({ purl }) => purl), [
    "pkg:npm/%40s/b@2.0.0",
    "pkg:npm/a@1.0.0",
    "pkg:npm/c@4.0.0",
  ]);
  assert.deepEqual(components[0]?.hashes, [{ alg: "SHA-512", content: "00ff" }]);
  assert.deepEqual(dependencies?.find(({ ref }) => ref === "a@1.0.0")?.dependsOn, ["c@4.0.0"]);
});

for (
  const { it, broken, message } of [
    {
      it: "a package that is not locked",
      broken: { specifiers: { "npm:z@1": "1.0.0" }, npm: {} },
      message: /no "z@1\.0\.0"/,
    },
    {
      it: "a hash of another kind",
      broken: { specifiers: { "npm:a@1": "1.0.0" }, npm: { "a@1.0.0": { integrity: "sha1-x" } } },
      message: /has no sha512/,
    },
  ]
) {
  Deno.test(`no SBOM of the program: ${it}`, () => {
    assert.throws(() => programSbom({ version: "1", lock: broken, leftOut: [] }), message);
  });
}

Deno.test("what the program's SBOM leaves out is a dependency, and the program takes only types of it", async () => {
  for (const name of notInProgram) assert.ok(name in config.imports, name);
  const importing: string[] = [];
  for await (const path of sources(new URL("../../lib/", import.meta.url))) {
    for (
      const [statement, from = ""] of (await Deno.readTextFile(path)).matchAll(
        /^(?:import|export)\s[^;]*?from\s+"([^"]+)"/gm,
      )
    ) {
      if (notInProgram.includes(from) && !/^(?:import|export) type\b/.test(statement)) {
        importing.push(`${path}: ${statement}`);
      }
    }
  }
  assert.deepEqual(importing, []);
});

Deno.test("an image's SBOM has the Debian packages that it has records of", () => {
  const record = "Package: iproute2\nStatus: install ok\nArchitecture: arm64\nVersion: 1:6.1-3\n";
  const { components } = imageSbom({ name: "agent", version: "1", records: [record] });
  assert.deepEqual(components.map(({ purl }) => purl), ["pkg:deb/debian/iproute2@1%3A6.1-3?arch=arm64"]);
  assert.throws(() => imageSbom({ name: "agent", version: "1", records: [] }), /no records of packages/);
  assert.throws(() => imageSbom({ name: "agent", version: "1", records: ["x"] }), /Cannot read a record/);
});

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else yield new URL(name, folder);
  }
}
