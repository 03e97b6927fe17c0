// How probes and Prometheus reach the program: /healthz, /readyz and /metrics on one port.
import { type Clock, sleep } from "../time/clock.ts";
import { checkHealth, type HealthCheck } from "./health.ts";
import type { HttpAddress } from "./http_address.ts";
import { HttpConnections } from "./http_connections.ts";
import type { HttpAnswer, HttpRequest } from "./http_exchange.ts";
import { messageOf } from "../text/defined.ts";

export interface HttpServerOptions {
  readonly address: HttpAddress;
  readonly clock: Clock;
  /** Is the process itself alive. Must not depend on the API server. */
  readonly healthz: readonly HealthCheck[];
  /** May it be counted on: stores synced. A standby is ready. */
  readonly readyz: readonly HealthCheck[];
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  /** Told of an answer that could not be made, and of a listener that fails: "Cannot answer GET /metrics: …". */
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

/** ms until a listener that failed is tried again. */
const listenPause = 1_000;

type Listening = HttpAddress & { readonly kind: "listen" };

/** Starts to listen. Throws HttpServerError when that is not possible. */
export function startHttpServer(options: HttpServerOptions): HttpServer {
  const { address, clock } = options;
  if (address.kind === "off") return { close: () => Promise.resolve() };
  const closing = new AbortController();
  const connections = new HttpConnections(clock, createHandler(options));
  const listener = listen(address);
  const accepting = accept(listener, {
    connections,
    closing: closing.signal,
    clock,
    onError: options.onError,
  });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort();
    await accepting;
    const answered = new AbortController();
    const finished = connections.finish();
    void finished.then(() => answered.abort());
    await sleep(clock, closingGrace, answered.signal);
    connections.close();
    await finished;
  };
  return { address: written(listener.addr), close: () => closed ??= close() };
}

/** Takes connections until it is to close. Without free descriptors, say, it goes on later, with a new listener. */
async function accept(
  first: Deno.TcpListener,
  { connections, closing, clock, onError }: {
    readonly connections: HttpConnections;
    readonly closing: AbortSignal;
    readonly clock: Clock;
    readonly onError: (message: string) => void;
  },
): Promise<void> {
  const { hostname, port } = first.addr;
  let listener: Deno.TcpListener | undefined = first;
  closing.addEventListener("abort", () => listener?.close(), { once: true });
  for (let failed = ""; !closing.aborted;) {
    try {
      listener ??= Deno.listen({ hostname, port });
      connections.add(await listener.accept());
      failed = "";
    } catch (error) {
      if (closing.aborted) break;
      const reason = messageOf(error);
      if (reason !== failed) {
        onError(`Cannot take connections on ${written(first.addr)}: ${reason}; goes on trying`);
      }
      failed = reason;
      listener?.close();
      listener = undefined;
      await sleep(clock, listenPause, closing);
    }
  }
}

type Handler = (request: HttpRequest) => Promise<HttpAnswer>;

/** Without a hostname both families are served, as in Go; where the machine has no IPv6, IPv4 alone. */
function listen({ hostname, port }: Listening): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: hostname ?? "::", port });
  } catch (error) {
    const reason = messageOf(error);
    if (hostname === undefined && !(error instanceof Deno.errors.AddrInUse)) {
      return listen({ kind: "listen", hostname: "0.0.0.0", port });
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
  return async ({ method, path }) => {
    const page = pages.get(path);
    if (page === undefined) return { status: 404, body: `Not found. There are: ${paths}\n` };
    if (method !== "GET" && method !== "HEAD") {
      return { status: 405, headers: { allow: "GET, HEAD" }, body: "Only GET and HEAD are answered.\n" };
    }
    try {
      return await page();
    } catch (error) {
      options.onError(`Cannot answer ${method} ${path}: ${String(error)}`);
      return { status: 500, body: "Cannot answer: see the log.\n" };
    }
  };
}

function createPages(
  { healthz, readyz, metrics }: HttpServerOptions,
): ReadonlyMap<string, () => Promise<HttpAnswer>> {
  const render = shared(() => metrics.render());
  return new Map([
    ["/healthz", () => Promise.resolve(health("healthz", healthz))],
    ["/readyz", () => Promise.resolve(health("readyz", readyz))],
    [
      "/metrics",
      async () => ({ status: 200, headers: { "content-type": metrics.contentType }, body: await render() }),
    ],
  ]);
}

function health(endpoint: string, checks: readonly HealthCheck[]): HttpAnswer {
  const { ok, text: body } = checkHealth(endpoint, checks);
  return { status: ok ? 200 : 503, body };
}

/** However many ask at the same time, the work is done once for all of them. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () =>
    running ??= work().finally(() => {
      running = undefined;
    });
}
