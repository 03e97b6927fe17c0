// What was the version before this one: its manifests, and its images as its own tools made them?
import type { ImageArchive } from "../images/archives.ts";
import { repository } from "./install_controller.ts";
import { cacheDirectory } from "./cache_directory.ts";
import { step } from "./progress.ts";
import { command, tryCommand } from "./run_command.ts";

/** The commit that landed before; a release's tag once there is one. */
const revision = "6f0dd6cb94c5cd0930a92c93e48c03e0308036b8";

/** The names that its images get here, so that they stand beside those of today. */
export const previousImages = {
  controller: "docker.io/library/kube-vxlan-controller:previous",
  agent: "docker.io/library/kube-vxlan-controller-agent:previous",
};

/** Run in its tree, by its own code. */
const makeImages = `
import { agentImage } from "./tests/cluster/images/agent_image.ts";
import { controllerImage } from "./tests/cluster/images/controller_image.ts";
import { writeImage } from "./tests/cluster/images/docker_archive.ts";
const [work, controller, agent] = Deno.args;
const main = new URL("./main.ts", import.meta.url).pathname;
await writeImage(await controllerImage({ main, work, name: controller }), work + "/controller.tar");
await writeImage({ ...await agentImage(), names: [agent] }, work + "/agent.tar");
`;

/** Archives for the nodes, and what its users applied. */
export interface PreviousVersion {
  readonly archives: readonly ImageArchive[];
  /** YAML of its k8s.yaml, with the image name of above. */
  readonly manifest: string;
}

/** Builds the images once. Throws where the repository's history is not there. */
export async function previousVersion(): Promise<PreviousVersion> {
  const directory = `${cacheDirectory()}/previous-${revision.slice(0, 12)}-${Deno.version.deno}`;
  const made = await Deno.stat(directory).then(() => true, () => false);
  if (!made) await step("images of the version before", () => make(directory));
  const manifest = await Deno.readTextFile(`${directory}/tree/k8s.yaml`);
  return {
    archives: (["controller", "agent"] as const).map((image) => ({
      file: `${directory}/${image}.tar`,
      names: [previousImages[image]],
    })),
    manifest: manifest.replace(/image: kube-vxlan-controller:\S+/, `image: ${previousImages.controller}`),
  };
}

async function make(directory: string): Promise<void> {
  const unfinished = `${directory}.${Deno.pid}`;
  const tree = `${unfinished}/tree`;
  await Deno.mkdir(tree, { recursive: true });
  try {
    await unpack(tree);
    await Deno.writeTextFile(`${tree}/make_images.ts`, makeImages);
    const names = [previousImages.controller, previousImages.agent];
    await command("make the images of the version before", [
      ...[Deno.execPath(), "run", "-A", "--quiet", "make_images.ts", unfinished, ...names],
    ], { cwd: tree });
    await Deno.rename(unfinished, directory);
  } finally {
    await Deno.remove(unfinished, { recursive: true }).catch(() => {});
  }
}

async function unpack(tree: string): Promise<void> {
  const archive = `${tree}.tar`;
  const git = ["git", "-C", repository, "archive", "--output", archive, revision];
  const { code, stderr } = await tryCommand(git);
  if (code !== 0) {
    throw new Error(
      `Cannot unpack the version before this one (${revision.slice(0, 12)}): ${stderr.trim()}; ` +
        "the upgrade test needs the repository's whole history (git clone without --depth)",
    );
  }
  await command("unpack the version before", ["tar", "-xf", archive, "-C", tree]);
  await Deno.remove(archive);
}
