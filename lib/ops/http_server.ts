// How probes and Prometheus reach the program: /healthz, /readyz and /metrics on one port.
import type { Clock } from "../time/clock.ts";
import { checkHealth, type HealthCheck } from "./health.ts";
import type { HttpAddress } from "./http_address.ts";
import type { HttpAnswer } from "./http_exchange.ts";
import { type HttpListener, listenHttp } from "./http_listener.ts";
import { answerFrom, type Page } from "./http_pages.ts";

export interface HttpServerOptions {
  readonly address: HttpAddress;
  readonly clock: Clock;
  /** Is the process itself alive. Must not depend on the API server. */
  readonly healthz: readonly HealthCheck[];
  /** May it be counted on: stores synced. A standby is ready. */
  readonly readyz: readonly HealthCheck[];
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  /** What else is there, by path. */
  readonly pages?: ReadonlyMap<string, Page>;
  /** Told of an answer that could not be made, and of a listener that fails: "Cannot answer GET /metrics: …". */
  readonly onError: (message: string) => void;
}

/** A server that listens, or the absence of one, which has no address. */
export type HttpServer = Partial<Pick<HttpListener, "address">> & Pick<HttpListener, "close">;

/** Starts to listen. Throws HttpServerError when that is not possible. */
export function startHttpServer(options: HttpServerOptions): HttpServer {
  const { address, clock, onError } = options;
  if (address.kind === "off") return { close: () => Promise.resolve() };
  return listenHttp({
    address,
    clock,
    onError,
    answer: answerFrom(pagesOf(options), onError),
    remedy: "Choose another --http-address, or off.",
  });
}

function pagesOf(
  { healthz, readyz, metrics, pages = new Map() }: HttpServerOptions,
): ReadonlyMap<string, Page> {
  const render = shared(() => metrics.render());
  return new Map<string, Page>([
    ["/healthz", () => health("healthz", healthz)],
    ["/readyz", () => health("readyz", readyz)],
    [
      "/metrics",
      async () => ({ status: 200, headers: { "content-type": metrics.contentType }, body: await render() }),
    ],
    ...pages,
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
