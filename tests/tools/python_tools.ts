// Where are the linters that come as Python wheels? In an environment of their own, made once, outside the project.
import { createHash } from "node:crypto";
import { cacheDirectory } from "../cluster/kubernetes_build.ts";
import { step } from "../cluster/progress.ts";
import { command } from "../cluster/run_command.ts";

const requirements = new URL("./requirements.txt", import.meta.url).pathname;

/** A program of requirements.txt. */
export type PythonTool = "hadolint" | "zizmor";

/** The path of a program. Makes the environment first when the cache does not hold it; needs Python 3 with venv. */
export async function pythonTool(name: PythonTool): Promise<string> {
  const directory = `${cacheDirectory()}/python-tools-${await versions()}`;
  if (!await isThere(directory)) await makeEnvironment(directory);
  return `${directory}/bin/${name}`;
}

async function makeEnvironment(directory: string): Promise<void> {
  const unfinished = `${directory}.${Deno.pid}`;
  try {
    await step("pip install of the linters", async () => {
      await command("make a Python environment for the linters", ["python3", "-m", "venv", unfinished]);
      // Wheels only: the linters are programs, not scripts, and nothing is built here.
      await command("install the linters", [
        ...[`${unfinished}/bin/python3`, "-m", "pip", "install", "--quiet", "--no-deps"],
        ...["--disable-pip-version-check", "--only-binary=:all:", "-r", requirements],
      ]);
    });
    // The programs are no scripts that name their interpreter, so the environment may be moved.
    await Deno.rename(unfinished, directory);
  } catch (error) {
    // Two runs may make it at the same time: the first to finish is kept.
    if (!await isThere(directory)) throw error;
  } finally {
    await Deno.remove(unfinished, { recursive: true }).catch(() => {});
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function versions(): Promise<string> {
  const hash = createHash("sha256").update(Deno.build.arch).update(await Deno.readFile(requirements));
  return hash.digest("hex").slice(0, 12);
}
