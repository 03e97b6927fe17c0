// Requests to the API server on Deno's fetch: one HTTP client per credentials, a deadline for each request.

/** What a request came to when there is no usable answer. */
export type ApiFailure =
  /** No connection, reset, TLS failure or deadline passed before the answer was whole. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** The server answered with an error; `reason` and `message` are those of its Status, if it sent one. */
  | {
    readonly kind: "status";
    readonly status: number;
    readonly reason: string;
    readonly message: string;
    /** Milliseconds, from Retry-After. */
    readonly retryAfter?: number;
  }
  /** The answer is not what the API promises (no JSON, too long, wrong kind). */
  | { readonly kind: "malformed"; readonly reason: string };

/** An ApiFailure as an exception, with a message that names the request: "Cannot list pods: …". */
export class ApiError extends Error {
  override name = "ApiError";
  constructor(readonly failure: ApiFailure, message: string) {
    super(message);
  }
}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute path below the server's base URL, with the query. */
  readonly path: string;
  /** For messages: "list pods". */
  readonly purpose: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Milliseconds until the answer must be whole; for streams: until its headers are there. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

/** Observes requests, for metrics. `status` is the HTTP status or "error". */
export type RequestObserver = (
  seen: {
    readonly method: string;
    readonly resource: string;
    readonly status: string;
    readonly ms: number;
    readonly bytes: number;
  },
) => void;

/** The API server as the rest of lib/kube sees it. */
export interface ApiClient {
  /** Sends and reads the whole JSON answer. Throws ApiError. */
  json(request: ApiRequest): Promise<unknown>;
  /** Sends and gives the body as it comes (a watch). Throws ApiError. Cancel the body or abort the signal to end it. */
  stream(request: ApiRequest): Promise<ReadableStream<Uint8Array>>;
  /** Closes idle connections; nothing may be sent afterwards. */
  close(): void;
}
