// How is a command's life told over a WebSocket? The v5 and v4 channel protocols of pods/exec, as the server speaks them.
import type { Container, ExecProcess } from "../kubelet/data_plane.ts";
import type { ExecRequest } from "./exec_request.ts";
import type { ExecFault, Strike } from "../faults/faults.ts";
import { exitStatus, refusal, startFailure } from "./exec_status.ts";
import { LineLimit } from "../faults/line_limit.ts";
import { badRequest } from "../api/status.ts";
import type { WireConnection } from "../faults/wire.ts";

/** One exec connection to open. */
export interface ExecSocketOptions {
  readonly request: Request;
  readonly exec: ExecRequest;
  /** The container, if it runs. */
  readonly container: Container | undefined;
  readonly strike: Strike<ExecFault> | undefined;
  readonly connection: WireConnection;
  /** Told of each complete line that is handed to stdin. */
  readonly onLine: (line: string) => void;
}

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;
const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** Upgrades the request; throws a StatusError when it is none or a fault refuses it. */
export function openExecSocket(options: ExecSocketOptions): Response {
  const { request, strike, container } = options;
  if (strike?.fault.kind === "refuse") throw refusal(strike.fault);
  // This answer comes from the kubelet, which knows no Status objects (measured on 1.36.3).
  if (container === undefined) {
    return new Response(`container not found (${JSON.stringify(options.exec.container)})\n`, { status: 500 });
  }
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    throw badRequest("Upgrade request required");
  }
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((one) => one.trim());
  const protocol = protocols.find((one) => offered.includes(one));
  if (protocol === undefined) {
    return new Response(null, { status: 403 });
  }
  // Not `{ protocol }`: Deno finds it only in a list with blanks ("a, b"); others, like ws, write "a,b".
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  response.headers.set("sec-websocket-protocol", protocol);
  new Conversation(socket, { ...options, container, halfClose: protocol === protocols[0] });
  return response;
}

type ConversationOptions = ExecSocketOptions & {
  readonly container: Container;
  /** v5: the client can end stdin alone. */
  readonly halfClose: boolean;
};

/** From the opening of a socket to its end. */
class Conversation {
  readonly #socket: WebSocket;
  readonly #options: ConversationOptions;
  readonly #fault: ExecFault | undefined;
  readonly #lines: LineLimit;
  /** Work on the process's stdin, one after the other; it waits for the start first. */
  #input: Promise<void>;
  #process: ExecProcess | undefined;
  /** The client has gone away. */
  readonly #ended = Promise.withResolvers<void>();

  constructor(socket: WebSocket, options: ConversationOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#fault = options.strike?.fault;
    this.#lines = new LineLimit(linesBefore(this.#fault), options.onLine);
    socket.binaryType = "arraybuffer";
    const opened = Promise.withResolvers<void>();
    socket.onopen = () => opened.resolve();
    socket.onmessage = (message) => this.#onFrame(message.data);
    // The container runtime ends stdin when the client goes away; the command itself goes on.
    socket.onclose = () => {
      this.#ended.resolve();
      this.#then(() => this.#process?.closeStdin());
    };
    socket.onerror = () => {};
    this.#input = opened.promise.then(() => this.#begin());
  }

  async #begin(): Promise<void> {
    const { exec, container } = this.#options;
    const first = exec.stdout ? channels.stdout : exec.stderr ? channels.stderr : channels.error;
    this.#send(first, new Uint8Array());
    if (this.#fault?.kind === "hang") return;
    if (exec.command.length === 0) return this.#finish(startFailure(undefined, container.id));
    const started = await container.exec(exec.command);
    if ("missing" in started) return this.#finish(startFailure(started.missing, container.id));
    this.#process = started;
    void this.#report(started);
    if (this.#fault?.kind === "flood") this.#flood(this.#fault.bytes);
    if (this.#lines.reached) await this.#strike(started);
    if (!exec.stdin) await started.closeStdin();
  }

  /** Hands the output on, then the status. */
  async #report(process: ExecProcess): Promise<void> {
    const { exec } = this.#options;
    await Promise.all([
      this.#copy(process.stdout, exec.stdout ? channels.stdout : undefined),
      this.#copy(process.stderr, exec.stderr ? channels.stderr : undefined),
    ]);
    this.#finish(exitStatus(await process.exited));
  }

  async #copy(from: ReadableStream<Uint8Array>, channel: number | undefined): Promise<void> {
    for await (const chunk of from) {
      if (this.#fault?.kind === "slow") await delay(this.#fault.delay, this.#ended.promise);
      if (channel !== undefined) this.#send(channel, chunk);
    }
  }

  #onFrame(data: unknown): void {
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0) return;
    const frame = new Uint8Array(data);
    if (this.#options.halfClose && frame[0] === channels.close && frame[1] === channels.stdin) {
      this.#then(() => this.#process?.closeStdin());
    }
    if (frame[0] === channels.stdin) this.#then(() => this.#feed(frame.subarray(1)));
  }

  async #feed(bytes: Uint8Array): Promise<void> {
    const process = this.#process;
    if (process === undefined || this.#lines.reached) return;
    await process.write(this.#lines.take(bytes));
    if (this.#lines.reached) await this.#strike(process);
  }

  /** The moment of a fault that waits for lines. */
  async #strike(process: ExecProcess): Promise<void> {
    switch (this.#fault?.kind) {
      case "drop":
        await process.closeStdin();
        return this.#options.connection.cut();
      case "close-without-status":
        await process.closeStdin();
        return this.#socket.close(1000);
      case "kill-process":
        return await process.kill();
    }
  }

  #flood(bytes: number): void {
    const junk = new Uint8Array(65536).fill(0x78);
    for (let sent = 0; sent < bytes; sent += junk.length) this.#send(channels.stdout, junk);
  }

  #then(work: () => Promise<unknown> | undefined): void {
    this.#input = this.#input.then(work).then(() => {}, () => {});
  }

  #send(channel: number, payload: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const frame = new Uint8Array(payload.length + 1);
    frame[0] = channel;
    frame.set(payload, 1);
    this.#socket.send(frame);
  }

  #finish(status: unknown): void {
    this.#send(channels.error, new TextEncoder().encode(JSON.stringify(status)));
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(1000);
  }
}

function linesBefore(fault: ExecFault | undefined): number {
  return fault !== undefined && "afterLines" in fault ? fault.afterLines : Infinity;
}

/** Ends early when nobody listens any more. */
function delay(ms: number, ended: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void ended.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
