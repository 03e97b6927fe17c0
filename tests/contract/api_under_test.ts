// What does the contract ask of an API server, and what does it know of it? The interface that every implementation gives.

/** JSON of a server under test: the cases read deep into it, and a wrong shape fails them. */
// deno-lint-ignore no-explicit-any -- foreign JSON, see above
export type Json = any;

/** One request. */
export interface ApiRequest {
  readonly path: string;
  /** Default GET. */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** Default application/json. */
  readonly contentType?: string;
  /** Shows this token and nothing else instead of the credentials. */
  readonly token?: string;
}

/** An answer, read to its end. `json` is undefined when the body is none. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json;
  readonly text: string;
}

/** A watch that is read event by event. */
export interface ApiWatch extends AsyncDisposable {
  readonly status: number;
  /** The next event, or undefined when the server has ended the stream. Rejects when the connection breaks. */
  next(): Promise<{ readonly type: string; readonly object: Json } | undefined>;
}

/** One message of an exec connection. */
export interface ExecFrame {
  readonly channel: number;
  readonly text: string;
}

/** How an exec connection ended. */
export type ExecEnd =
  /** An HTTP answer instead of the switch to WebSocket. */
  | { readonly kind: "refused"; readonly status: number; readonly text: string }
  | { readonly kind: "closed"; readonly code: number };

/** An exec connection. */
export interface ApiExec extends AsyncDisposable {
  /** The subprotocol that the server chose; "" when it refused. Resolves with the first answer. */
  readonly opened: Promise<string>;
  readonly ended: Promise<ExecEnd>;
  /** Everything received so far. */
  readonly frames: readonly ExecFrame[];
  send(channel: number, text: string): void;
  /** Sends a frame as it is. */
  sendBytes(bytes: Uint8Array): void;
  /** Closes from our side. */
  close(): void;
}

/** An API server that has to keep the contract. */
export interface ApiUnderTest {
  /** For messages. */
  readonly name: string;
  /** A namespace of the suite's own; it exists, and its pods may run. */
  readonly namespace: string;
  /** An image whose containers wait until they are told to end, and which has the agent's programs. */
  readonly image: string;
  request(request: ApiRequest): Promise<ApiAnswer>;
  /** Opens a watch; `path` has the whole query. */
  watch(path: string): Promise<ApiWatch>;
  /** Opens an exec; `path` has the whole query. */
  exec(path: string, options: { readonly protocols: readonly string[] }): ApiExec;
  /** Makes lists under way and old versions expire; resolves when the server serves again. Absent: it cannot be had here. */
  readonly expireHistory?: () => Promise<void>;
}
