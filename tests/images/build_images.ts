// Which images come out of the unchanged Dockerfile, and may the controller's be started as it is?
import { runtimeMissing, targets } from "../../scripts/compile.ts";
import { cacheDirectory } from "../cluster/cache_directory.ts";
import { say, step } from "../cluster/progress.ts";
import { command, tryCommand } from "../cluster/run_command.ts";
import { Buildah } from "./buildah.ts";
import { type StandIns, standIns } from "./stand_ins.ts";

const root = new URL("../../", import.meta.url).pathname;
const here = new URL("./", import.meta.url).pathname;

/** Ids of images in a storage. */
export interface BuiltImages {
  readonly buildah: Buildah;
  /** As the Dockerfile makes it. */
  readonly controller: string;
  readonly agent: string;
  readonly testTools: string;
  /** An agent with the tools and without our program. */
  readonly seedAgent: string;
  /**
   * What the test cluster runs as the controller: `controller` itself or, only where Deno's runtime could not be
   * downloaded, `controller` with the Deno binary and the bundled program in the place of the compiled one.
   */
  readonly runnable: { readonly id: string; readonly isStandIn: boolean };
  /** Removes what would only fill the disk. */
  forget(): Promise<void>;
}

/** One line that says what the test cluster runs as the controller. */
export function whatRuns({ isStandIn }: BuiltImages["runnable"]): string {
  return isStandIn
    ? "the controller's image was built, but denort could not be downloaded: in tests the Deno binary with the bundled " +
      "program, under the same permission flags, takes the place of the compiled program"
    : "the controller's image runs in the tests as it was built";
}

/** Builds both targets of the Dockerfile, with stand-ins for the images of registries and nothing else changed. */
export async function buildImages(): Promise<BuiltImages> {
  const buildah = await Buildah.in(`${cacheDirectory()}/images/storage`);
  const bases = await standIns(buildah);
  const agent = await step("image agent", () => build(buildah, { target: "agent", bases }));
  const { id: controller, isStandIn } = await buildController(buildah, bases);
  const runnable = isStandIn ? await withoutRuntime(buildah, { controller, bases }) : controller;
  return {
    ...{ buildah, controller, agent, testTools: bases.testTools, seedAgent: bases.seedAgent },
    runnable: { id: runnable, isStandIn },
    forget: () => buildah.forget([...new Set([runnable, controller, agent])]),
  };
}

async function buildController(
  buildah: Buildah,
  bases: StandIns,
): Promise<{ readonly id: string; readonly isStandIn: boolean }> {
  const build_ = (bases: StandIns): Promise<string> =>
    step("image controller", () => build(buildah, { target: "controller", bases }));
  try {
    return { id: await build_(bases), isStandIn: false };
  } catch (error) {
    // The only failure that may be stepped around: everything else of the build is as it would be.
    if (!(error instanceof Error) || !error.message.includes(runtimeMissing)) throw error;
    say(runtimeMissing);
  }
  return { id: await build_({ ...bases, deno: bases.denoWithoutRuntime }), isStandIn: true };
}

async function build(
  buildah: Buildah,
  { target, bases }: { readonly target: "agent" | "controller"; readonly bases: StandIns },
): Promise<string> {
  const { version } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const revision = await tryCommand(["git", "-C", root, "rev-parse", "HEAD"]);
  return await buildah.build(`build the image ${target}`, {
    dockerfile: `${root}Dockerfile`,
    context: root,
    target,
    args: {
      DENO_IMAGE: bases.deno,
      GO_IMAGE: bases.go,
      DEBIAN_IMAGE: bases.debian,
      RUNTIME_IMAGE: bases.runtime,
      VERSION: version,
      REVISION: revision.stdout.trim() || "unknown",
    },
  });
}

async function withoutRuntime(
  buildah: Buildah,
  { controller, bases }: { readonly controller: string; readonly bases: StandIns },
): Promise<string> {
  const context = await Deno.makeTempDir();
  try {
    await command("copy Deno", ["cp", "--dereference", Deno.execPath(), `${context}/deno`]);
    await command("bundle the controller", [
      ...[Deno.execPath(), "bundle", "--quiet", "--platform", "deno"],
      ...["--output", `${context}/kube-vxlan-controller.js`, `${root}main.ts`],
    ]);
    await Deno.writeTextFile(`${context}/kube-vxlan-controller`, launcher, { mode: 0o755 });
    return await step(
      "image controller, stand-in",
      () =>
        buildah.build("make the stand-in of the controller", {
          dockerfile: `${here}controller_stand_in.Dockerfile`,
          context,
          args: { CONTROLLER_IMAGE: controller, DEBIAN_IMAGE: bases.debian },
        }),
    );
  } finally {
    await Deno.remove(context, { recursive: true });
  }
}

/** The first line of flags only keeps `deno run` from looking for anything beside the one file. */
const launcher = `#!/usr/lib/stand-in/sh
exec /usr/lib/stand-in/deno run --no-config --no-lock --cached-only --no-code-cache --quiet \\
  ${targets.controller.permissions.map((flag) => `'${flag}'`).join(" ")} \\
  /usr/lib/stand-in/kube-vxlan-controller.js "$@"
`;
