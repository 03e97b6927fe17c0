// Where can images be pushed without any outside? A registry on loopback, as long as it is needed.
import { command } from "../../cluster/run_command.ts";
import { goTool } from "../../tools/go_tools.ts";

/** A registry, and crane to speak to it. */
export interface LoopbackRegistry extends AsyncDisposable {
  /** Host, port and path, as the release workflow has them. */
  readonly address: string;
  /** Runs crane and gives what it prints. Throws with its words when it fails. */
  crane(purpose: string, args: readonly string[]): Promise<string>;
}

/** Starts a registry on a port that is free. It keeps its images in `folder`, which it makes. */
export async function startRegistry(folder: string): Promise<LoopbackRegistry> {
  const program = await goTool("crane");
  await Deno.mkdir(folder, { recursive: true });
  const child = new Deno.Command(program, {
    args: ["registry", "serve", "--address", "127.0.0.1:0", "--disk", folder],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let said = "";
  let port: string | undefined;
  while (port === undefined) {
    const { value, done } = await lines.next();
    if (done) throw new Error(`Cannot start a registry on loopback: ${said.trim()}`);
    said += value;
    port = /serving on port (\d+)/.exec(said)?.[1];
  }
  const drained = (async () => {
    while (!(await lines.next()).done);
  })();
  return {
    address: `127.0.0.1:${port}/dry-run`,
    crane: (purpose, args) => command(purpose, [program, ...args]),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child.status;
      await drained;
    },
  };
}
