// How a browser reaches the page: routes, who may ask, and what the page may load.
import type { HttpAddress } from "../ops/http_address.ts";
import { messageOf } from "../text/defined.ts";
import { type Clock, sleep } from "../time/clock.ts";
import figures from "./assets/figures.js" with { type: "text" };
import pageCss from "./assets/page.css" with { type: "text" };
import pageHtml from "./assets/page.html" with { type: "text" };
import pageScript from "./assets/page.js" with { type: "text" };
import { ChangeStreams } from "./change_streams.ts";
import { memberRows, type PageSource, pictureText, summaryOf } from "./page_data.ts";

export interface WebServerOptions {
  readonly address: HttpAddress & { readonly kind: "listen" };
  readonly clock: Clock;
  readonly source: PageSource;
  /** Told of an answer that could not be made. */
  readonly onError: (message: string) => void;
}

/** A server that listens. */
export interface WebServer {
  /** Where, e.g. `127.0.0.1:9091`. */
  readonly address: string;
  /** Ends every stream and connection. Safe to repeat. */
  close(): Promise<void>;
}

/** Milliseconds for the ends of streams to reach their pages, which then reconnect at once. */
const closingGrace = 100;

/** Starts to listen. Throws an Error that says why it cannot. */
export function startWebServer(options: WebServerOptions): WebServer {
  const { hostname = "::", port } = options.address;
  const streams = new ChangeStreams({ view: options.source.view, clock: options.clock });
  const abort = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve(
      { hostname, port, signal: abort.signal, onListen: () => {} },
      handlerOf(options, streams),
    );
  } catch (error) {
    throw new Error(
      `Cannot serve the page on ${hostname}:${port}: ${messageOf(error)}. Choose another --web-address.`,
    );
  }
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    streams.close();
    await sleep(options.clock, closingGrace);
    abort.abort();
    await server.finished;
  };
  const { addr } = server;
  return {
    address: addr.hostname.includes(":")
      ? `[${addr.hostname}]:${addr.port}`
      : `${addr.hostname}:${addr.port}`,
    close: () => closing ??= close(),
  };
}

/** Only what is named here is loaded, from here; nothing that a page shows can become a script. */
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function handlerOf(
  { source, onError }: WebServerOptions,
  streams: ChangeStreams,
): (request: Request) => Response {
  const routes = routesOf(source, streams);
  return (request) => {
    // Deno puts Host into the URL as it came.
    if (!URL.canParse(request.url)) return answer("Host is no name.\n", { status: 400 });
    const { pathname, hostname, searchParams } = new URL(request.url);
    // A name of somebody else's may lead to this address (DNS rebinding); its pages must not read this one.
    if (!isOurHost(hostname)) {
      return answer(`This page is not served under the name ${hostname}.\n`, { status: 421 });
    }
    if (request.method !== "GET") {
      return answer("Only GET is answered.\n", { status: 405, headers: { allow: "GET" } });
    }
    const route = routes.get(pathname);
    if (route === undefined) return answer("Not found.\n", { status: 404 });
    try {
      return route(searchParams);
    } catch (error) {
      onError(`Cannot answer GET ${pathname}: ${messageOf(error)}`);
      return answer("Cannot answer: see the log.\n", { status: 500 });
    }
  };
}

/** An address, or this machine: what kubectl port-forward and people use. */
function isOurHost(hostname: string): boolean {
  return hostname === "localhost" || /^[0-9.]+$/.test(hostname) || hostname.startsWith("[");
}

type Route = (query: URLSearchParams) => Response;

function routesOf(source: PageSource, streams: ChangeStreams): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ["/", () => answer(pageHtml, { type: "text/html" })],
    ["/page.css", () => answer(pageCss, { type: "text/css" })],
    ["/page.js", () => answer(pageScript, { type: "text/javascript" })],
    ["/figures.js", () => answer(figures, { type: "text/javascript" })],
    ["/favicon.ico", () => answer(null, { status: 204 })],
    ["/api/summary", () => json(summaryOf(source))],
    ["/api/members", (query) => {
      const filter = (query.get("filter") ?? "").slice(0, 200);
      return json(memberRows(source, { filter, standing: query.get("standing") ?? "" }));
    }],
    ["/api/member", (query) => {
      const detail = source.detail({
        namespace: query.get("namespace") ?? "",
        name: query.get("name") ?? "",
      });
      return detail === undefined ? answer("No such member.\n", { status: 404 }) : json(detail);
    }],
    ["/api/picture", (query) => json(pictureText(source, query.getAll("network").slice(0, 64)))],
    ["/api/changes", () => {
      const stream = streams.open();
      return stream === undefined
        ? answer("Too many pages are open.\n", { status: 503, headers: { "retry-after": "10" } })
        : answer(stream, { type: "text/event-stream" });
    }],
  ]);
}

function json(value: object): Response {
  return answer(JSON.stringify(value), { type: "application/json" });
}

function answer(
  body: BodyInit | null,
  { status = 200, type = "text/plain", headers = {} }: {
    readonly status?: number;
    readonly type?: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Response {
  return new Response(body, {
    status,
    headers: {
      ...headers,
      ...body === null ? {} : { "content-type": `${type}; charset=utf-8` },
      "cache-control": "no-store",
      "content-security-policy": contentPolicy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    },
  });
}
