// How probes and Prometheus reach the program: /healthz, /readyz and /metrics on one port.
import { type Clock, sleep } from "../time/clock.ts";
import { checkHealth, type HealthCheck } from "./health.ts";
import type { HttpAddress } from "./http_address.ts";
import { messageOf } from "../text/defined.ts";

export interface HttpServerOptions {
  readonly address: HttpAddress;
  readonly clock: Clock;
  /** Is the process itself alive. Must not depend on the API server. */
  readonly healthz: readonly HealthCheck[];
  /** May it be counted on: stores synced. A standby is ready. */
  readonly readyz: readonly HealthCheck[];
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  /** Told of an answer that could not be made: "Cannot answer GET /metrics: …". */
  readonly onError: (message: string) => void;
}

/** A server that listens, or the absence of one. */
export interface HttpServer {
  /** Where it listens, e.g. `[::]:9090`; undefined when it is off. */
  readonly address?: string;
  /** Answers what is under way (at most a second), then ends every connection. Safe to repeat. */
  close(): Promise<void>;
}

/** The address cannot be listened on; the message says why and what to do. */
export class HttpServerError extends Error {
  override name = "HttpServerError";
}

/** How long (ms) closing waits for answers under way. */
const closingGrace = 1_000;

/** Starts to listen. Throws HttpServerError when that is not possible. */
export function startHttpServer(options: HttpServerOptions): HttpServer {
  const { address, clock } = options;
  if (address.kind === "off") return { close: () => Promise.resolve() };
  const abort = new AbortController();
  const underWay = new Set<Promise<Response>>();
  const answer = createHandler(options);
  const handler = (request: Request): Promise<Response> => {
    const answering = answer(request).finally(() => underWay.delete(answering));
    underWay.add(answering);
    return answering;
  };
  const server = listen(address, { signal: abort.signal, handler });
  let closing: Promise<void> | undefined;

  // Not server.shutdown(): it waits for a stuck answer for ever, and cannot be cut short, because aborting a server
  // that is shutting down throws BadResource where nobody can catch it (Deno 2.9.6).
  const close = async (): Promise<void> => {
    const answered = new AbortController();
    void Promise.allSettled(underWay).then(() => answered.abort());
    await sleep(clock, closingGrace, answered.signal);
    abort.abort();
    await server.finished;
  };
  return { address: written(server.addr), close: () => closing ??= close() };
}

type Handler = (request: Request) => Promise<Response>;

/** Without a hostname both families are served, as in Go; where the machine has no IPv6, IPv4 alone. */
function listen(
  { hostname, port }: HttpAddress & { readonly kind: "listen" },
  { signal, handler }: { readonly signal: AbortSignal; readonly handler: Handler },
): Deno.HttpServer<Deno.NetAddr> {
  const onListen = (): void => {};
  try {
    return Deno.serve({ hostname: hostname ?? "::", port, signal, onListen }, handler);
  } catch (error) {
    const reason = messageOf(error);
    if (hostname === undefined && !(error instanceof Deno.errors.AddrInUse)) {
      return listen({ kind: "listen", hostname: "0.0.0.0", port }, { signal, handler });
    }
    throw new HttpServerError(
      `Cannot listen on ${hostname ?? ""}:${port}: ${reason}. Choose another --http-address, or off.`,
    );
  }
}

function written({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Never rejects: what goes wrong is an answer with status 500. */
function createHandler(options: HttpServerOptions): Handler {
  const pages = createPages(options);
  const paths = [...pages.keys()].join(", ");
  return async (request) => {
    const { pathname } = new URL(request.url);
    const page = pages.get(pathname);
    if (page === undefined) return text(`Not found. There are: ${paths}\n`, { status: 404 });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return text("Only GET and HEAD are answered.\n", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    try {
      return await page();
    } catch (error) {
      options.onError(`Cannot answer ${request.method} ${pathname}: ${String(error)}`);
      return text("Cannot answer: see the log.\n", { status: 500 });
    }
  };
}

function createPages(
  { healthz, readyz, metrics }: HttpServerOptions,
): ReadonlyMap<string, () => Promise<Response>> {
  const render = shared(() => metrics.render());
  return new Map([
    ["/healthz", () => Promise.resolve(health("healthz", healthz))],
    ["/readyz", () => Promise.resolve(health("readyz", readyz))],
    ["/metrics", async () => text(await render(), { headers: { "content-type": metrics.contentType } })],
  ]);
}

function health(endpoint: string, checks: readonly HealthCheck[]): Response {
  const { ok, text: body } = checkHealth(endpoint, checks);
  return text(body, { status: ok ? 200 : 503 });
}

function text(body: string, options: ResponseInit = {}): Response {
  const headers = new Headers({ "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  for (const [name, value] of new Headers(options.headers)) headers.set(name, value);
  return new Response(body, { ...options, headers });
}

/** However many ask at the same time, the work is done once for all of them. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () =>
    running ??= work().finally(() => {
      running = undefined;
    });
}
