// On which machine does a command run in these tests? One without files and variables but those that are given.
import type { Host } from "../../lib/cli/host.ts";
import { type CommandSpec, runProgram } from "../../lib/cli/program.ts";
import { systemClock } from "../../lib/time/clock.ts";

/** What a run came to. */
export interface CommandResult {
  readonly status: number;
  readonly printed: string;
  readonly complained: string;
  /** What went to stdout as bytes. */
  readonly written: Uint8Array<ArrayBuffer>;
}

/** What the machine has. */
export interface TestMachine {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** What comes through the pipe. */
  readonly input?: string;
  /** stdout is one. */
  readonly terminal?: boolean;
}

/** The machine itself, and what was said on it so far. */
export function testHost(
  { args, env = {}, files = {}, input = "", terminal = false }: TestMachine,
): {
  readonly host: Host;
  readonly printed: string[];
  readonly complained: string[];
  readonly written: Uint8Array<ArrayBuffer>[];
} {
  const printed: string[] = [];
  const complained: string[] = [];
  const written: Uint8Array<ArrayBuffer>[] = [];
  const host: Host = {
    args,
    env: (name) => env[name],
    readInput: () => Promise.resolve(input),
    readTextFile: (path) => {
      const text = files[path];
      return text === undefined ? Promise.reject(new Error(`no file ${path}`)) : Promise.resolve(text);
    },
    listFolder: (path) => {
      const inside = Object.keys(files).filter((name) => name.startsWith(`${path}/`));
      return Promise.resolve(
        inside.length === 0 ? undefined : inside.map((name) => name.slice(path.length + 1)),
      );
    },
    print: (line) => printed.push(line),
    complain: (line) => complained.push(line),
    output: { isTerminal: () => terminal, write: (bytes) => void written.push(bytes.slice()) },
    clock: systemClock,
    stop: new AbortController().signal,
  };
  return { host, printed, complained, written };
}

/** Runs one of the commands. */
export async function runOn(commands: readonly CommandSpec[], machine: TestMachine): Promise<CommandResult> {
  const { host, printed, complained, written } = testHost(machine);
  const status = await runProgram(commands, host);
  return {
    status,
    printed: printed.join("\n"),
    complained: complained.join("\n"),
    written: new Uint8Array(await new Blob(written).arrayBuffer()),
  };
}
