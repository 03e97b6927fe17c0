// Do the layers keep to their arrows: who may import whom, what the pure folders may not contain, how files are kept.
import assert from "node:assert/strict";

/** Folder → folders it may import from; `type` means: types only. The picture is in docs/architecture.md. */
const arrows: Readonly<Record<string, Readonly<Record<string, "any" | "type">>>> = {
  "main.ts": { cli: "any", ops: "any" },
  cli: {
    cli: "any",
    status: "any",
    controller: "any",
    overlay: "any",
    network: "any",
    kube: "any",
    ops: "any",
  },
  controller: { controller: "any", overlay: "any", network: "any", kube: "any", ops: "any" },
  status: { status: "any", controller: "any", overlay: "type", network: "any", kube: "any", ops: "any" },
  overlay: { overlay: "any", network: "any" },
  network: { network: "any" },
  kube: { kube: "any", ops: "type" },
  ops: { ops: "any" },
};

/** What decides must not act: no waiting, no machine, no console, no clock, no chance. */
const impure =
  /\bawait\b|\bDeno\.|\bconsole\.|\bDate\b|\bperformance\b|\bMath\.random\b|\bsetTimeout\b|\bfetch\(/;
const pureFolders = ["network", "overlay"];

/** Only main.ts knows the process it runs in. */
const processBound = /\bDeno\.(args|env|exit|addSignalListener)\b/;

const grabBags = /^(utils?|types|helpers?|index|mod|common|misc|shared)\.ts$/;
const longest = 260;

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** Without comments and string contents, so that words in them do not count. */
  readonly code: string;
}

Deno.test("imports follow the arrows", async () => {
  const wrong = (await sources()).flatMap((file) =>
    importsOf(file).filter(({ to, kind }) => {
      const allowed = arrows[file.folder]?.[to];
      return allowed === undefined || (allowed === "type" && kind === "any");
    }).map(({ to, kind }) => `${file.path} imports ${kind === "any" ? "values" : "types"} from ${to}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("the pure folders are pure", async () => {
  const wrong = (await sources()).filter(({ folder }) => pureFolders.includes(folder))
    .flatMap(({ path, code }) => impure.exec(code) === null ? [] : [`${path}: ${impure.exec(code)?.[0]}`]);
  assert.deepEqual(wrong, []);
});

Deno.test("only main.ts touches arguments, environment, exit and signals", async () => {
  const wrong = (await sources()).filter(({ folder, code }) =>
    folder !== "main.ts" && processBound.test(code)
  );
  assert.deepEqual(wrong.map(({ path }) => path), []);
});

Deno.test("a file says which question it answers, and answers one", async () => {
  const all = await sources();
  const silent = all.filter(({ text }) => !text.startsWith("// ")).map(({ path }) =>
    `${path}: no first comment`
  );
  const bags = all.filter(({ path }) => grabBags.test(path.split("/").at(-1) ?? "")).map(({ path }) => path);
  const long = all.filter(({ text }) => text.split("\n").length > longest).map(({ path }) =>
    `${path}: too long`
  );
  assert.deepEqual([...silent, ...bags, ...long], []);
});

Deno.test("the arrow test sees imports", () => {
  const file = {
    path: "lib/network/x.ts",
    folder: "network",
    text:
      'import { a } from "../kube/b.ts";\nimport type { c } from "../ops/d.ts";\nimport "node:x";\nexport { e } from "./f.ts";\n',
    code: "",
  };
  assert.deepEqual(importsOf(file), [
    { to: "kube", kind: "any" },
    { to: "ops", kind: "type" },
    { to: "network", kind: "any" },
  ]);
});

function importsOf(file: SourceFile): readonly { readonly to: string; readonly kind: "any" | "type" }[] {
  const statements = file.text.matchAll(
    /^(?:import|export)\s+(type\s+)?[^;]*?from\s+"(\.[^"]+)"|^import\s+()"(\.[^"]+)"/gm,
  );
  return [...statements].map(([statement, type, from, , bare]) => {
    const target = new URL(from ?? bare ?? "", `file:///${file.path}`).pathname.slice(1);
    const onlyTypes = type !== undefined || /\{\s*(type\s+\w+(\s+as\s+\w+)?\s*,?\s*)+\}/.test(statement);
    const to = target.startsWith("lib/") ? target.split("/")[1] ?? "" : target;
    return { to, kind: onlyTypes ? "type" as const : "any" as const };
  }).filter(({ to }) => to !== "deno.json");
}

async function sources(): Promise<readonly SourceFile[]> {
  const root = new URL("../", import.meta.url);
  const paths = ["main.ts"];
  for await (const folder of Deno.readDir(new URL("lib/", root))) {
    for await (const file of Deno.readDir(new URL(`lib/${folder.name}/`, root))) {
      paths.push(`lib/${folder.name}/${file.name}`);
    }
  }
  return await Promise.all(
    paths.sort().map(async (path) => {
      const text = await Deno.readTextFile(new URL(path, root));
      const folder = path === "main.ts" ? path : path.split("/")[1] ?? "";
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|"(?:[^"\\\n]|\\.)*"/gm, "");
      return { path, folder, text, code };
    }),
  );
}
