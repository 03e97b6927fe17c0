// Does the program compile on every run, and what may the compiled program do? Without Deno's runtime, which only a
// download gives: any program in its place lets the compile run to its end.
import assert from "node:assert/strict";
import { isRuntimeMissing, runtimeMissing, targets } from "../../scripts/compile.ts";
import { command, type CommandResult, tryCommand } from "../cluster/run_command.ts";
import {
  embeddedBytes,
  type EmbeddedPermissions,
  embeddedPermissions,
  embedsFile,
} from "./compiled_program.ts";

const root = new URL("../../", import.meta.url).pathname;

/** All that a program may not do unless the table below says so. `allow_import` with no host: `deny_import` stands. */
const nothing: EmbeddedPermissions = {
  allow_env: null,
  deny_env: null,
  ignore_env: null,
  allow_net: null,
  deny_net: null,
  allow_ffi: null,
  deny_ffi: null,
  allow_read: null,
  deny_read: null,
  ignore_read: null,
  allow_run: null,
  deny_run: null,
  allow_sys: null,
  deny_sys: null,
  allow_write: null,
  deny_write: null,
  deny_import: [],
  prompt: false,
};

const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
const kubernetes = ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBERNETES_SERVICE_PORT_HTTPS"];

const programs: readonly {
  readonly it: string;
  readonly task: string;
  readonly may: EmbeddedPermissions;
}[] = [
  {
    it: "the image's program: the network, its service account, its own settings",
    task: "compile",
    may: {
      allow_net: [],
      allow_read: ["/var/run/secrets/kubernetes.io/serviceaccount"],
      allow_env: ["KVC_*", ...kubernetes, "HOSTNAME", ...proxies, "TERM"],
      ignore_env: [],
    },
  },
  {
    it: "the workstation's program: also any kubeconfig, and its credential plugins",
    task: "compile:cli",
    may: { allow_net: [], allow_read: [], allow_env: [], allow_run: [], allow_sys: [] },
  },
];

for (const { it, task, may } of programs) {
  Deno.test(`compile: ${it}`, async () => {
    await withDirectory(async (directory) => {
      const output = `${directory}/kube-vxlan-controller`;
      const { code, stderr } = await denoTask(task, { output, env: { DENORT_BIN: Deno.execPath() } });
      assert.equal(code, 0, `deno task ${task} exits ${code}: ${stderr.slice(-2000)}`);
      const { allow_import: _hosts, ...permissions } = await embeddedPermissions(output);
      assert.deepEqual(permissions, { ...nothing, ...may });
      // The program is 1 MB; with its npm packages unbundled it was 73.
      const bytes = await embeddedBytes(output);
      assert.ok(bytes < 2_000_000, `${bytes} bytes are embedded`);
      // The npm package, and the tests that start it with an older runtime, have the very same program.
      const bundle = `${directory}/bundle.js`;
      const main = `${root}main.ts`;
      await command("bundle", [Deno.execPath(), "bundle", "--platform", "deno", "--output", bundle, main]);
      assert.ok(await embedsFile(output, bundle), "the bundle is embedded as it is");
      if (task === "compile:cli") {
        const [program, plugin] = await Promise.all([
          Deno.stat(output),
          Deno.stat(`${directory}/kubectl-vxlan`),
        ]);
        assert.equal(plugin.size, program.size, "kubectl finds it as a plugin");
      }
    });
  });
}

Deno.test("compile: any failure but that of the download is shown as it is, and fails", async () => {
  await withDirectory(async (directory) => {
    const env = { DENORT_BIN: `${directory}/none` };
    const { code, stderr } = await denoTask("compile", { output: `${directory}/program`, env });
    assert.notEqual(code, 0);
    assert.match(stderr, /Could not find denort at '.*none'/);
    assert.doesNotMatch(stderr, /download failed/);
  });
});

Deno.test({
  name: "compile: a download of denort that fails is said in the last line, and fails",
  // Where it is set, nothing is downloaded.
  ignore: Deno.env.has("DENORT_BIN"),
  async fn(): Promise<void> {
    await withDirectory(async (directory) => {
      // All that was downloaded before but denort, and a proxy that is not there.
      const cache = JSON.parse((await tryCommand([Deno.execPath(), "info", "--json"])).stdout);
      await Deno.mkdir(`${directory}/deno/dl`, { recursive: true });
      await Deno.symlink(cache.npmCache, `${directory}/deno/npm`);
      for await (const { name } of Deno.readDir(`${cache.denoDir}/dl`)) {
        if (name.startsWith("esbuild")) {
          await Deno.symlink(`${cache.denoDir}/dl/${name}`, `${directory}/deno/dl/${name}`);
        }
      }
      const env = { DENO_DIR: `${directory}/deno`, HTTPS_PROXY: "http://127.0.0.1:1" };
      const { code, stderr } = await denoTask("compile", { output: `${directory}/program`, env });
      assert.notEqual(code, 0);
      assert.equal(stderr.trim().split("\n").at(-1), runtimeMissing, stderr);
    });
  },
});

/** What Deno 2.9.6 said in November 2026. */
const failures = [
  {
    it: "no name service",
    said: [
      "Download https://dl.deno.land/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip",
      "error: Writing deno compile executable to temporary file 'x.tmp-b90da15449d9da3a'",
      "Caused by:",
      "    0: Setting up base binary.",
      "    1: error sending request for url (https://dl.deno.land/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip): " +
      "client error (Connect): dns error: failed to lookup address information: Name or service not known",
    ],
    isMissing: true,
  },
  {
    it: "a proxy that refuses",
    said: ["Caused by:", "    0: Setting up base binary.", "    1: Bad response: 403 Forbidden"],
    isMissing: true,
  },
  {
    it: "a full disk",
    said: ["Caused by:", "    0: Setting up base binary.", "    1: No space left on device (os error 28)"],
    isMissing: false,
  },
  { it: "no such release", said: ["Download could not be found, aborting"], isMissing: true },
  {
    it: "the compiler's stack overflows after the download",
    said: [
      "Download https://dl.deno.land/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip",
      "thread 'tokio-runtime-worker' (12072) has overflowed its stack",
      "fatal runtime error: stack overflow, aborting",
    ],
    isMissing: false,
  },
  {
    it: "another package cannot be downloaded",
    said: ["error: Failed downloading https://registry.npmjs.org/yaml", "    0: client error (Connect)"],
    isMissing: false,
  },
  {
    it: "a file that is named and not there",
    said: ["    0: Could not find denort at '/none'"],
    isMissing: false,
  },
  {
    it: "a mistake of types",
    said: ["error: TS2322: denort-x.zip", "    at file:///main.ts:1:1"],
    isMissing: false,
  },
];
for (const { it, said, isMissing } of failures) {
  Deno.test(`compile: is it the download? ${it}: ${isMissing ? "yes" : "no"}`, () => {
    assert.equal(isRuntimeMissing(said.join("\n")), isMissing);
  });
}

Deno.test("compile: flags are written once, and the Dockerfile and both tasks take them from there", async () => {
  const dockerfile = await Deno.readTextFile(`${root}Dockerfile`);
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  assert.match(dockerfile, /^RUN deno task compile$/m);
  assert.match(tasks.compile.command, /scripts\/compile\.ts controller$/);
  assert.match(tasks["compile:cli"].command, /scripts\/compile\.ts workstation$/);
  for (const text of [dockerfile, tasks.compile.command, tasks["compile:cli"].command]) {
    assert.doesNotMatch(text, /deno compile|--(allow|deny|ignore)-|--bundle/);
  }
});

Deno.test("compile: the image may read every variable that the program asks for by name in a cluster", async () => {
  const named = targets.controller.permissions.find((flag) => flag.startsWith("--allow-env="))
    ?.slice("--allow-env=".length).split(",") ?? [];
  // A workstation's: there is no kubeconfig in the image.
  const elsewhere = ["KUBECONFIG", "HOME", "USERPROFILE"];
  const asked = await variablesAskedFor(`${root}lib`);
  assert.ok(asked.length > 0, "the program asks for variables");
  assert.deepEqual(asked.filter((name) => !named.includes(name) && !elsewhere.includes(name)), []);
});

/** Names that stand in the source as `env("NAME")`. The settings' are computed from their flags. */
async function variablesAskedFor(directory: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) {
      for (const name of await variablesAskedFor(path)) found.add(name);
      continue;
    }
    const text = await Deno.readTextFile(path);
    for (const match of text.matchAll(/\benv\("([A-Z_]+)"\)/g)) if (match[1]) found.add(match[1]);
  }
  return [...found].sort();
}

async function denoTask(
  task: string,
  { output, env }: { readonly output: string; readonly env: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  const argv = [Deno.execPath(), "task", "--quiet", task, "--output", output];
  return await tryCommand(argv, { cwd: root, env: { ...env, NO_COLOR: "1" } });
}

async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "compile-" });
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
