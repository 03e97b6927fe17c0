// How is one request read from a connection, and its answer written? HTTP/1 without bodies, one request a connection.
//
// Deno.serve has no bound on connections and no timeout for a request's head, and writes its errors to stderr by itself.

/** What was asked. */
export interface HttpRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
}

/** What is answered. */
export interface HttpAnswer {
  readonly status: keyof typeof phrases;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const phrases = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
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
    if (/\r?\n\r?\n/.test(text)) return parseHead(text);
    if (length === longestHead) {
      return { status: 431, body: `The request has more than ${longestHead} bytes of headers.\n` };
    }
  }
}

const latin1 = new TextDecoder("latin1");

function parseHead(text: string): HttpRequest | HttpAnswer {
  const [, method = "", target = ""] = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r?\n/.exec(text) ?? [];
  const [, path] = /^(?:https?:\/\/[^/?#]*)?(\/[^?#]*)/.exec(target) ?? [];
  return path === undefined ? { status: 400, body: "This is no request of HTTP/1.1.\n" } : { method, path };
}

/** Writes the answer and ends the connection, after the other side has had the time to read it. */
export async function writeAnswer(
  connection: Pick<Deno.Conn, "read" | "write" | "closeWrite">,
  { answer, method }: { readonly answer: HttpAnswer; readonly method: string | undefined },
): Promise<void> {
  const body = new TextEncoder().encode(answer.body);
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "content-length": String(body.length),
    "connection": "close",
    ...answer.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${answer.status} ${phrases[answer.status]}\r\n${lines.join("")}\r\n`;
  await writeAll(connection, new TextEncoder().encode(head));
  if (method !== "HEAD") await writeAll(connection, body);
  await connection.closeWrite();
  // Closed with something unread, the connection would be reset, and the answer lost.
  const rest = new Uint8Array(longestHead);
  for (let left = longestRest; left > 0;) left -= await connection.read(rest) ?? left;
}

async function writeAll(connection: Pick<Deno.Conn, "write">, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length;) from += await connection.write(bytes.subarray(from));
}
