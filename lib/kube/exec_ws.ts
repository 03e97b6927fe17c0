// How does a command get into a container and its outcome back? The executor over WebSocket to the API server.
import type { Clock } from "../ops/clock.ts";
import type { Connection, Credentials } from "./connection.ts";
import type {
  ExecOptions,
  ExecOutcome,
  ExecResult,
  Executor,
  ProcessOptions,
  RemoteProcess,
} from "./exec.ts";
import {
  closeStdinFrame,
  outcomeOfRefusal,
  outcomeOfStatus,
  readFrame,
  stdinFrame,
} from "./exec_protocol.ts";
import { type ExecSocket, openSocket, type SocketEnd } from "./exec_socket.ts";
import { collectOutput } from "./output_cap.ts";

/** Told of every exec, for metrics: what came of it and how long it was under way, in ms. */
export type ExecObserver = (seen: { readonly outcome: ExecOutcome["kind"]; readonly ms: number }) => void;

/** Bytes of stdout and stderr together that `run` keeps unless told otherwise. */
const defaultOutputCap = 1024 * 1024;
/** Bytes of a final status that are read; the real ones have a few hundred. */
const statusLimit = 64 * 1024;
/** ms that the other side has for closing after its final status, and after stdin was closed. */
const closeGrace = 500;
/** Bytes of stdin in one frame. */
const stdinChunk = 32 * 1024;

/**
 * An executor that opens one WebSocket for each command. Credentials are asked for each time; when the server
 * answers 401 they are read again and the command is tried once more, because nothing has run then.
 */
export function createExecutor(
  connection: Connection,
  options: { readonly clock: Clock; readonly observe?: ExecObserver },
): Executor {
  const { clock } = options;
  const running = new Set<Running>();

  async function start(asked: Asked): Promise<RemoteProcess | { readonly failed: ExecOutcome }> {
    const since = clock.now();
    const credentials = await credentialsOf(connection);
    if ("kind" in credentials) return { failed: credentials };
    const first = await attempt(asked, credentials);
    const renewed = isUnauthorized(first) ? await credentialsOf(connection, credentials) : undefined;
    const last = renewed && !("kind" in renewed) ? await attempt(asked, renewed) : first;
    const report = (outcome: ExecOutcome): void =>
      options.observe?.({ outcome: outcome.kind, ms: clock.now() - since });
    if ("failed" in last) report(last.failed);
    else last.ended.then(report);
    return last;
  }

  async function attempt(
    asked: Asked,
    credentials: Credentials,
  ): Promise<RemoteProcess | { readonly failed: ExecOutcome }> {
    if (asked.signal?.aborted) return { failed: neverRan("aborted before it started") };
    const one = launch(asked, { url: execUrl(connection.server, asked), credentials, clock });
    running.add(one);
    one.ended.then(() => running.delete(one));
    const opened = await one.opened;
    return opened ? one : { failed: await one.ended };
  }

  return {
    start: (asked) => start({ ...asked, stdin: true }),
    run: (asked) => run(asked, { start, clock }),
    close: () => {
      for (const one of running) one.abandon("the executor was closed");
    },
  };
}

interface Asked extends ProcessOptions {
  readonly stdin: boolean;
}

interface Running extends RemoteProcess {
  /** True once open, false when it ended before. */
  readonly opened: Promise<boolean>;
  abandon(reason: string): void;
}

type Start = (asked: Asked) => Promise<RemoteProcess | { readonly failed: ExecOutcome }>;

async function run(
  asked: ExecOptions,
  means: { readonly start: Start; readonly clock: Clock },
): Promise<ExecResult> {
  const limit = new AbortController();
  const abort = (): void => limit.abort("aborted");
  if (asked.signal?.aborted) abort();
  asked.signal?.addEventListener("abort", abort, { once: true });
  const cancel = means.clock.after(asked.deadline, () => {
    limit.abort(`not finished within ${asked.deadline} ms`);
  });
  const cap = asked.outputCap ?? defaultOutputCap;
  const output = collectOutput(cap, () => limit.abort(`more than ${cap} bytes of output`));
  const { target, command } = asked;
  const process = await means.start({
    target,
    command,
    stdin: false,
    onStdout: output.stdout,
    onStderr: output.stderr,
    signal: limit.signal,
  });
  const outcome = "failed" in process ? process.failed : await process.ended;
  cancel();
  asked.signal?.removeEventListener("abort", abort);
  return { outcome, ...output.texts() };
}

/** Opens the socket and turns its frames into output and an outcome. */
function launch(
  asked: Asked,
  means: { readonly url: string; readonly credentials: Credentials; readonly clock: Clock },
): Running {
  const opened = Promise.withResolvers<boolean>();
  const ended = Promise.withResolvers<ExecOutcome>();
  let open = false;
  let halfClose = false;
  let status: ExecOutcome | undefined;
  const onAbort = (): void => socket.terminate(String(asked.signal?.reason));
  const socket: ExecSocket = openSocket({
    url: means.url,
    credentials: means.credentials,
    clock: means.clock,
    onOpen: (protocol) => {
      open = true;
      halfClose = protocol.startsWith("v5");
      opened.resolve(true);
    },
    onMessage: (message) => {
      const frame = readFrame(message);
      switch (frame.kind) {
        case "stdout":
          if (frame.bytes.length > 0) asked.onStdout(frame.bytes);
          return;
        case "stderr":
          if (frame.bytes.length > 0) asked.onStderr(frame.bytes);
          return;
        case "status":
          status = outcomeOfStatus(new TextDecoder().decode(frame.bytes.subarray(0, statusLimit)));
          return socket.close(closeGrace);
        case "other":
          return;
        default:
          return frame satisfies never;
      }
    },
    onEnd: (end) => {
      asked.signal?.removeEventListener("abort", onAbort);
      opened.resolve(false);
      ended.resolve(status ?? outcomeOfEnd(end));
    },
  });
  asked.signal?.addEventListener("abort", onAbort, { once: true });

  return {
    opened: opened.promise,
    ended: ended.promise,
    write: (text) => writeAll(socket, new TextEncoder().encode(text)),
    close: async () => {
      if (open && halfClose && socket.send(closeStdinFrame)) {
        const cancel = means.clock.after(closeGrace, () => socket.close(closeGrace));
        await ended.promise;
        return cancel();
      }
      // A v4 session ends too when its socket closes: the kubelet closes the command's stdin then.
      socket.close(closeGrace);
      await ended.promise;
    },
    abandon: (reason) => socket.terminate(reason),
  };
}

function writeAll(socket: ExecSocket, bytes: Uint8Array): boolean {
  for (let from = 0; from < bytes.length; from += stdinChunk) {
    if (!socket.send(stdinFrame(bytes.subarray(from, from + stdinChunk)))) return false;
  }
  return true;
}

function outcomeOfEnd(end: SocketEnd): ExecOutcome {
  switch (end.kind) {
    case "refused":
      return outcomeOfRefusal(end);
    case "unreachable":
      return end.sent ? { kind: "unknown", reason: end.reason } : neverRan(end.reason);
    case "closed":
      return { kind: "unknown", reason: `the connection ended without a status: ${end.reason}` };
    default:
      return end satisfies never;
  }
}

/** Nothing was sent, so nothing can have run; 0 says that no HTTP status came either. */
function neverRan(reason: string): ExecOutcome {
  return { kind: "rejected", status: 0, reason };
}

function isUnauthorized(started: RemoteProcess | { readonly failed: ExecOutcome }): boolean {
  return "failed" in started && started.failed.kind === "rejected" && started.failed.status === 401;
}

/** With `refused`: reads them again, and fails when they are still the refused ones. */
async function credentialsOf(
  connection: Connection,
  refused?: Credentials,
): Promise<Credentials | ExecOutcome> {
  try {
    const credentials = await connection.credentials({ force: refused !== undefined });
    const same = refused !== undefined && JSON.stringify(refused) === JSON.stringify(credentials);
    return same ? neverRan("the credentials have not changed") : credentials;
  } catch (error) {
    return neverRan(error instanceof Error ? error.message : String(error));
  }
}

function execUrl(server: string, asked: Asked): string {
  const { namespace, pod, container } = asked.target;
  const query = new URLSearchParams({ container, stdout: "true", stderr: "true" });
  if (asked.stdin) query.set("stdin", "true");
  for (const word of asked.command) query.append("command", word);
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec`;
  return `${server}${path}?${query}`;
}
