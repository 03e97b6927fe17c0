// Are the programs that we do not build on this machine? Installs what is missing, and says so.
import { command, hasProgram, whereIs } from "./run_command.ts";
import { say, step } from "./progress.ts";
import { debianPackages } from "./versions.ts";

/** Makes sure that every package of the list is there. Throws a message with the remedy where apt-get cannot help. */
export async function ensureDebianPackages(): Promise<void> {
  const missing = await missingPackages();
  if (missing.length === 0) return;
  if (!await hasProgram("apt-get")) {
    throw new Error(
      `Cannot build images or start a test cluster: the packages ${
        missing.join(", ")
      } are missing and there is no apt-get. ` +
        `Install them, or use an existing cluster with --context NAME.`,
    );
  }
  say(`installs with apt-get: ${missing.join(" ")}`);
  await aptInstall(missing);
  const still = await missingPackages();
  if (still.length > 0) throw new Error(`Cannot start a test cluster: still missing: ${still.join(", ")}`);
}

/** Installs packages, after an update of the lists. */
export async function aptInstall(packages: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await step(
    "apt-get update",
    () => command("update the package lists", ["apt-get", "update", "-q"], { env }),
  );
  await step(
    `apt-get install ${packages.join(" ")}`,
    () =>
      command(
        "install packages",
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", ...packages],
        { env },
      ),
  );
}

async function missingPackages(): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const { package: name, shows } of debianPackages) {
    const found = shows.startsWith("/")
      ? await Deno.stat(shows).then(() => true, () => false)
      : await whereIs(shows) !== undefined;
    if (!found) missing.push(name);
  }
  return missing;
}
