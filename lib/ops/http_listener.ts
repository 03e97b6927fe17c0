// How is an address listened on, whatever its clients do, until the end? Answers are made elsewhere.
import { type Clock, sleep } from "../time/clock.ts";
import { messageOf } from "../text/defined.ts";
import type { HttpAddress } from "./http_address.ts";
import { HttpConnections } from "./http_connections.ts";
import type { HttpAnswer, HttpRequest } from "./http_exchange.ts";

export interface HttpListenerOptions {
  readonly address: Listening;
  readonly clock: Clock;
  /** Never rejects. */
  readonly answer: (request: HttpRequest) => Promise<HttpAnswer>;
  /** Told of a listener that fails. */
  readonly onError: (message: string) => void;
  /** What to do when it cannot listen, as a sentence. */
  readonly remedy: string;
}

export interface HttpListener {
  /** Where it listens, e.g. `[::]:9090`. */
  readonly address: string;
  /** Answers what is under way (at most a second), then ends every connection. Safe to repeat. */
  close(): Promise<void>;
}

/** The address cannot be listened on; the message says why and what to do. */
export class HttpServerError extends Error {
  override name = "HttpServerError";
}

/** How long (ms) closing waits for answers under way. */
const closingGrace = 1_000;

/** ms until a listener that failed is tried again. */
const listenPause = 1_000;

type Listening = HttpAddress & { readonly kind: "listen" };

/** Starts to listen. Throws HttpServerError when that is not possible. */
export function listenHttp(options: HttpListenerOptions): HttpListener {
  const { clock } = options;
  const closing = new AbortController();
  const connections = new HttpConnections(clock, options.answer);
  const listener = listen(options.address, options.remedy);
  const accepting = accept(listener, { ...options, connections, closing: closing.signal });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort();
    await accepting;
    const answered = new AbortController();
    const finished = connections.finish();
    void finished.then(() => answered.abort());
    await sleep(clock, closingGrace, answered.signal);
    connections.close();
    await finished;
  };
  return { address: written(listener.addr), close: () => closed ??= close() };
}

/** Takes connections until it is to close. Without free descriptors, say, it goes on later, with a new listener. */
async function accept(
  first: Deno.TcpListener,
  { connections, closing, clock, onError }: {
    readonly connections: HttpConnections;
    readonly closing: AbortSignal;
    readonly clock: Clock;
    readonly onError: (message: string) => void;
  },
): Promise<void> {
  const { hostname, port } = first.addr;
  let listener: Deno.TcpListener | undefined = first;
  closing.addEventListener("abort", () => listener?.close(), { once: true });
  for (let failed = ""; !closing.aborted;) {
    try {
      listener ??= Deno.listen({ hostname, port });
      await connections.add(await listener.accept());
      failed = "";
    } catch (error) {
      if (closing.aborted) break;
      const reason = messageOf(error);
      if (reason !== failed) {
        onError(`Cannot take connections on ${written(first.addr)}: ${reason}; goes on trying`);
      }
      failed = reason;
      listener?.close();
      listener = undefined;
      await sleep(clock, listenPause, closing);
    }
  }
}

/** Without a hostname both families are served, as in Go; where the machine has no IPv6, IPv4 alone. */
function listen({ hostname, port }: Listening, remedy: string): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: hostname ?? "::", port });
  } catch (error) {
    const reason = messageOf(error);
    if (hostname === undefined && !(error instanceof Deno.errors.AddrInUse)) {
      return listen({ kind: "listen", hostname: "0.0.0.0", port }, remedy);
    }
    throw new HttpServerError(`Cannot listen on ${hostname ?? ""}:${port}: ${reason}. ${remedy}`);
  }
}

function written({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
