// Where is the program of the agent image? Built from agent/ once for each state of its sources, outside the project.
import { createHash } from "node:crypto";
import { cacheDirectory } from "../cluster/cache_directory.ts";
import { type GoToolchain, goToolchain, hasGo } from "../cluster/go_toolchain.ts";
import { command } from "../cluster/run_command.ts";

/** The directory of the Go module. */
export const agentSources: string = new URL("../../agent/", import.meta.url).pathname;

/** The environment of every `go` in there. */
export function agentEnvironment(go: GoToolchain): Readonly<Record<string, string>> {
  return { ...go.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" };
}

/** The path of the program, built as the Dockerfile does. Throws when there is no Go and none can be had. */
export async function agentProgram(): Promise<string> {
  const directory = `${cacheDirectory()}/agent-${await stateOfSources()}`;
  const program = `${directory}/vxlan-agent`;
  if (await Deno.stat(program).then(() => true, () => false)) return program;
  const go = await goToolchain();
  await Deno.mkdir(directory, { recursive: true });
  const unfinished = await Deno.makeTempFile({ dir: directory, prefix: "vxlan-agent." });
  try {
    await command("build the agent's program", [
      ...[go.program, "build", "-trimpath", "-ldflags=-s -w", "-o", unfinished, "."],
    ], { cwd: agentSources, env: agentEnvironment(go) });
    // Two runs may build at the same time; each renames a whole program.
    await Deno.rename(unfinished, program);
  } finally {
    await Deno.remove(unfinished).catch(() => {});
  }
  return program;
}

/** The same, undefined when no Go is installed: nothing is fetched. */
export async function agentProgramWhereGoIs(): Promise<string | undefined> {
  return await hasGo() ? await agentProgram() : undefined;
}

async function stateOfSources(): Promise<string> {
  const hash = createHash("sha256").update(Deno.build.arch);
  for (const folder of ["", "session/", "pid1/"]) {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(agentSources + folder)) names.push(name);
    const sources = names.filter((name) => /(\.go|^go\.mod)$/.test(name) && !name.endsWith("_test.go"));
    for (const name of sources.sort()) {
      hash.update(name).update(await Deno.readFile(`${agentSources}${folder}${name}`));
    }
  }
  return hash.digest("hex").slice(0, 12);
}
