// Where are the images that the test cluster imports? Built when anything that goes into them has changed.
import { createHash } from "node:crypto";
import { cacheDirectory } from "../cluster/cache_directory.ts";
import { step } from "../cluster/progress.ts";
import { buildImages, type BuiltImages, whatRuns } from "./build_images.ts";
import {
  agentImageName,
  controllerImageName,
  pauseImageName,
  seedAgentImageName,
  toolsImageName,
} from "./image_names.ts";

/** One archive and the names under which pods ask for what is in it; the archive itself has the first. */
export interface ImageArchive {
  readonly file: string;
  readonly names: readonly [string, ...string[]];
}

/** What a cluster needs. */
export interface ImageArchives {
  readonly controller: ImageArchive;
  readonly agent: ImageArchive;
  readonly seedAgent: ImageArchive;
  readonly testTools: ImageArchive;
  /** What runs as the controller, in one line. */
  readonly remark: string;
}

/** Those of this working tree as it is now. */
export async function imageArchives(): Promise<ImageArchives> {
  const directory = await directoryNow();
  if (!await Deno.stat(directory).then(() => true, () => false)) {
    const built = await buildImages();
    await saveArchives(built);
    await built.forget();
  }
  const remark = await Deno.readTextFile(`${directory}/remark`);
  return {
    controller: { file: `${directory}/controller.tar`, names: [controllerImageName] },
    agent: { file: `${directory}/agent.tar`, names: [agentImageName] },
    seedAgent: { file: `${directory}/seed-agent.tar`, names: [seedAgentImageName] },
    testTools: { file: `${directory}/test-tools.tar`, names: [toolsImageName, pauseImageName] },
    remark,
  };
}

/** Keeps what was built for the clusters that follow. */
export async function saveArchives(
  { buildah, runnable, agent, seedAgent, testTools }: BuiltImages,
): Promise<void> {
  const directory = await directoryNow();
  const unfinished = `${directory}.${Deno.pid}`;
  await Deno.mkdir(unfinished, { recursive: true });
  await step("images saved", async () => {
    await buildah.save(runnable.id, { file: `${unfinished}/controller.tar`, name: controllerImageName });
    await buildah.save(agent, { file: `${unfinished}/agent.tar`, name: agentImageName });
    await buildah.save(seedAgent, { file: `${unfinished}/seed-agent.tar`, name: seedAgentImageName });
    await buildah.save(testTools, { file: `${unfinished}/test-tools.tar`, name: toolsImageName });
  });
  await Deno.writeTextFile(`${unfinished}/remark`, whatRuns(runnable));
  await removeOldArchives();
  await Deno.remove(directory, { recursive: true }).catch(() => {});
  await Deno.rename(unfinished, directory);
}

const root = new URL("../../", import.meta.url).pathname;
const archivesDirectory = `${cacheDirectory()}/images/archives`;

/** A day is longer than any test run that may be reading one. */
async function removeOldArchives(): Promise<void> {
  for await (const { name } of Deno.readDir(archivesDirectory)) {
    const { mtime } = await Deno.stat(`${archivesDirectory}/${name}`);
    const age = Date.now() - (mtime?.getTime() ?? 0);
    if (age > 86_400_000) await Deno.remove(`${archivesDirectory}/${name}`, { recursive: true });
  }
}

async function directoryNow(): Promise<string> {
  const hash = createHash("sha256").update(`${Deno.version.deno} ${Deno.build.arch}`);
  const ignored = (await Deno.readTextFile(`${root}.dockerignore`)).split("\n");
  for (const file of await filesBelow("", ignored)) {
    hash.update(file).update(await Deno.readFile(root + file));
  }
  for (const file of await filesBelow("tests/images/", [])) {
    if (!file.endsWith("_test.ts")) hash.update(file).update(await Deno.readFile(root + file));
  }
  return `${archivesDirectory}/${hash.digest("hex").slice(0, 16)}`;
}

/** Paths below the root, sorted, without what the build context leaves out. */
async function filesBelow(folder: string, ignored: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(root + folder)) {
    if (ignored.includes(folder + name)) continue;
    if (isFile) found.push(folder + name);
    if (isDirectory) found.push(...await filesBelow(`${folder}${name}/`, ignored));
  }
  return found.sort();
}
