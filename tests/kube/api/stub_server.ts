// What does the API server answer in these tests: a local HTTP server with one function as its mind.
import type { Connection, Credentials } from "../../../lib/kube/config/connection.ts";
import type { Issued } from "./certificates.ts";

/** A running server; dispose of it to stop it. */
export interface StubServer extends AsyncDisposable {
  readonly url: string;
  /** "METHOD path?query" of each request, in order. */
  readonly requests: readonly string[];
}

export type Answer = (request: Request) => Response | Promise<Response>;

/** Starts a server on a free port; with `tls` it speaks HTTPS. */
export function startStub(answer: Answer, options: { readonly tls?: Issued } = {}): StubServer {
  const requests: string[] = [];
  const abort = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: abort.signal,
    onListen: () => {},
    onError: () => new Response("broken on purpose", { status: 500 }),
    ...options.tls,
  }, (request) => {
    const { pathname, search } = new URL(request.url);
    requests.push(`${request.method} ${pathname}${search}`);
    return answer(request);
  });
  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await server.finished;
    },
  };
}

/** A connection to it. */
export function connectionTo(
  server: string,
  credentials: (options?: { readonly force?: boolean }) => Credentials = () => ({}),
): Connection {
  return {
    source: { description: "the test" },
    server,
    credentials: (options) => Promise.resolve(credentials(options)),
  };
}

/** A Status as the API server sends it. */
export function statusAnswer(
  status: { readonly code: number; readonly reason?: string; readonly message?: string },
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ kind: "Status", ...status }, { status: status.code, headers });
}
