// How does the Pod Exec API behave in these tests: a local WebSocket server with one function for each connection.
import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { Issued } from "../api/certificates.ts";

/** The server's side of one exec. */
export interface ExecPeer {
  readonly protocol: string;
  /** The words of the command. */
  readonly command: readonly string[];
  /** Sends a frame on a channel. */
  send(channel: number, text: string): void;
  /** Sends the final status and closes, as the API server does. */
  finish(status: unknown): void;
  /** Calls back with each text on stdin, and with undefined when it is half-closed. */
  onStdin(hear: (text: string | undefined) => void): void;
  /** The connection below the WebSocket: destroy it to drop, pause it to stop reading. */
  readonly socket: Socket;
  readonly ws: WebSocket;
}

/** A running server; dispose of it to stop it. */
export interface ExecStub extends AsyncDisposable {
  readonly url: string;
  /** Path and query of each attempt. */
  readonly requests: readonly string[];
  /** Connections that are open. */
  readonly open: number;
}

export interface ExecStubOptions {
  /** Default: both. */
  readonly protocols?: readonly string[];
  /** False: no answers to pings. */
  readonly autoPong?: boolean;
  /** Speaks HTTPS with this certificate. */
  readonly tls?: Issued;
  /** An HTTP answer instead of the switch, or "hang"; undefined lets it through. */
  readonly refuse?: (
    request: IncomingMessage,
  ) => { readonly status: number; readonly body: string } | "hang" | undefined;
}

/** Starts a server on a free port. */
export async function startExecStub(
  serve: (peer: ExecPeer) => void,
  options: ExecStubOptions = {},
): Promise<ExecStub> {
  const offered = options.protocols ?? ["v5.channel.k8s.io", "v4.channel.k8s.io"];
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const webSockets = new WebSocketServer({
    noServer: true,
    autoPong: options.autoPong ?? true,
    handleProtocols: (asked) => offered.find((protocol) => asked.has(protocol)) ?? false,
  });
  const server = options.tls ? createTlsServer(options.tls) : createServer();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.on("upgrade", (request, socket: Socket, head) => {
    requests.push(request.url ?? "");
    const refusal = options.refuse?.(request);
    if (refusal === "hang") return;
    if (refusal) {
      const { status, body } = refusal;
      return socket.end(
        `HTTP/1.1 ${status} X\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
    }
    webSockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on("error", () => {});
      serve(peerOf(ws, { socket, query: new URL(request.url ?? "", "http://x").searchParams }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address && typeof address === "object");
  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${address.port}`,
    requests,
    get open() {
      return sockets.size;
    },
    [Symbol.asyncDispose]: () => {
      for (const ws of webSockets.clients) ws.terminate();
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The status of a command that ended well. */
export const success = { metadata: {}, status: "Success" };

/** The status of a command that ended with this code. */
export function exited(code: number): unknown {
  const causes = [{ reason: "ExitCode", message: String(code) }];
  return { status: "Failure", reason: "NonZeroExitCode", message: `exit code ${code}`, details: { causes } };
}

function peerOf(
  ws: WebSocket,
  means: { readonly socket: Socket; readonly query: URLSearchParams },
): ExecPeer {
  const send = (channel: number, text: string): void =>
    ws.send(new Uint8Array([channel, ...new TextEncoder().encode(text)]));
  return {
    protocol: ws.protocol,
    command: means.query.getAll("command"),
    socket: means.socket,
    ws,
    send,
    finish: (status) => {
      send(3, JSON.stringify(status));
      ws.close(1000);
    },
    onStdin: (hear) =>
      ws.on("message", (data) => {
        const bytes = new Uint8Array(data instanceof ArrayBuffer ? data : Array.isArray(data) ? [] : data);
        if (bytes[0] === 0) hear(new TextDecoder().decode(bytes.subarray(1)));
        if (bytes[0] === 255) hear(undefined);
      }),
  };
}
