// How does the contract reach a server? HTTP by the built-in fetch, exec by ws: nothing of the product's own transport.
import { Buffer } from "node:buffer";
import WebSocket from "ws";
import type {
  ApiAnswer,
  ApiExec,
  ApiRequest,
  ApiUnderTest,
  ApiWatch,
  ExecEnd,
  ExecFrame,
} from "./api_under_test.ts";

/** A server and how to get in. */
export interface HttpAccess {
  /** Without a trailing slash. */
  readonly server: string;
  /** Value of the Authorization header. */
  readonly authorization?: string;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What of a server is not its transport. */
export type Surroundings = Pick<ApiUnderTest, "name" | "namespace" | "image" | "expireHistory">;

/** A server under test behind HTTP. Dispose of it at the end. */
export function httpApi(access: HttpAccess, surroundings: Surroundings): ApiUnderTest & Disposable {
  const { server, authorization, ca, cert, key } = access;
  const trust = ca === undefined ? {} : { caCerts: [ca] };
  const identity = cert === undefined || key === undefined ? {} : { cert, key };
  const known = Deno.createHttpClient({ http2: false, ...trust, ...identity });
  const stranger = Deno.createHttpClient({ http2: false, ...trust });
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  return {
    ...surroundings,
    request: async (asked) => {
      const client = asked.token === undefined ? known : stranger;
      const own = asked.token === undefined ? headers : { authorization: `Bearer ${asked.token}` };
      return await answerOf(await fetch(server + asked.path, { ...initOf(asked, own), client }));
    },
    watch: async (path) => watchOf(await fetch(server + path, { headers, client: known })),
    exec: (path, { protocols }) => {
      const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
      return openExec(
        new WebSocket(server.replace("http", "ws") + path, [...protocols], { headers, ...tls }),
      );
    },
    [Symbol.dispose]: () => {
      known.close();
      stranger.close();
    },
  };
}

function initOf(asked: ApiRequest, headers: Readonly<Record<string, string>>): RequestInit {
  const { method = "GET", body, contentType = "application/json" } = asked;
  if (body === undefined) return { method, headers: { ...headers } };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { method, headers: { ...headers, "content-type": contentType }, body: text };
}

async function answerOf(response: Response): Promise<ApiAnswer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Also of an answer that is no stream: a Status comes as one event of type "" then. */
function watchOf(response: Response): ApiWatch {
  if (response.body === null) throw new Error(`Cannot watch: status ${response.status} without a body`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  return {
    status: response.status,
    next: async () => {
      while (!rest.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) return undefined;
        rest += value;
      }
      const end = rest.indexOf("\n");
      const event = JSON.parse(rest.slice(0, end));
      rest = rest.slice(end + 1);
      return response.ok ? event : { type: "", object: event };
    },
    [Symbol.asyncDispose]: async () => await reader.cancel().catch(() => {}),
  };
}

function openExec(socket: WebSocket): ApiExec {
  const opened = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<ExecEnd>();
  const frames: ExecFrame[] = [];
  const end = (how: ExecEnd): void => {
    opened.resolve("");
    ended.resolve(how);
  };
  socket.on("open", () => opened.resolve(socket.protocol));
  socket.on("message", (data) => frames.push(frameOf(data)));
  socket.on("unexpected-response", (request, response) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("end", () => {
      end({ kind: "refused", status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() });
      request.destroy();
    });
  });
  // Every error is followed by a close, which is what the cases look at.
  socket.on("error", () => {});
  socket.on("close", (code) => end({ kind: "closed", code }));
  return {
    opened: opened.promise,
    ended: ended.promise,
    frames,
    send: (channel, text) => socket.send(new Uint8Array([channel, ...new TextEncoder().encode(text)])),
    sendBytes: (bytes) => socket.send(bytes),
    close: () => socket.close(1000),
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await ended.promise;
    },
  };
}

function frameOf(data: WebSocket.RawData): ExecFrame {
  const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
  return { channel: bytes[0] ?? -1, text: bytes.subarray(1).toString() };
}
