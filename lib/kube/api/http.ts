// How does a request get to the API server? Deno's fetch, one HTTP client per credentials, a deadline for each request.
import { Buffer } from "node:buffer";
import type { Clock } from "../../time/clock.ts";
import type { Connection, Credentials } from "../config/connection.ts";
import { abortableBody } from "./abortable_body.ts";
import {
  type ApiClient,
  ApiError,
  type ApiFailure,
  type ApiRequest,
  type RequestObserver,
} from "./client.ts";
import { failureMessage, failureOfStatus } from "./status.ts";
import { createTlsClients } from "./tls_client.ts";
import { defined, messageOf } from "../../text/defined.ts";

/** Longest answer that is read, in bytes: a page of 500 large pods has about 10 MiB. */
const bodyLimit = 64 * 1024 * 1024;

/** Bytes that are read of an answer that is an error. */
const failureLimit = 64 * 1024;

export interface ApiClientOptions {
  readonly clock: Clock;
  readonly observe?: RequestObserver;
  /** Bytes of an answer; default 64 MiB. */
  readonly bodyLimit?: number;
}

/** A client of one API server. Connections are reused; they are made anew when CA or certificate change. */
export function createApiClient(connection: Connection, options: ApiClientOptions): ApiClient {
  const { clock } = options;
  const clients = createTlsClients();
  const underWay = new Set<AbortController>();
  let closed = false;

  /** Sends once, or a second time with fresh credentials after a 401. */
  async function send(request: ApiRequest, controller: AbortController): Promise<Response> {
    const credentials = await connection.credentials();
    const response = await sendWith(request, { credentials, controller });
    if (response.status !== 401) return response;
    const renewed = await connection.credentials({ force: true });
    if (JSON.stringify(renewed) === JSON.stringify(credentials)) return response;
    await response.body?.cancel();
    return await sendWith(request, { credentials: renewed, controller });
  }

  function sendWith(
    request: ApiRequest,
    means: { readonly credentials: Credentials; readonly controller: AbortController },
  ): Promise<Response> {
    const { method, body, contentType = "application/json" } = request;
    const { authorization } = means.credentials;
    const content = body === undefined ? undefined : JSON.stringify(body);
    // A request that waited for credentials while the client was closed must not make a new connection.
    if (closed) throw new Error("the client is closed");
    return fetch(connection.server + request.path, {
      method,
      client: clients.get(means.credentials),
      signal: means.controller.signal,
      redirect: "error",
      headers: {
        accept: "application/json",
        "user-agent": "kube-vxlan-controller",
        ...defined({ authorization }),
        ...(content === undefined ? {} : { "content-type": contentType }),
      },
      ...defined({ body: content }),
    });
  }

  /** Runs one request under its deadline, its signal and the observer. */
  async function perform<T>(request: ApiRequest, read: Read<T>): Promise<T> {
    const controller = new AbortController();
    const abort = (): void => controller.abort("the request was aborted");
    if (request.signal?.aborted) abort();
    if (closed) controller.abort("the client is closed");
    request.signal?.addEventListener("abort", abort, { once: true });
    underWay.add(controller);
    const cancelDeadline = clock.after(request.deadline, () => {
      controller.abort(`no whole answer within ${request.deadline} ms`);
    });
    const release = (): void => {
      request.signal?.removeEventListener("abort", abort);
      underWay.delete(controller);
    };
    const since = clock.now();
    const seen = { status: "error", bytes: 0 };
    try {
      controller.signal.throwIfAborted();
      const response = await send(request, controller);
      seen.status = String(response.status);
      if (!response.ok) throw await readFailure(response, controller.signal);
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

  /** The whole text of an answer of success. */
  function answer(request: ApiRequest): Promise<string> {
    return perform(request, async ({ response, seen, release, signal }) => {
      const bytes = await readBody(response, { limit: options.bodyLimit ?? bodyLimit, signal });
      seen.bytes = bytes.length;
      release();
      return new TextDecoder().decode(bytes);
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
        ({ response, release, signal }) => Promise.resolve(abortableBody(response.body, { release, signal })),
      ),
    close: () => {
      closed = true;
      for (const controller of underWay) controller.abort("the client is closed");
      clients.close();
    },
  };
}

type Read<T> = (
  means: {
    readonly response: Response;
    readonly seen: { bytes: number };
    /** Aborted by the caller, by close() or by the deadline. */
    readonly signal: AbortSignal;
    /** To be called when nothing more will be read. */
    readonly release: () => void;
  },
) => Promise<T>;

/** A failure on its way to the catch clause of `perform`. */
class Failed extends Error {
  constructor(readonly failure: ApiFailure) {
    super(failure.kind);
  }
}

async function readFailure(response: Response, signal: AbortSignal): Promise<Failed> {
  const bytes = await readBody(response, { limit: failureLimit, signal }).catch(() => new Uint8Array());
  return new Failed(failureOfStatus({
    status: response.status,
    retryAfter: response.headers.get("retry-after") ?? "",
    body: new TextDecoder().decode(bytes),
  }));
}

async function readBody(
  response: Response,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of abortableBody(response.body, { signal, release: () => {} })) {
    length += chunk.length;
    // Leaving the loop cancels the body.
    if (length > limit) throw new Failed({ kind: "malformed", reason: `more than ${limit} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Deno's fetch says "fetch failed" and has the reason in the cause; an aborted one throws the abort's reason. */
function failureOf(thrown: unknown, signal: AbortSignal): ApiFailure {
  if (thrown instanceof Failed) return thrown.failure;
  if (signal.aborted) return { kind: "unreachable", reason: String(signal.reason) };
  const inner = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const text = messageOf(inner);
  return { kind: "unreachable", reason: text.replace(/^error sending request for url \([^)]*\): /, "") };
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
