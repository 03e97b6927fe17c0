// Do the rooms keep to their arrows: who may import whom, what the pure rooms may not contain, how files are kept.
import assert from "node:assert/strict";

/**
 * Room (folder of `lib`) → rooms it may import from. The picture is in docs/architecture.md.
 * Rooms that are not built yet have their arrows already.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli", "time"],
  time: [],
  text: [],
  collections: [],
  queue: ["time"],
  network: ["text"],
  member: ["network", "text"],
  overlay: ["member", "network", "text"],
  kube: ["time", "text"],
  ops: ["time", "text"],
  report: ["overlay", "member", "network", "ops", "time", "text"],
  events: ["queue", "kube", "ops", "time", "text"],
  status: ["events", "report", "queue", "kube", "member", "network", "overlay", "ops", "time", "text"],
  agents: ["kube", "overlay", "network", "time", "text"],
  controller: [
    ...["agents", "report", "queue", "kube", "overlay", "member", "network", "ops"],
    ...["collections", "time", "text"],
  ],
  pools: ["network", "kube", "queue", "time", "text"],
  names: ["network", "kube", "queue", "time", "text"],
  reach: ["report", "queue", "overlay", "member", "network", "time", "text"],
  manifests: ["network", "text"],
  graph: ["member", "network", "text"],
  web: ["report", "ops", "graph", "time", "text"],
  cli: [
    ...[
      "controller",
      "agents",
      "status",
      "events",
      "report",
      "queue",
      "kube",
      "overlay",
      "member",
      "network",
      "ops",
      "time",
      "text",
    ],
    ...["pools", "names", "reach", "manifests", "graph", "web"],
  ],
};

/** What decides must not act: no waiting, no machine, no console, no clock, no chance. */
const impure =
  /\bawait\b|\bDeno\.|\bconsole\.|\bDate\b|\bperformance\b|\bMath\.random\b|\bsetTimeout\b|\bfetch\(/;
const pureRooms = ["network", "member", "overlay", "manifests", "graph"];

/** Only main.ts knows the process it runs in. */
const processBound = /\bDeno\.(args|env|exit|addSignalListener)\b/;

/** A timer of JavaScript fires at once beyond 24.8 days, which a grace period may have, and nobody can hold it in a test. */
const rawTimer = /\b(setTimeout|setInterval)\(|\bAbortSignal\.timeout\b/;
/** The clock itself; and a program that is killed after times of ours. */
const rawTimers = ["lib/time/clock.ts", "lib/kube/config/run_plugin.ts"];

const grabBags = /^(utils?|types|helpers?|index|mod|common|misc|shared)\.ts$/;
const longestFile = 260;
const largestFolder = 14;

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  /** Without comments and string contents, so that words in them do not count. */
  readonly code: string;
}

Deno.test("imports follow the arrows", async () => {
  const wrong = (await sources()).flatMap((file) =>
    importsOf(file).map(roomOf)
      .filter((to) => to !== file.room && !(arrows[file.room] ?? []).includes(to))
      .map((to) => `${file.path} imports from ${to}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("the arrows themselves have no circle", () => {
  assert.deepEqual(circles(new Map(Object.entries(arrows))), []);
});

Deno.test("no files import each other in a circle", async () => {
  assert.deepEqual(circles(new Map((await sources()).map((file) => [file.path, importsOf(file)]))), []);
});

Deno.test("the pure rooms are pure", async () => {
  const wrong = (await sources()).filter(({ room }) => pureRooms.includes(room))
    .flatMap(({ path, code }) => impure.exec(code) === null ? [] : [`${path}: ${impure.exec(code)?.[0]}`]);
  assert.deepEqual(wrong, []);
});

Deno.test("only main.ts touches arguments, environment, exit and signals", async () => {
  const wrong = (await sources()).filter(({ room, code }) => room !== "main.ts" && processBound.test(code));
  assert.deepEqual(wrong.map(({ path }) => path), []);
});

Deno.test("timers are those of the clock", async () => {
  const raw = (await sources()).filter(({ path, code }) => path.endsWith(".ts") && rawTimer.test(code));
  assert.deepEqual(raw.map(({ path }) => path).sort(), [...rawTimers].sort());
});

Deno.test("a file says which question it answers, and answers one", async () => {
  const all = await sources();
  const silent = all.filter(({ text }) => !/^(\/\/ |\/\* |<!doctype html>\n<!-- )/.test(text)).map((
    { path },
  ) => `${path}: no first comment`);
  const bags = all.filter(({ path }) => grabBags.test(path.split("/").at(-1) ?? "")).map(({ path }) => path);
  const long = all.filter(({ text }) => text.split("\n").length - 1 > longestFile).map(({ path }) =>
    `${path}: too long`
  );
  assert.deepEqual([...silent, ...bags, ...long], []);
});

Deno.test(`no folder of lib has more than ${largestFolder} files`, async () => {
  const files = new Map<string, number>();
  for (const { path } of await sources()) {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    files.set(folder, (files.get(folder) ?? 0) + 1);
  }
  assert.deepEqual([...files].filter(([, count]) => count > largestFolder), []);
});

Deno.test("the arrow test sees imports, and circles", () => {
  const file = {
    path: "lib/network/grammar/x.ts",
    room: "network",
    text:
      'import { a } from "../../kube/b.ts";\nimport type { c } from "../../ops/d.ts";\nimport "node:x";\nexport { e } from "./f.ts";\n',
    code: "",
  };
  assert.deepEqual(importsOf(file), ["lib/kube/b.ts", "lib/ops/d.ts", "lib/network/grammar/f.ts"]);
  assert.deepEqual(importsOf(file).map(roomOf), ["kube", "ops", "network"]);
  assert.deepEqual(circles(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])), ["b → c → b"]);
});

/** Each circle once, as text; empty when there is none. */
function circles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start >= 0) found.push([...path.slice(start), node].join(" → "));
    if (start >= 0 || finished.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    finished.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}

/** Paths of our own files that a file imports, types included. */
function importsOf(file: SourceFile): readonly string[] {
  const statements = file.text.matchAll(
    /^(?:import|export)\s[^;]*?from\s+"(\.[^"]+)"|^import\s+"(\.[^"]+)"/gm,
  );
  return [...statements]
    .map(([, from, bare]) => new URL(from ?? bare ?? "", `file:///${file.path}`).pathname.slice(1))
    .filter((path) => path !== "deno.json");
}

function roomOf(path: string): string {
  return path.startsWith("lib/") ? path.split("/")[1] ?? "" : path;
}

async function sources(): Promise<readonly SourceFile[]> {
  const root = new URL("../", import.meta.url);
  const paths = ["main.ts", ...await filesBelow(root, "lib")];
  return await Promise.all(
    paths.sort().map(async (path) => {
      const text = await Deno.readTextFile(new URL(path, root));
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|"(?:[^"\\\n]|\\.)*"/gm, "");
      return { path, room: roomOf(path), text, code };
    }),
  );
}

async function filesBelow(root: URL, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(new URL(`${folder}/`, root))) {
    const path = `${folder}/${entry.name}`;
    found.push(...entry.isDirectory ? await filesBelow(root, path) : [path]);
  }
  return found;
}
