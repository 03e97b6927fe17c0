// Which page answers a request, and what is answered where there is none, or where it fails?
import type { HttpAnswer, HttpRequest } from "./http_exchange.ts";

/** What is at a path. */
export type Page = (query: URLSearchParams) => HttpAnswer | Promise<HttpAnswer>;

/** The answers of these pages, by path. Never rejects: what goes wrong is told, and is an answer with status 500. */
export function answerFrom(
  pages: ReadonlyMap<string, Page>,
  onError: (message: string) => void,
): (request: HttpRequest) => Promise<HttpAnswer> {
  const paths = [...pages.keys()].join(", ");
  return async ({ method, path, query }) => {
    const page = pages.get(path);
    if (page === undefined) return { status: 404, body: `Not found. There are: ${paths}\n` };
    if (method !== "GET" && method !== "HEAD") {
      return { status: 405, headers: { allow: "GET, HEAD" }, body: "Only GET and HEAD are answered.\n" };
    }
    try {
      return await page(new URLSearchParams(query));
    } catch (error) {
      onError(`Cannot answer ${method} ${path}: ${String(error)}`);
      return { status: 500, body: "Cannot answer: see the log.\n" };
    }
  };
}
