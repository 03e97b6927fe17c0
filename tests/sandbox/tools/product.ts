// The product itself as a process: main.ts with exactly the flags of the task `start`, stopped as the kubelet stops it.
import { TextLineStream } from "./text_lines.ts";

/** The running program. */
export interface Product {
  /** Exit status; resolves when it has ended. */
  readonly ended: Promise<number>;
  /** Sends a signal (default SIGTERM), then waits for its end. Safe to repeat. */
  stop(signal?: Deno.Signal): Promise<number>;
}

/** One process of it. */
export interface ProductProcess extends Product {
  /** Sends a signal and does not wait: SIGSTOP and SIGCONT. */
  signal(signal: Deno.Signal): void;
}

/** Starts the program with arguments; every line of its output goes to `onLine`. */
export async function startProduct(
  args: readonly string[],
  { onLine, env = {}, program }: {
    readonly onLine: (line: string) => void;
    readonly env?: Readonly<Record<string, string>>;
    /** Default: `main.ts`, as the task `start` runs it. */
    readonly program?: string;
  },
): Promise<ProductProcess> {
  const child = new Deno.Command(program ?? Deno.execPath(), {
    args: [...program === undefined ? await startArguments() : [], ...args],
    cwd: new URL("../../../", import.meta.url),
    clearEnv: true,
    env: { ...ownEnvironment(), ...env },
    // Ctrl-C of a terminal goes to every process of its group: how the product ends is for its owner to say.
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const read = Promise.all([child.stdout, child.stderr].map((stream) => readLines(stream, onLine)));
  const ended = child.status.then(async ({ code }) => {
    await read;
    return code;
  });
  let stopped = false;
  return {
    ended,
    signal: (signal) => send(child, signal),
    stop: async (signal = "SIGTERM") => {
      if (!stopped) send(child, signal);
      stopped = true;
      return await ended;
    },
  };
}

/** Arguments of deno for the product, taken from the task, so that tests cannot run with other permissions. */
export async function startArguments(): Promise<readonly string[]> {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)));
  const command: string = config.tasks.start.command;
  const words = command.split(" ");
  return words.slice(words.indexOf("deno") + 1);
}

/** Ours without the product's settings: what it is told, it is told here. */
function ownEnvironment(): Record<string, string> {
  const entries = Object.entries(Deno.env.toObject());
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith("KVC_")));
}

function send(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself; its status says how.
  }
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  for await (const line of stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
    onLine(line);
  }
}
