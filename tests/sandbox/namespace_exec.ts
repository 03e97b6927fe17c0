// How does a command in a container run? One nsenter process with its three streams.
import type { ExecProcess, ExitCode } from "./data_plane.ts";
import { childrenOf, signalProcess } from "./processes.ts";

/** A process that nsenter starts with the given arguments. */
export class NamespaceExec implements ExecProcess {
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly exited: Promise<ExitCode>;
  readonly #pid: number;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const options = { stdin: "piped", stdout: "piped", stderr: "piped", env: { ...env } } as const;
    const process = new Deno.Command("nsenter", { args: [...args], ...options }).spawn();
    this.#pid = process.pid;
    this.#stdin = process.stdin.getWriter();
    this.#stdin.closed.catch(() => {});
    this.stdout = process.stdout;
    this.stderr = process.stderr;
    this.exited = process.status.then(async ({ code }) => {
      await this.closeStdin();
      return code;
    });
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#stdin.write(bytes);
      return true;
    } catch {
      return false;
    }
  }

  async closeStdin(): Promise<void> {
    // Closing what is closed, or what the process has closed, is no fault.
    await this.#stdin.close().catch(() => {});
  }

  async kill(): Promise<void> {
    for (const pid of await childrenOf(this.#pid)) signalProcess(pid, "SIGKILL");
  }
}
