// What is a process without an operating system? Streams in memory around a program that reacts to its input.
import type { ExecProcess, ExitCode } from "../kubelet/data_plane.ts";

/** What a program may do. */
export interface ToyIo {
  out(text: string): void;
  err(text: string): void;
  exit(code: ExitCode): void;
}

/** A program: how it reacts to input and to its end. One that needs none has exited already. */
export interface ToyProgram {
  input(text: string): void;
  end(): void;
}

/** Starts a program in memory. */
export class ToyProcess implements ExecProcess {
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly exited: Promise<ExitCode>;
  readonly #exit = Promise.withResolvers<ExitCode>();
  readonly #decoder = new TextDecoder();
  readonly #outputs: readonly ToyOutput[];
  readonly #program: ToyProgram;
  #running = true;

  constructor(start: (io: ToyIo) => ToyProgram) {
    const [stdout, stderr] = [new ToyOutput(), new ToyOutput()];
    this.#outputs = [stdout, stderr];
    this.stdout = stdout.stream;
    this.stderr = stderr.stream;
    this.exited = this.#exit.promise;
    this.#program = start({
      out: (text) => stdout.say(text),
      err: (text) => stderr.say(text),
      exit: (code) => this.#end(code),
    });
  }

  write(bytes: Uint8Array): Promise<boolean> {
    if (this.#running) this.#program.input(this.#decoder.decode(bytes, { stream: true }));
    return Promise.resolve(this.#running);
  }

  closeStdin(): Promise<void> {
    if (this.#running) this.#program.end();
    return Promise.resolve();
  }

  kill(): Promise<void> {
    this.#end(137);
    return Promise.resolve();
  }

  #end(code: ExitCode): void {
    if (!this.#running) return;
    this.#running = false;
    for (const output of this.#outputs) output.close();
    this.#exit.resolve(code);
  }
}

class ToyOutput {
  readonly stream: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor() {
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#controller = undefined;
      },
    });
  }

  say(text: string): void {
    if (text !== "") this.#controller?.enqueue(new TextEncoder().encode(text));
  }

  close(): void {
    this.#controller?.close();
    this.#controller = undefined;
  }
}
