// What can be asked of the API server, and what comes instead of an answer? The interface and its errors.

/** What a request came to when there is no usable answer. */
export type ApiFailure =
  /** No connection, reset, TLS failure, no credentials, or deadline passed before the answer was whole. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** The server answered with an error; `reason` and `message` are those of its Status, if it sent one. */
  | {
    readonly kind: "status";
    readonly status: number;
    readonly reason: string;
    readonly message: string;
    /** Milliseconds, from Retry-After or the Status. */
    readonly retryAfter?: number;
  }
  /** The answer is not what the API promises (no JSON, too long, wrong kind). */
  | {
    readonly kind: "malformed";
    readonly reason: string;
    /** A page of a list is longer than asked for: a shorter one may do. */
    readonly tooLong?: true;
  };

/** An ApiFailure as an exception, with a message that names the request: "Cannot list pods: …". */
export class ApiError extends Error {
  override name = "ApiError";
  constructor(readonly failure: ApiFailure, message: string) {
    super(message);
  }
}

/** The HTTP status of an answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ApiError && error.failure.kind === "status" ? error.failure.status : undefined;
}

/** ms that the server asked to wait; 0 when it did not. It may ask for years. */
export function retryAfterOf(error: unknown): number {
  return error instanceof ApiError && error.failure.kind === "status" ? error.failure.retryAfter ?? 0 : 0;
}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute path below the server's base URL, with the query. */
  readonly path: string;
  /** For messages: "list pods". */
  readonly purpose: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of the body; default `application/json`. Patches need their own. */
  readonly contentType?: string;
  /** Form of the answer; default `application/json`. The API server gives metadata alone, too. */
  readonly accept?: string;
  /** Told when the server has answered what it said the time is, in whole seconds. */
  readonly onDate?: (date: Date) => void;
  /** Milliseconds until the answer must be whole; for streams: until its headers are there. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
  /** The answer is a list whose items are taken one by one; it comes without them then. */
  readonly items?: ListItems;
}

/** How a list is read, so that it need not fit into memory. */
export interface ListItems {
  /** Bytes of the whole answer; default that of every answer. */
  readonly limit?: number;
  readonly onItem: (item: unknown) => void;
  /** An item was longer than can be read: takes its beginning, as text. */
  readonly onLong: (head: string) => void;
}

/** Observes requests, for metrics. `status` is the HTTP status or "error"; `resource` is like "pods/exec". */
export type RequestObserver = (
  seen: {
    readonly method: string;
    readonly resource: string;
    readonly status: string;
    readonly ms: number;
    /** Bytes of the answer that were read; 0 for a stream. */
    readonly bytes: number;
  },
) => void;

/** The API server as the rest of lib/kube sees it. */
export interface ApiClient {
  /** Sends and reads the whole JSON answer. Throws ApiError. */
  json(request: ApiRequest): Promise<unknown>;
  /**
   * Sends and gives the body as it comes (a watch). Throws ApiError. Abort the signal (one of its own for each
   * stream) or cancel the body to end it.
   */
  stream(request: ApiRequest): Promise<ReadableStream<Uint8Array>>;
  /** Ends what is under way and closes the connections; every later request fails. */
  close(): void;
}
