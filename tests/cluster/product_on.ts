// What does a command of the program say of the cluster? Run in this process, with the cluster's kubeconfig.
import { runProgram } from "../../lib/cli/program.ts";
import type { CommandSpec } from "../../lib/cli/program.ts";
import { type CommandResult, testHost } from "../cli/test_host.ts";
import type { Cluster } from "./cluster.ts";

/** Runs it; `args` begin with its name. */
export async function productOn(
  { kubeconfig, context }: Cluster,
  commands: readonly CommandSpec[],
  args: readonly string[],
): Promise<CommandResult> {
  const where = [
    ...kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig],
    ...context === undefined ? [] : ["--context", context],
  ];
  const { host, printed, complained, written } = testHost({ args: [...args, ...where] });
  const status = await runProgram(commands, {
    ...host,
    env: (name) => ["HOME", "KUBECONFIG"].includes(name) ? Deno.env.get(name) : undefined,
    readTextFile: (path) => Deno.readTextFile(path),
  });
  return {
    status,
    printed: printed.join("\n"),
    complained: complained.join("\n"),
    written: new Uint8Array(await new Blob(written).arrayBuffer()),
  };
}
