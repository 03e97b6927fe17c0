// How does a credential plugin run on this machine? Bounded in time and output, without a terminal.
import { collectOutput } from "../../text/output_cap.ts";
import type { HostCommand, HostCommandResult } from "./connection.ts";
import { onAbort } from "../../time/clock.ts";
import { messageOf } from "../../text/defined.ts";

/** Bytes of stdout and stderr together that are kept. */
const outputCap = 1024 * 1024;
/** ms after its end for what is still in the pipes. */
const lastWords = 500;

/** Runs the program and waits for its end; kills it after its timeout, too much output or an abort. Never rejects. */
export async function runCommand(asked: HostCommand): Promise<HostCommandResult> {
  try {
    const child = new Deno.Command(asked.command, {
      args: [...asked.args],
      env: { ...asked.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return await watchOver(child, asked);
  } catch (error) {
    return { kind: "failed", reason: messageOf(error) };
  }
}

async function watchOver(child: Deno.ChildProcess, asked: HostCommand): Promise<HostCommandResult> {
  const stdout = child.stdout.getReader();
  const stderr = child.stderr.getReader();
  /** The plugin's own children may hold the pipes open for longer than it lives: they are not waited for. */
  const leave = (): void => {
    stdout.cancel().catch(() => {});
    stderr.cancel().catch(() => {});
  };
  let killed: string | undefined;
  let ended = false;
  const kill = (why: string): void => {
    if (killed !== undefined) return;
    killed = why;
    if (!ended) end(child);
    leave();
  };
  const output = collectOutput(outputCap, () => kill(`more than ${outputCap} bytes of output`));
  const timer = setTimeout(() => kill(`not finished within ${asked.timeout} ms`), asked.timeout);
  const forget = asked.signal && onAbort(asked.signal, () => kill("the program is to end"));
  const drained = Promise.all([
    drain(stdout, output.stdout),
    drain(stderr, (chunk) => {
      asked.onStderr?.(chunk);
      output.stderr(chunk);
    }),
  ]);
  const { code } = await child.status;
  ended = true;
  const late = setTimeout(leave, lastWords);
  await drained;
  clearTimeout(late);
  clearTimeout(timer);
  forget?.();
  return killed === undefined
    ? { kind: "ended", code, ...output.texts() }
    : { kind: "failed", reason: killed };
}

/** It may have ended in this moment, which its status says later. */
function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended, which is what was wanted.
  }
}

/** Until the end of the stream, or until its reader is cancelled. */
async function drain(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  for (let read = await reader.read(); !read.done; read = await reader.read()) take(read.value);
}
