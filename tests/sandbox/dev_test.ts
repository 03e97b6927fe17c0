// Does `deno task dev` run what was saved last, say what does not compile, and leave nothing behind?
import assert from "node:assert/strict";
import { type ProgramRun, runProgram } from "./tools/program_run.ts";
import { startSandbox } from "./sandbox.ts";
import { waitFor } from "./tools/waiting.ts";

const repository = new URL("../../", import.meta.url).pathname;
const starts = "== The controller starts.";

Deno.test("dev: reloads what compiles, shows what does not, and Ctrl-C leaves nothing", async () => {
  await using dev = await startDev([], { KVC_CONTEXT: "prod", KUBECONFIG: "/nosuch/kubeconfig" });
  await dev.hears("released: east, west ready");
  const kubeconfig = (await dev.hears("export KUBECONFIG=")).split("=")[1] ?? "";
  assert.match(await Deno.readTextFile(kubeconfig), /current-context: sandbox/);
  assert.match(await dev.hears("API server: "), /http:\/\/127\.0\.0\.1:\d+$/);
  const file = `${dev.root}/lib/time/clock.ts`;
  const text = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, `${text}const wrong: number = "text";\n`);
  await dev.hears("TS2322");
  await dev.hears("This does not compile; the controller from before goes on");
  await Deno.writeTextFile(file, `${text}const open = (;\n`);
  await dev.hears("This does not compile", 2);
  await replace(file, `${text}// a remark\n`);
  await dev.hears(starts, 2);
  await dev.hears("watching: 3 members", 2);
  await replace(`${dev.root}/main.ts`, `${await Deno.readTextFile(`${dev.root}/main.ts`)}// a remark\n`);
  await dev.hears(starts, 3);
  assert.notDeepEqual(await dev.remains(), [], "there is something to leave behind");
  assert.equal(await dev.interrupt(), 0);
  await assert.rejects(Deno.stat(kubeconfig), Deno.errors.NotFound);
  assert.deepEqual(await dev.remains(), []);
});

Deno.test("dev: a named cluster is said aloud, and only the controller runs there", async () => {
  await using sandbox = await startSandbox({ dataPlane: "toy" });
  const kubeconfig = await Deno.makeTempFile();
  await Deno.writeTextFile(kubeconfig, sandbox.kubeconfig);
  try {
    await using dev = await startDev(["--context", "sandbox", "--kubeconfig", kubeconfig]);
    assert.ok((await dev.hears("A REAL CLUSTER: context sandbox")).includes(sandbox.server.url));
    await dev.hears("watching: 0 members");
    await waitFor(() => sandbox.server.watches.count("pods") === 1, { what: "one controller watches pods" });
    assert.equal(await dev.interrupt(), 0);
    assert.deepEqual(await dev.remains(), []);
  } finally {
    await Deno.remove(kubeconfig);
  }
});

Deno.test("dev: a context that is not there, and an unknown argument", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "apiVersion: v1\nkind: Config\n");
  try {
    await using unknown = await startDev(["--context", "nosuch", "--kubeconfig", file]);
    assert.match(await unknown.hears("Cannot"), /nosuch/);
    assert.equal(await unknown.ended, 3);
    await using wrong = await startDev(["--cluster", "prod"]);
    await wrong.hears("unknown option '--cluster'");
    assert.equal(await wrong.ended, 2);
  } finally {
    await Deno.remove(file);
  }
});

/** A copy of the program with dev running on it. */
interface Dev extends ProgramRun {
  /** Folder of the copy. */
  readonly root: string;
}

async function startDev(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Dev> {
  const root = await Deno.makeTempDir({ prefix: "kvc-dev-test-" });
  const parts = ["main.ts", "deno.json", "deno.lock", "lib", "tests/sandbox", "examples", "deploy/base"];
  // What the program of the agent image is built with.
  const agent = ["agent", "tests/tools", "tests/cluster"];
  for (const part of [...parts, ...agent]) {
    await copy(repository + part, `${root}/${part}`);
  }
  const run = runProgram(["tests/sandbox/dev.ts", ...args], { folder: root, env });
  return {
    ...run,
    root,
    [Symbol.asyncDispose]: async () => {
      await run[Symbol.asyncDispose]();
      await Deno.remove(root, { recursive: true });
    },
  };
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

/** As editors save: a new file takes the place of the old one. */
async function replace(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}
