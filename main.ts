// Kube VXLAN Controller: which commands there are, and the only place that touches the process it runs in.
import type { Host } from "./lib/cli/host.ts";
import { uninstallCommand } from "./lib/cli/clean/uninstall.ts";
import { convertCommand } from "./lib/cli/manifests/convert.ts";
import { injectCommand } from "./lib/cli/manifests/inject.ts";
import { lintCommand } from "./lib/cli/manifests/lint.ts";
import { completeCommand, completionCommand } from "./lib/cli/completion/completion.ts";
import { checkCommand } from "./lib/cli/check/check.ts";
import { graphCommand } from "./lib/cli/show/graph.ts";
import { inspectCommand } from "./lib/cli/inspect/inspect.ts";
import { listCommand } from "./lib/cli/show/list.ts";
import { optionsCommand } from "./lib/cli/options_command.ts";
import { runProgram } from "./lib/cli/program.ts";
import { runCommand } from "./lib/cli/run/run.ts";
import { statusCommand } from "./lib/cli/status/status.ts";
import { sysdumpCommand } from "./lib/cli/sysdump/sysdump.ts";
import { versionCommand } from "./lib/cli/show/version.ts";
import { systemClock } from "./lib/time/clock.ts";

/** All that can be called. */
export const commands = [
  runCommand,
  listCommand,
  inspectCommand,
  statusCommand,
  checkCommand,
  graphCommand,
  lintCommand,
  injectCommand,
  convertCommand,
  sysdumpCommand,
  uninstallCommand,
  completionCommand,
  optionsCommand,
  versionCommand,
];
const all = [...commands, completeCommand(commands)];

if (import.meta.main) {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stop.abort());
  Deno.exit(await runProgram(all, thisProcess(stop.signal)));
}

function thisProcess(stop: AbortSignal): Host {
  const encoder = new TextEncoder();
  return {
    args: Deno.args,
    env: (name) => Deno.env.get(name),
    readTextFile: (path) => Deno.readTextFile(path),
    listFolder,
    readInput: () => new Response(Deno.stdin.readable).text(),
    print: (line) => toReader(encoder.encode(`${line}\n`)),
    complain: (line) => writeAll(Deno.stderr, encoder.encode(`${line}\n`)),
    output: {
      isTerminal: () => Deno.stdout.isTerminal(),
      write: (bytes) => writeAll(Deno.stdout, bytes),
    },
    passOn: (bytes) => writeAll(Deno.stderr, bytes),
    ...Deno.stderr.isTerminal() && { terminal: (text) => writeAll(Deno.stderr, encoder.encode(text)) },
    clock: systemClock,
    stop,
  };
}

async function listFolder(path: string): Promise<readonly string[] | undefined> {
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) return undefined;
  const all = await Array.fromAsync(Deno.readDir(path));
  return all.filter((entry) => !entry.isDirectory).map(({ name }) => name);
}

/** Nobody reads on (`list pods | head -1`): that is no error. The status is that of programs which a signal ends then. */
function toReader(bytes: Uint8Array): void {
  try {
    writeAll(Deno.stdout, bytes);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(141);
    throw error;
  }
}

/** Synchronous: a line is out before the process can end. */
function writeAll(to: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let sent = 0; sent < bytes.length;) sent += to.writeSync(bytes.subarray(sent));
}
