// Is the other end of this WebSocket there, and what ended it? One connection: handshake, life signs, bounded buffers.
import { Buffer } from "node:buffer";
import WebSocket from "ws";
import type { Clock } from "../../time/clock.ts";
import type { WireOptions } from "../api/wire.ts";
import type { ImpersonationHeaders } from "../config/connection.ts";
import { defined } from "../../text/defined.ts";
import { execProtocols } from "./protocol.ts";

/** How a connection came to its end. */
export type SocketEnd =
  /** An HTTP answer instead of the switch to WebSocket. `body` is cut at 64 KiB. */
  | { readonly kind: "refused"; readonly status: number; readonly body: string }
  /** It never opened. `sent`: the request may have reached the server, so the command may have run. */
  | { readonly kind: "unreachable"; readonly reason: string; readonly sent: boolean }
  /** It was open. */
  | { readonly kind: "closed"; readonly reason: string };

export interface SocketOptions {
  /** `https://…` or `http://…`, with the query. */
  readonly url: string;
  /** Value of the Authorization header, if any. */
  readonly authorization: string | undefined;
  readonly impersonation?: ImpersonationHeaders;
  /** ms until the connection must be open, instead of 10 s; 0: no limit. */
  readonly requestTimeout?: number;
  readonly wire: WireOptions;
  readonly clock: Clock;
  readonly onMessage: (message: Uint8Array) => void;
  /** Called once, last of all. */
  readonly onEnd: (end: SocketEnd) => void;
  readonly onOpen: (protocol: string) => void;
}

/** One WebSocket. */
export interface ExecSocket {
  /** False when it is not open (any more), or when the other end does not read: then it ends. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** Ends it at once; what is not sent yet is lost. `reason` is told to onEnd. Safe to repeat. */
  terminate(reason: string): void;
  /** Closes after all that was sent, politely; at the latest after `grace` ms. */
  close(grace: number): void;
}

/** ms until the connection must be open. */
export const handshakeTimeout = 10_000;
/** ms between pings; two in a row without any sign of life end the connection. */
const pingInterval = 20_000;
/** Longest message taken, in bytes; the API server sends 32 KiB at most. */
const messageLimit = 4 * 1024 * 1024;
/** Bytes waiting to be sent at which the other end counts as not reading. */
const sendLimit = 4 * 1024 * 1024;
const bodyLimit = 64 * 1024;

/** Codes of errors in resolving, connecting and TLS: the request was never written. */
const neverSentCodes =
  /^(EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|(CERT|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_TLS)_.*)$/;

/**
 * Opens a connection. Nothing is thrown for what the other side does: onEnd tells. Throws for an address or for
 * credentials that cannot be used at all.
 */
export function openSocket(options: SocketOptions): ExecSocket {
  const { clock } = options;
  let state: "connecting" | "open" | "ended" = "connecting";
  let quietPings = 0;
  let lastError = "";
  const ws = new WebSocket(options.url.replace(/^http/, "ws"), [...execProtocols], webSocketOptions(options));
  const { requestTimeout: openWithin = handshakeTimeout } = options;
  let cancelTimer = openWithin === 0 ? () => {} : clock.after(openWithin, () => {
    terminate(`no WebSocket within ${openWithin / 1000} s`);
  });
  ws.on("open", () => {
    if (state !== "connecting") return;
    state = "open";
    cancelTimer();
    schedulePing();
    options.onOpen(ws.protocol);
  });
  ws.on("message", (data) => {
    quietPings = 0;
    if (state === "open") options.onMessage(bytesOf(data));
  });
  ws.on("pong", () => {
    quietPings = 0;
  });
  ws.on("unexpected-response", (_request, response) => readRefusal(response));
  ws.on("error", (error) => {
    lastError = error.message;
    const sent = !neverSentCodes.test(codeOf(error));
    if (state === "connecting") end({ kind: "unreachable", reason: lastError || codeOf(error), sent });
  });
  ws.on("close", (code, reason) => {
    const said = reason.length > 0 ? `: ${JSON.stringify(reason.toString().slice(0, 200))}` : "";
    const why = lastError === "" ? `closed by the other side (code ${code})${said}` : lastError;
    terminate(why);
  });

  function readRefusal(response: NodeResponse): void {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const finish = (): void => {
      const body = Buffer.concat(chunks).toString("utf8", 0, bodyLimit);
      end({ kind: "refused", status: response.statusCode ?? 0, body });
    };
    response.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= bodyLimit) finish();
    });
    response.on("end", finish);
    response.on("error", finish);
    response.on("close", finish);
  }

  function schedulePing(): void {
    cancelTimer = clock.after(pingInterval, () => {
      if (quietPings >= 2) return terminate("no answer to 2 pings");
      quietPings += 1;
      ws.ping();
      schedulePing();
    });
  }

  function terminate(reason: string): void {
    end(state === "connecting" ? { kind: "unreachable", reason, sent: true } : { kind: "closed", reason });
  }

  function end(how: SocketEnd): void {
    if (state === "ended") return;
    state = "ended";
    cancelTimer();
    ws.terminate();
    options.onEnd(how);
  }

  return {
    send: (bytes) => {
      if (state !== "open" || ws.readyState !== WebSocket.OPEN) return false;
      if (ws.bufferedAmount > sendLimit) {
        terminate(`the other side does not read: ${ws.bufferedAmount} bytes are waiting`);
        return false;
      }
      ws.send(bytes);
      return true;
    },
    terminate,
    close: (grace) => {
      if (state !== "open") return terminate("closed by us");
      cancelTimer();
      cancelTimer = clock.after(grace, () => terminate("closed by us"));
      ws.close(1000);
    },
  };
}

/** The part of node's IncomingMessage that is used here. */
interface NodeResponse {
  readonly statusCode?: number | undefined;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "error" | "close", listener: () => void): unknown;
}

function webSocketOptions(options: SocketOptions): WebSocket.ClientOptions {
  const { authorization, impersonation, wire } = options;
  return {
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: messageLimit,
    headers: { ...impersonation, ...defined({ authorization }) },
    ...wire,
  };
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

function bytesOf(data: WebSocket.RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
