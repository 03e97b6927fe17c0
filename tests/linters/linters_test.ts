// Are workflows, scripts, the Dockerfile and the chart as their linters want them, and do the linters find mistakes?
import assert from "node:assert/strict";
import { tryCommand } from "../cluster/run_command.ts";
import { type Linter, linters } from "./linters.ts";

const root = new URL("../../", import.meta.url).pathname;
const notOurs = new Set([".git", "node_modules", "dist", "coverage", "testdata"]);

for (const linter of linters) {
  Deno.test(`${linter.name} has nothing to say of our files`, async () => {
    const files = await filesFor(linter);
    assert.ok(files.length > 0, `there is nothing for ${linter.name} to look at`);
    const { code, said } = await lint(linter, { files, cwd: root });
    assert.equal(code, 0, said);
  });

  Deno.test(`${linter.name} finds a mistake`, async () => {
    const { path, text, finding } = linter.mistake;
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/${path}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, text);
      const { code, said } = await lint(linter, { files: [path], cwd: folder });
      assert.notEqual(code, 0, "it is content");
      assert.match(said, finding);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

async function lint(
  linter: Linter,
  { files, cwd }: { readonly files: readonly string[]; readonly cwd: string },
): Promise<{ readonly code: number; readonly said: string }> {
  // Of a chart the folder is named.
  const paths = files.map((path) => path.replace(/\/Chart\.yaml$/, ""));
  const { code, stdout, stderr } = await tryCommand([...await linter.command(), ...paths], { cwd });
  return { code, said: `${stdout}\n${stderr}` };
}

async function filesFor(linter: Linter): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const path of ourFiles("")) {
    if (linter.looksAt(path, await firstLine(path))) found.push(path);
  }
  return found.sort();
}

async function* ourFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(root + folder)) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory && !notOurs.has(entry.name)) yield* ourFiles(`${path}/`);
    else if (entry.isFile) yield path;
  }
}

async function firstLine(path: string): Promise<string> {
  using file = await Deno.open(root + path);
  const start = new Uint8Array(200);
  const length = await file.read(start) ?? 0;
  return new TextDecoder().decode(start.subarray(0, length)).split("\n")[0] ?? "";
}
