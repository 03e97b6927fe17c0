// Can both images be published for two platforms? As manifest lists in a registry on loopback, read back file by file.
import { images } from "../../../scripts/release/assets.ts";
import { imageArchives } from "../../images/archives.ts";
import { goToolchain } from "../../cluster/go_toolchain.ts";
import { command } from "../../cluster/run_command.ts";
import { agentEnvironment, agentSources } from "../../tools/agent_program.ts";
import { packagesIn, turnIntoArm64 } from "./arm64_root.ts";
import { unpackDebian } from "./debian_root.ts";
import { machinesIn } from "./elf.ts";
import type { LoopbackRegistry } from "./registry.ts";
import type { Report } from "./report.ts";
import { exportRoot, faultsOf, pushList, pushTwoPlatforms } from "./two_platforms.ts";

/** Where the checks work. */
export interface Workplace {
  readonly version: string;
  readonly registry: LoopbackRegistry;
  /** A folder for what comes about on the way. */
  readonly work: string;
}

/** Digests of the lists that were pushed, by the name of the image. */
export async function checkImages(report: Report, place: Workplace): Promise<ReadonlyMap<string, string>> {
  report.about("Images for two platforms, as manifest lists in a registry on loopback");
  const archives = await imageArchives();
  report.note(`amd64: ${archives.remark}`);
  const arm64 = await arm64Roots(place, archives.agent.file);
  report.note(
    `arm64: the agent from ${arm64.packages} packages of Debian for arm64, unpacked and never run;`,
  );
  report.tell("the controller is a PLACEHOLDER, for its runtime cannot be had here");
  const [controller, agent] = images;
  const contents = [
    { ...controller, amd64: archives.controller.file, arm64: arm64.placeholder, remark: placeholderRemark },
    {
      ...agent,
      amd64: archives.agent.file,
      arm64: arm64.agent,
      remark: "dry run: unpacked from packages, never started",
    },
  ];
  const digests = new Map<string, string>();
  for (const image of contents) {
    const digest = await pushTwoPlatforms(place.registry, { ...image, version: place.version });
    digests.set(image.name, digest);
    report.check(
      `${image.name}@${digest.slice(0, 19)}… has amd64 and arm64, each with programs for it alone`,
      await faultsOf(place.registry, { name: image.name, digest }),
    );
  }
  report.check("a list that has the programs of amd64 for arm64 is found out", await mistakeIsFound(place));
  return digests;
}

const placeholderRemark = "PLACEHOLDER of a dry run, not the controller";

/** The same root twice, once under the name of arm64. */
async function mistakeIsFound({ registry, version }: Workplace): Promise<readonly string[]> {
  const [, { name }] = images;
  const tag = `${registry.address}/${name}:${version}`;
  await registry.crane("make a mistake", [
    ...["mutate", `${tag}-amd64`, "--set-platform", "linux/arm64", "--tag", `${tag}-mistake`],
  ]);
  const digest = await pushList(registry, {
    name,
    version: "mistake",
    parts: [`${tag}-amd64`, `${tag}-mistake`],
  });
  const faults = await faultsOf(registry, { name, digest });
  return faults.some((fault) => /for arm64: .* is a program for amd64/.test(fault)) ? [] : ["it was not"];
}

/** What is in the agent's image and no package of Debian: built for arm64, by its path in the image. */
async function programsOfOurs(root: string, work: string): Promise<ReadonlyMap<string, string>> {
  const [path] = [...(await machinesIn(root)).keys()].filter((path) => path.endsWith("/vxlan-agent"));
  if (path === undefined) return new Map();
  const go = await goToolchain();
  const output = `${work}/vxlan-agent`;
  await command("build the agent's program for arm64", [
    ...[go.program, "build", "-trimpath", "-ldflags=-s -w", "-o", output, "."],
  ], { cwd: agentSources, env: { ...agentEnvironment(go), GOARCH: "arm64" } });
  return new Map([[path, output]]);
}

/** The roots of arm64 as tars, made from the agent's amd64 image. */
async function arm64Roots({ registry, version, work }: Workplace, agentArchive: string): Promise<{
  readonly agent: string;
  readonly placeholder: string;
  readonly packages: number;
}> {
  const reference = `${registry.address}/agent-as-built:${version}`;
  await registry.crane("push the agent's image", ["push", agentArchive, reference]);
  for (const folder of ["agent", "packages", "placeholder/usr/bin"]) {
    await Deno.mkdir(`${work}/${folder}`, { recursive: true });
  }
  await exportRoot(registry, { reference, folder: `${work}/agent` });
  const names = await packagesIn(`${work}/agent`);
  const packages = await unpackDebian({ architecture: "arm64", packages: names }, `${work}/packages`);
  await turnIntoArm64(`${work}/agent`, { packages, built: await programsOfOurs(`${work}/agent`, work) });
  // Any program of arm64 will do, so that its machine can be compared; what it is, its label and this file say.
  await Deno.copyFile(`${work}/agent/usr/bin/touch`, `${work}/placeholder/usr/bin/kube-vxlan-controller`);
  await Deno.writeTextFile(`${work}/placeholder/PLACEHOLDER`, `${placeholderRemark}\n`);
  const tar = async (folder: string): Promise<string> => {
    await command(`pack ${folder}`, [
      "tar",
      "--owner=0",
      "--group=0",
      "-cf",
      `${work}/${folder}.tar`,
      "-C",
      `${work}/${folder}`,
      ".",
    ]);
    return `${work}/${folder}.tar`;
  };
  return { agent: await tar("agent"), placeholder: await tar("placeholder"), packages: names.length };
}
