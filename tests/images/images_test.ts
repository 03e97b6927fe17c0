// Is what comes out of the Dockerfile what it should be: user, entry point, labels, programs, size? And does it start?
import assert from "node:assert/strict";
import { embeddedPermissions } from "../deploy/compiled_program.ts";
import { say } from "../cluster/progress.ts";
import { command } from "../cluster/run_command.ts";
import { saveArchives } from "./archives.ts";
import { buildImages, type BuiltImages } from "./build_images.ts";
import { imageFiles } from "./image_files.ts";

const root = new URL("../../", import.meta.url).pathname;
const program = "/usr/bin/kube-vxlan-controller";
const million = 1_000_000;

Deno.test("images of the Dockerfile", async (t) => {
  const built = await buildImages();
  try {
    await t.step("controller: user, entry point, labels", () => controllerConfig(built));
    await t.step(
      "controller: one program, no shell, and every library that it needs",
      () => controllerFiles(built),
    );
    await t.step("agent: entry point, labels", () => agentConfig(built));
    await t.step("agent: seven programs that start, and nothing else", () => agentFiles(built));
    await t.step("what tests run as the controller differs in the program only", () => standInFiles(built));
    await t.step("what tests run as the controller starts as its user", () => starts(built));
    await saveArchives(built);
  } finally {
    await built.forget();
  }
});

async function controllerConfig({ buildah, controller }: BuiltImages): Promise<void> {
  const config = await buildah.config(controller);
  assert.equal(config.User, "65532:65532");
  assert.deepEqual(config.Entrypoint, [program]);
  assert.deepEqual(config.Cmd, ["run"]);
  assert.ok(config.Env?.includes("DENO_USE_CGROUPS=1"));
  assert.deepEqual(
    ownLabels(config.Labels),
    await labels({ title: "kube-vxlan-controller", licenses: "Apache-2.0" }),
  );
}

async function controllerFiles({ buildah, controller }: BuiltImages): Promise<void> {
  await buildah.withFiles(controller, async ({ files }) => {
    const { programs, tools, bytes } = await imageFiles(files);
    assert.deepEqual(programs, [program]);
    assert.deepEqual(tools, []);
    say(`image controller: ${(bytes / million).toFixed(1)} MB`);
    assert.ok(bytes < 160 * million, `${bytes} bytes`);
    const { allow_run, allow_write, allow_ffi, allow_sys, allow_read } = await embeddedPermissions(
      files + program,
    );
    assert.deepEqual([allow_run, allow_write, allow_ffi, allow_sys], [null, null, null, null]);
    assert.deepEqual(allow_read, ["/var/run/secrets/kubernetes.io/serviceaccount"]);
    const [linker = ""] = (await imageFiles(files)).paths.filter((path) => /\/ld-linux[^/]*$/.test(path));
    const libraries = await command("list libraries", ["chroot", files, linker, "--list", program]);
    assert.doesNotMatch(libraries, /not found/);
  });
}

async function agentConfig({ buildah, agent }: BuiltImages): Promise<void> {
  const config = await buildah.config(agent);
  assert.deepEqual(config.Entrypoint, ["/usr/bin/vxlan-agent", "pid1"]);
  assert.equal(config.Cmd, undefined);
  // NET_ADMIN is effective for root only.
  assert.equal(config.User ?? "", "");
  assert.deepEqual(
    ownLabels(config.Labels),
    await labels({
      title: "kube-vxlan-controller-agent",
      licenses: "Apache-2.0 AND BSD-3-Clause AND GPL-2.0-or-later",
    }),
  );
}

/** Each with arguments with which it ends by itself. */
const agentPrograms: readonly (readonly [string, ...string[]])[] = [
  ["/usr/bin/grep", "-qx", "root:x:0:", "/etc/group"],
  ["/usr/bin/ip", "-Version"],
  ["/usr/bin/kill", "-l"],
  ["/usr/bin/test", "-d", "/run"],
  ["/usr/bin/touch", "/run/terminate"],
  // It ends with its input.
  ["/usr/bin/vxlan-agent"],
  ["/usr/sbin/bridge", "-Version"],
];

async function agentFiles({ buildah, agent }: BuiltImages): Promise<void> {
  await buildah.withFiles(agent, async ({ files }) => {
    const { paths, programs, tools, bytes } = await imageFiles(files);
    assert.deepEqual(programs, agentPrograms.map(([path]) => path));
    assert.deepEqual(tools, []);
    // By these a scanner knows what is in it.
    assert.ok(
      paths.includes("/var/lib/dpkg/status.d/iproute2") && paths.includes("/var/lib/dpkg/status.d/libc6"),
    );
    const others = paths.filter((path) =>
      !programs.includes(path) &&
      !/^\/usr\/lib(64)?\/|^\/usr\/share\/doc\/|^\/var\/lib\/dpkg\/|^\/etc\//.test(path) &&
      !["/bin", "/sbin", "/lib", "/lib64"].includes(path)
    );
    assert.deepEqual(others, []);
    const libraries = paths.filter((path) => /^\/usr\/lib(64)?\//.test(path));
    assert.deepEqual(libraries.filter((path) => !/\.so(\.\d+)*$|\/ld-linux[^/]*$/.test(path)), []);
    say(`image agent: ${(bytes / million).toFixed(1)} MB`);
    assert.ok(bytes < 12 * million, `${bytes} bytes`);
    for (const argv of agentPrograms) {
      await command(`run ${argv[0]} of the agent`, ["chroot", files, ...argv]);
    }
  });
}

async function standInFiles({ buildah, controller, runnable }: BuiltImages): Promise<void> {
  const [asBuilt, asRun] = [await buildah.config(controller), await buildah.config(runnable.id)];
  assert.deepEqual(asRun, asBuilt);
  const list = (id: string): Promise<readonly string[]> =>
    buildah.withFiles(id, async ({ files }) => (await imageFiles(files)).paths);
  const [before, after] = [await list(controller), await list(runnable.id)];
  assert.deepEqual(after.filter((path) => !path.startsWith("/usr/lib/stand-in/")), before);
}

async function starts({ buildah, runnable }: BuiltImages): Promise<void> {
  await buildah.withFiles(runnable.id, async ({ run }) => {
    assert.match(
      await run(["kube-vxlan-controller", "version"]),
      new RegExp(`^kube-vxlan-controller ${await version()}`),
    );
  });
}

function ownLabels(all: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => name !== "io.buildah.version"));
}

async function labels(
  { title, licenses }: { readonly title: string; readonly licenses: string },
): Promise<Readonly<Record<string, string>>> {
  const revision = await command("read the revision", ["git", "-C", root, "rev-parse", "HEAD"]);
  const values = {
    title,
    source: "https://github.com/openvnf/kube-vxlan-controller",
    version: await version(),
    revision: revision.trim(),
    licenses,
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`org.opencontainers.image.${name}`, value]),
  );
}

async function version(): Promise<string> {
  return JSON.parse(await Deno.readTextFile(`${root}deno.json`)).version;
}
