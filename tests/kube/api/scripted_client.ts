// What does the API server say next, in the stories of the reflector: a script of answers, and a record of requests.
import { type ApiClient, ApiError, type ApiFailure, type ApiRequest } from "../../../lib/kube/api/client.ts";

/** One answer. A script that is used up hangs for ever: a story says all that it needs. */
export type Scripted =
  | { readonly list: readonly unknown[]; readonly version: string; readonly next?: string }
  /** A list answer as it is. */
  | { readonly answer: unknown }
  | { readonly fails: ApiFailure }
  /** A watch: lines that come at once, then what happens. */
  | { readonly watch: readonly unknown[]; readonly then: "end" | "drop" | "silence" };

/** Ends what is open from outside the script. */
export interface ScriptedClient extends ApiClient {
  /** "list", "list limit=500 continue=x" or "watch 7": what was asked, in order. */
  readonly asked: readonly string[];
  /** Sends lines on the watch that is open. */
  send(...lines: readonly unknown[]): void;
  /** Ends it in order. */
  end(): void;
  /** Cuts it off. */
  drop(): void;
  /** Watches that are open now. */
  readonly open: number;
}

/** An HTTP error as the client reports it. */
export function httpError(
  status: number,
  extra: { readonly message?: string; readonly reason?: string; readonly retryAfter?: number } = {},
): Scripted {
  return { fails: { kind: "status", status, reason: "", message: "", ...extra } };
}

/** A client that follows the script. Texts among the lines of a watch are sent as they are. */
export function scriptedClient(script: readonly Scripted[]): ScriptedClient {
  const rest = [...script];
  const asked: string[] = [];
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();

  function next(request: ApiRequest): Promise<Scripted> {
    asked.push(describe(request.path));
    const step = rest.shift();
    if (step && "fails" in step) return Promise.reject(new ApiError(step.fails, "Cannot do it"));
    return step ? Promise.resolve(step) : hanging(request);
  }

  return {
    asked,
    get open() {
      return streams.size;
    },
    send: (...lines) => {
      for (const stream of streams) lines.forEach((line) => stream.enqueue(bytesOf(line)));
    },
    end: () => {
      for (const stream of streams) stream.close();
      streams.clear();
    },
    drop: () => {
      for (const stream of streams) stream.error(new Error("connection reset"));
      streams.clear();
    },
    json: async (request) => {
      const step = await next(request);
      if ("answer" in step) return step.answer;
      if (!("list" in step)) throw new Error(`the script has no list for ${asked.at(-1)}`);
      return { metadata: { resourceVersion: step.version, continue: step.next }, items: step.list };
    },
    stream: async (request) => {
      const step = await next(request);
      if (!("watch" in step)) throw new Error(`the script has no watch for ${asked.at(-1)}`);
      return stream(step, { signal: request.signal, streams });
    },
    close: () => {},
  };
}

function stream(
  step: { readonly watch: readonly unknown[]; readonly then: "end" | "drop" | "silence" },
  means: {
    readonly signal: AbortSignal | undefined;
    readonly streams: Set<ReadableStreamDefaultController<Uint8Array>>;
  },
): ReadableStream<Uint8Array> {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let toSend = step.watch.map(bytesOf);
  return new ReadableStream<Uint8Array>({
    start: (out) => {
      controller = out;
      means.streams.add(out);
      means.signal?.addEventListener("abort", () => {
        if (means.streams.delete(out)) out.error(new Error("aborted"));
      });
    },
    pull: (out) => {
      const now = toSend;
      toSend = [];
      // An error at once would drop what is queued: it has its turn when the lines have been read.
      if (now.length > 0) return now.forEach((bytes) => out.enqueue(bytes));
      if (step.then === "silence") return;
      means.streams.delete(out);
      if (step.then === "end") out.close();
      else out.error(new Error("connection reset"));
    },
    cancel: () => {
      if (controller) means.streams.delete(controller);
    },
  });
}

function hanging(request: ApiRequest): Promise<never> {
  return new Promise((_resolve, reject) => {
    request.signal?.addEventListener("abort", () => {
      reject(new ApiError({ kind: "unreachable", reason: "the request was aborted" }, "Cannot do it"));
    });
  });
}

function describe(path: string): string {
  const query = new URLSearchParams(path.split("?")[1] ?? "");
  if (query.get("watch")) return `watch ${query.get("resourceVersion")}`;
  const paging = ["limit", "continue"].filter((name) => query.has(name));
  return ["list", ...paging.map((name) => `${name}=${query.get(name)}`)].join(" ");
}

function bytesOf(line: unknown): Uint8Array {
  return new TextEncoder().encode(typeof line === "string" ? line : `${JSON.stringify(line)}\n`);
}
