// How does a request get to the API server? node's HTTP client on a wire of ours, a deadline for each request.
import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Clock, unlessAborted } from "../../time/clock.ts";
import type { Connection, Credentials } from "../config/connection.ts";
import { Failed, readBody, readFailure, readList, redirected } from "./answer.ts";
import { bodyOf } from "./body.ts";
import {
  type ApiClient,
  ApiError,
  type ApiFailure,
  type ApiRequest,
  type RequestObserver,
} from "./client.ts";
import { failureMessage } from "./status.ts";
import { createWire } from "./wire.ts";
import { defined, messageOf } from "../../text/defined.ts";

/** Longest answer that is read, in bytes. */
const bodyLimit = 64 * 1024 * 1024;

export interface ApiClientOptions {
  readonly clock: Clock;
  readonly observe?: RequestObserver;
  /** Told of the bytes of streams as they come; `observe` has those of other answers. */
  readonly onBytes?: (bytes: number) => void;
  /** Bytes of an answer; default 64 MiB. */
  readonly bodyLimit?: number;
}

/** A client of one API server. Connections are reused; they are made anew when CA or certificate change. */
export function createApiClient(connection: Connection, options: ApiClientOptions): ApiClient {
  const { clock, onBytes } = options;
  const wire = createWire(connection, clock);
  const underWay = new Set<AbortController>();
  let closed = false;

  /** Sends once, or a second time with fresh credentials after a 401. */
  async function send(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const credentials = await unlessAborted(connection.credentials(), signal);
    const response = await sendWith(request, { credentials, signal });
    if (response.statusCode !== 401) return response;
    const renewed = await unlessAborted(connection.credentials({ force: true }), signal);
    if (JSON.stringify(renewed) === JSON.stringify(credentials)) return response;
    response.destroy();
    return await sendWith(request, { credentials: renewed, signal });
  }

  function sendWith(request: ApiRequest, means: Means): Promise<IncomingMessage> {
    const { method, body, contentType = "application/json" } = request;
    const { authorization } = means.credentials;
    const content = body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body));
    // Of a connection that says nothing node tells an abort only when it ends (Deno 2.9.6).
    return unlessAborted(
      new Promise((resolve, reject) => {
        means.signal.throwIfAborted();
        const url = new URL(connection.server + request.path);
        const out = (url.protocol === "http:" ? httpRequest : httpsRequest)(url, {
          method,
          signal: means.signal,
          headers: {
            accept: request.accept ?? "application/json",
            "user-agent": "kube-vxlan-controller",
            ...connection.impersonation,
            ...defined({ authorization }),
            // Said, because the body of a DELETE goes without it (Deno 2.9.6), and is then the next request's beginning.
            ...(content === undefined
              ? {}
              : { "content-type": contentType, "content-length": content.length }),
          },
          ...wire.options(means.credentials),
        });
        out.once("response", resolve);
        out.on("error", (error) => {
          // The server may close an idle connection in the moment in which it is used again.
          const isStale = out.reusedSocket && method === "GET" && "code" in error &&
            error.code === "ECONNRESET";
          if (isStale && !means.again) resolve(sendWith(request, { ...means, again: true }));
          else reject(error);
        });
        out.end(content);
      }),
      means.signal,
    );
  }

  /** Runs one request under its deadline, its signal and the observer. */
  async function perform<T>(request: ApiRequest, read: Read<T>): Promise<T> {
    const controller = new AbortController();
    const abort = (): void => controller.abort("the request was aborted");
    if (request.signal?.aborted) abort();
    if (closed) controller.abort("the client is closed");
    request.signal?.addEventListener("abort", abort, { once: true });
    underWay.add(controller);
    const deadline = connection.requestTimeout ?? request.deadline;
    const cancelDeadline = deadline === 0 ? () => {} : clock.after(deadline, () => {
      controller.abort(`no whole answer within ${deadline} ms`);
    });
    const release = (): void => {
      request.signal?.removeEventListener("abort", abort);
      underWay.delete(controller);
    };
    const since = clock.now();
    const seen = { status: "error", bytes: 0 };
    try {
      controller.signal.throwIfAborted();
      // node ends a request whose connection is being made only when that is made.
      const response = await unlessAborted(send(request, controller.signal), controller.signal);
      const status = response.statusCode ?? 0;
      seen.status = String(status);
      const date = new Date(response.headers.date ?? "");
      if (!Number.isNaN(date.getTime())) request.onDate?.(date);
      if (status >= 300 && status < 400) throw redirected(response);
      if (status < 200 || status > 299) throw await readFailure(response, controller.signal);
      return await read({ response, seen, release, signal: controller.signal });
    } catch (thrown) {
      release();
      const failure = failureOf(thrown, controller.signal);
      throw new ApiError(failure, failureMessage(failure, { purpose: request.purpose, connection }));
    } finally {
      cancelDeadline();
      const { method } = request;
      const ms = clock.now() - since;
      options.observe?.({ method, resource: resourceOf(request.path), ms, ...seen });
    }
  }

  /** The whole text of an answer of success; of a list whose items are taken, the rest. */
  function answer(request: ApiRequest): Promise<string> {
    return perform(request, async ({ response, seen, release, signal }) => {
      const { items } = request;
      const limit = items?.limit ?? options.bodyLimit ?? bodyLimit;
      const onBytes = (bytes: number): void => {
        seen.bytes += bytes;
      };
      const means = { limit, signal, onBytes };
      const text = items === undefined
        ? new TextDecoder().decode(await readBody(response, means))
        : await readList(response, { ...means, items });
      release();
      return text;
    });
  }

  return {
    json: async (request) => {
      const text = await answer(request);
      try {
        return JSON.parse(text);
      } catch {
        const found = JSON.stringify(text.slice(0, 200));
        const failure: ApiFailure = { kind: "malformed", reason: `the answer is not JSON: ${found}` };
        throw new ApiError(failure, failureMessage(failure, { purpose: request.purpose, connection }));
      }
    },
    stream: (request) =>
      perform(
        request,
        ({ response, release, signal }) =>
          Promise.resolve(bodyOf(response, { release, signal, ...defined({ onBytes }) })),
      ),
    close: () => {
      closed = true;
      for (const controller of underWay) controller.abort("the client is closed");
      wire.close();
    },
  };
}

interface Means {
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
  /** It is the second time. */
  readonly again?: boolean;
}

type Read<T> = (
  means: {
    readonly response: IncomingMessage;
    readonly seen: { bytes: number };
    /** Aborted by the caller, by close() or by the deadline. */
    readonly signal: AbortSignal;
    /** To be called when nothing more will be read. */
    readonly release: () => void;
  },
) => Promise<T>;

/** An aborted request fails with the abort's reason; one that tried several addresses has several. */
function failureOf(thrown: unknown, signal: AbortSignal): ApiFailure {
  if (thrown instanceof Failed) return thrown.failure;
  if (signal.aborted) return { kind: "unreachable", reason: String(signal.reason) };
  const all = thrown instanceof AggregateError ? thrown.errors : [thrown];
  const reason = all.map(messageOf).join("; ").slice(0, 1000);
  return { kind: "unreachable", reason: reason || "the connection failed without a reason" };
}

/** "pods", "pods/exec", "leases": what the path is about, without names or namespaces; "other" when unclear. */
export function resourceOf(path: string): string {
  const parts = path.split("?")[0]?.split("/").filter((part) => part !== "") ?? [];
  const below = parts[0] === "api" ? parts.slice(2) : parts[0] === "apis" ? parts.slice(3) : [];
  const local = below[0] === "namespaces" && below.length > 2 ? below.slice(2) : below;
  const [resource, _name, subresource] = local;
  if (resource === undefined || !/^[a-z]+$/.test(resource)) return "other";
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}
