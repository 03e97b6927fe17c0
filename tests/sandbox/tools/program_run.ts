// How do tests run a program for people: read what it says, press Ctrl-C, and see whether it leaves something behind?
import assert from "node:assert/strict";
import { TextLineStream } from "./text_lines.ts";
import { waitFor } from "./waiting.ts";

/** A program that was started. Disposing of it interrupts it, if it still runs. */
export interface ProgramRun extends AsyncDisposable {
  /** Exit status. */
  readonly ended: Promise<number>;
  /** The line with these words, once they have come so often. */
  hears(words: string, times?: number): Promise<string>;
  /** Ctrl-C as a terminal does it: for every process of the group. Gives the exit status. */
  interrupt(): Promise<number>;
  /** Command lines of living processes that descend from it; none where there is no /proc. */
  remains(): Promise<readonly string[]>;
}

/** Starts a program of ours in a process group of its own. */
export function runProgram(
  args: readonly string[],
  { folder, env = {} }: { readonly folder: string; readonly env?: Readonly<Record<string, string>> },
): ProgramRun {
  const mark = crypto.randomUUID();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", ...args],
    cwd: folder,
    env: { ...env, PROGRAM_RUN: mark, NO_COLOR: "1" },
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const read = Promise.all([child.stdout, child.stderr].map((stream) => collect(stream, lines)));
  let over = false;
  const ended = child.status.then(async ({ code }) => {
    over = true;
    await read;
    return code;
  });
  const interrupt = async (): Promise<number> => {
    if (!over) Deno.kill(Deno.build.os === "windows" ? child.pid : -child.pid, "SIGINT");
    return await ended;
  };
  return {
    ended,
    interrupt,
    hears: async (words, times = 1) => {
      const heard = (): readonly string[] => lines.filter((line) => line.includes(words));
      await waitFor(() => heard().length >= times || over, {
        what: `${JSON.stringify(words)}, ${times} times`,
        state: () => lines.join("\n"),
      });
      if (over) await ended;
      assert.ok(heard().length >= times, `it ended without ${JSON.stringify(words)}:\n${lines.join("\n")}`);
      return heard()[times - 1] ?? "";
    },
    remains: async () => await marked(mark),
    [Symbol.asyncDispose]: async () => {
      await interrupt();
    },
  };
}

async function collect(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
  for await (const line of stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
    lines.push(line);
  }
}

/** Everybody who has inherited the mark. */
async function marked(mark: string): Promise<readonly string[]> {
  if (Deno.build.os !== "linux") return [];
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    const environment = /^\d+$/.test(name) ? await textOf(`/proc/${name}/environ`) : "";
    if (environment.includes(mark)) found.push((await textOf(`/proc/${name}/cmdline`)).replaceAll("\0", " "));
  }
  return found;
}

async function textOf(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => "");
}
