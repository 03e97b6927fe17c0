// How does a credential plugin run on this machine? Bounded in time and output, without a terminal.
import { collectOutput } from "../../text/output_cap.ts";
import type { HostCommand, HostCommandResult } from "./connection.ts";
import { messageOf } from "../../text/defined.ts";

/** Bytes of stdout and stderr together that are kept. */
const outputCap = 1024 * 1024;

/** Runs the program and waits for its end; kills it after its timeout or too much output. Never rejects. */
export async function runCommand(asked: HostCommand): Promise<HostCommandResult> {
  try {
    const child = new Deno.Command(asked.command, {
      args: [...asked.args],
      env: { ...asked.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return await watchOver(child, asked.timeout);
  } catch (error) {
    return { kind: "failed", reason: messageOf(error) };
  }
}

async function watchOver(child: Deno.ChildProcess, timeout: number): Promise<HostCommandResult> {
  const stdout = child.stdout.getReader();
  const stderr = child.stderr.getReader();
  let killed: string | undefined;
  const kill = (why: string): void => {
    if (killed !== undefined) return;
    killed = why;
    child.kill("SIGKILL");
    // Its own children may hold the pipes open for longer.
    stdout.cancel();
    stderr.cancel();
  };
  const output = collectOutput(outputCap, () => kill(`more than ${outputCap} bytes of output`));
  const timer = setTimeout(() => kill(`not finished within ${timeout} ms`), timeout);
  await Promise.all([drain(stdout, output.stdout), drain(stderr, output.stderr)]);
  const { code } = await child.status;
  clearTimeout(timer);
  return killed === undefined
    ? { kind: "ended", code, ...output.texts() }
    : { kind: "failed", reason: killed };
}

async function drain(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  for (let read = await reader.read(); !read.done; read = await reader.read()) take(read.value);
}
