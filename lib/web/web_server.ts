// How a browser reaches the page: routes, who may ask, and what the page may load.
import type { HttpAddress } from "../ops/http_address.ts";
import type { HttpAnswer, HttpRequest } from "../ops/http_exchange.ts";
import { type HttpListener, listenHttp } from "../ops/http_listener.ts";
import { answerFrom, type Page } from "../ops/http_pages.ts";
import type { Clock } from "../time/clock.ts";
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

/** Starts to listen. Throws HttpServerError, which says why it cannot. */
export function startWebServer({ address, clock, source, onError }: WebServerOptions): HttpListener {
  const streams = new ChangeStreams({ view: source.view, clock });
  const answer = answerFrom(pagesOf(source, streams), onError);
  const listener = listenHttp({
    address,
    clock,
    onError,
    answer: async (request) => guarded(refusalOf(request) ?? await answer(request)),
    remedy: "Choose another --web-address.",
  });
  return {
    address: listener.address,
    close: async () => {
      streams.close();
      await listener.close();
    },
  };
}

/** A name of somebody else's may lead to this address (DNS rebinding); its pages must not read this one. */
function refusalOf({ host }: HttpRequest): HttpAnswer | undefined {
  const url = `http://${host}/`;
  // A URL leaves out what a Host must not have: a user, a path.
  if (!URL.canParse(url) || /[@/?#\\]/.test(host)) return { status: 400, body: "Host is no name.\n" };
  const { hostname } = new URL(url);
  if (isOurHost(hostname)) return undefined;
  return { status: 421, body: `This page is not served under the name ${hostname}.\n` };
}

/** Only what is named here is loaded, from here; nothing that a page shows can become a script. */
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function guarded(answer: HttpAnswer): HttpAnswer {
  return {
    ...answer,
    headers: {
      "content-security-policy": contentPolicy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      ...answer.headers,
    },
  };
}

/** An address, or this machine: what kubectl port-forward and people use. */
function isOurHost(hostname: string): boolean {
  return hostname === "localhost" || /^[0-9.]+$/.test(hostname) || hostname.startsWith("[");
}

function pagesOf(source: PageSource, streams: ChangeStreams): ReadonlyMap<string, Page> {
  return new Map<string, Page>([
    ["/", () => text(pageHtml, "text/html")],
    ["/page.css", () => text(pageCss, "text/css")],
    ["/page.js", () => text(pageScript, "text/javascript")],
    ["/figures.js", () => text(figures, "text/javascript")],
    ["/favicon.ico", () => ({ status: 204, body: "" })],
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
      return detail === undefined ? { status: 404, body: "No such member.\n" } : json(detail);
    }],
    ["/api/picture", (query) => json(pictureText(source, query.getAll("network").slice(0, 64)))],
    ["/api/changes", () => {
      const stream = streams.open();
      return stream === undefined
        ? { status: 503, headers: { "retry-after": "10" }, body: "Too many pages are open.\n" }
        : text(stream, "text/event-stream");
    }],
  ]);
}

function json(value: object): HttpAnswer {
  return text(JSON.stringify(value), "application/json");
}

function text(body: HttpAnswer["body"], type: string): HttpAnswer {
  return { status: 200, headers: { "content-type": `${type}; charset=utf-8` }, body };
}
