// How is one request read from a connection, and its answer written? HTTP/1 without bodies, one request a connection.
//
// Deno.serve has no bound on connections and no timeout for a request's head, and writes its errors to stderr by itself.

/** What was asked. */
export interface HttpRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** Without its question mark; empty when there is none. */
  readonly query: string;
  /** Whom the request means, as it came: of a proxy's form, else of Host. Several are joined by commas. */
  readonly host: string;
}

/** What is answered. */
export interface HttpAnswer {
  readonly status: keyof typeof phrases;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is written as it comes, until it ends or the other side goes; then it is cancelled. */
  readonly body: string | ReadableStream<string>;
}

/** Told when something is to be written, and when it was: who does not read must not keep his connection. */
export interface WriteTimer {
  start(): void;
  stop(): void;
}

type Connection = Pick<Deno.Conn, "read" | "write" | "closeWrite">;

const phrases = {
  200: "OK",
  204: "No Content",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

/** Bytes of a request's line and headers together. */
const longestHead = 8 * 1024;

/** Bytes that are taken of a body, and of what is sent after it: nothing here needs one. */
const longestRest = 64 * 1024;

/** Reads a request; an answer when it is none, undefined when the other side ended before it was whole. */
export async function readRequest(
  connection: Pick<Deno.Conn, "read">,
): Promise<HttpRequest | HttpAnswer | undefined> {
  const buffer = new Uint8Array(longestHead);
  let length = 0;
  for (;;) {
    const read = await connection.read(buffer.subarray(length));
    if (read === null) return undefined;
    length += read;
    const text = latin1.decode(buffer.subarray(0, length));
    const end = /\r?\n\r?\n/.exec(text);
    if (end) return parseHead(text.slice(0, end.index + end[0].length));
    if (length === longestHead) {
      return { status: 431, body: `The request has more than ${longestHead} bytes of headers.\n` };
    }
  }
}

const latin1 = new TextDecoder("latin1");

function parseHead(text: string): HttpRequest | HttpAnswer {
  const [, method = "", target = ""] = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r?\n/.exec(text) ?? [];
  const [, proxied, path, query = ""] = /^(?:https?:\/\/([^/?#]*))?(\/[^?#]*)\??([^#]*)/.exec(target) ?? [];
  if (path === undefined) return { status: 400, body: "This is no request of HTTP/1.1.\n" };
  const hosts = [...text.matchAll(/^host:[ \t]*(.*?)[ \t]*\r?$/gim)].map(([, host]) => host);
  return { method, path, query, host: proxied ?? hosts.join() };
}

/** Writes the answer and ends the connection, after the other side has had the time to read it. */
export async function writeAnswer(
  connection: Connection,
  { answer, method, timer }: {
    readonly answer: HttpAnswer;
    readonly method: string | undefined;
    readonly timer: WriteTimer;
  },
): Promise<void> {
  timer.start();
  const { body } = answer;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : undefined;
  await writeAll(connection, new TextEncoder().encode(headOf(answer, bytes?.length)));
  if (method !== "HEAD") {
    if (bytes) await writeAll(connection, bytes);
    else if (typeof body !== "string") await writeStream(connection, { body, timer });
  }
  await connection.closeWrite();
  // Closed with something unread, the connection would be reset, and the answer lost.
  await readRest(connection);
}

/** Without `length` the body ends with the connection. */
function headOf({ status, headers }: HttpAnswer, length: number | undefined): string {
  const all = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    ...length === undefined || status === 204 ? {} : { "content-length": String(length) },
    "connection": "close",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${phrases[status]}\r\n${lines.join("")}\r\n`;
}

/** Each portion in its own time. Who sends more than is taken, or ends his side, has gone. */
async function writeStream(
  connection: Connection,
  { body, timer }: { readonly body: ReadableStream<string>; readonly timer: WriteTimer },
): Promise<void> {
  const portions = body.getReader();
  const leave = (): Promise<void> => portions.cancel();
  const gone = readRest(connection).then(leave, leave);
  try {
    for (;;) {
      timer.stop();
      const { done, value } = await portions.read();
      timer.start();
      if (done) break;
      await writeAll(connection, new TextEncoder().encode(value));
    }
    await connection.closeWrite();
  } finally {
    await leave();
  }
  await gone;
}

/** Until the other side ends, or has sent too much. */
async function readRest(connection: Pick<Deno.Conn, "read">): Promise<void> {
  const rest = new Uint8Array(longestHead);
  for (let left = longestRest; left > 0;) left -= await connection.read(rest) ?? left;
}

async function writeAll(connection: Pick<Deno.Conn, "write">, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length;) from += await connection.write(bytes.subarray(from));
}
