// How does a process within the namespaces look from here? One nsenter, which we started, and its child, which does the work.
import type { ExecProcess, ExitCode } from "../kubelet/data_plane.ts";
import { childrenOf, onlyChildOf, signalProcess } from "./processes.ts";

/** A process that nsenter starts with the given arguments. */
export class EnteredProcess implements ExecProcess {
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** Its end; by then its stdin is closed. */
  readonly exited: Promise<ExitCode>;
  readonly #pid: number;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  #closing: Promise<void> | undefined;
  #running = true;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const streams = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    // Ctrl-C of a terminal is not for the pods: they end with the sandbox.
    const options = { ...streams, env: { ...env }, detached: true } as const;
    const process = new Deno.Command("nsenter", { args: [...args], ...options }).spawn();
    this.#pid = process.pid;
    this.#stdin = process.stdin.getWriter();
    this.#stdin.closed.catch(() => {});
    this.stdout = process.stdout;
    this.stderr = process.stderr;
    this.exited = process.status.then(async ({ code }) => {
      this.#running = false;
      await this.closeStdin();
      return code;
    });
  }

  /** The process that does the work, as this machine counts. Throws when it has ended. */
  child(): Promise<number> {
    return onlyChildOf(this.#pid);
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#stdin.write(bytes);
      return true;
    } catch {
      return false;
    }
  }

  closeStdin(): Promise<void> {
    // That the process has closed it, or ended, is no fault.
    this.#closing ??= this.#stdin.close().catch(() => {});
    return this.#closing;
  }

  async kill(): Promise<void> {
    let children: readonly number[] = [];
    // Just after its start nsenter has no child yet.
    while (this.#running && children.length === 0) children = await childrenOf(this.#pid);
    for (const pid of children) signalProcess(pid, "SIGKILL");
  }
}
