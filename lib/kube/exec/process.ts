// What happens to one command on its WebSocket, from the first frame to its outcome?
import { inNamespace } from "../api/path.ts";
import type { Clock } from "../../time/clock.ts";
import type { WireOptions } from "../api/wire.ts";
import { Allowance } from "./allowance.ts";
import type { ExecOutcome, ProcessOptions, RemoteProcess } from "./exec.ts";
import { closeStdinFrame, outcomeOfRefusal, outcomeOfStatus, readFrame, stdinFrame } from "./protocol.ts";
import { type ExecSocket, openSocket, type SocketEnd, type SocketOptions } from "./socket.ts";

/** Bytes of a final status that are read; the real ones have a few hundred. */
const statusLimit = 64 * 1024;
/** ms that the other side has for closing after its final status, and after stdin was closed. */
const closeGrace = 500;
/** Bytes of stdin in one frame. */
const stdinChunk = 32 * 1024;

/** A command to start. */
export interface Asked extends ProcessOptions {
  readonly stdin: boolean;
}

/** A command from the moment its connection is being made. */
export interface Running extends RemoteProcess {
  /** True once open, false when it ended before. */
  readonly opened: Promise<boolean>;
  abandon(reason: string): void;
}

/** Opens the socket and turns its frames into output and an outcome. Throws as openSocket does. */
export function launch(
  asked: Asked,
  means: {
    readonly server: string;
    readonly authorization: string | undefined;
    readonly wire: WireOptions;
    readonly clock: Clock;
  } & Pick<SocketOptions, "impersonation" | "requestTimeout">,
): Running {
  const opened = Promise.withResolvers<boolean>();
  const ended = Promise.withResolvers<ExecOutcome>();
  let open = false;
  let halfClose = false;
  let status: ExecOutcome | undefined;
  /** Present once its end has been asked for. */
  let farewell: Allowance | undefined;
  const onAbort = (): void => socket.terminate(String(asked.signal?.reason));
  const socket: ExecSocket = openSocket({
    ...means,
    url: execUrl(means.server, asked),
    onOpen: (protocol) => {
      open = true;
      halfClose = protocol.startsWith("v5");
      opened.resolve(true);
    },
    onMessage: (message) => {
      if (farewell?.take(message) === false) return socket.terminate("it goes on talking after its end");
      const frame = readFrame(message);
      switch (frame.kind) {
        case "stdout":
          return asked.onStdout(frame.bytes);
        case "stderr":
          return asked.onStderr(frame.bytes);
        case "status":
          status = outcomeOfStatus(new TextDecoder().decode(frame.bytes.subarray(0, statusLimit)));
          farewell ??= new Allowance();
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
      farewell ??= new Allowance();
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
export function neverRan(reason: string): ExecOutcome {
  return { kind: "rejected", status: 0, reason };
}

function execUrl(server: string, asked: Asked): string {
  const { namespace, pod, container } = asked.target;
  const query = new URLSearchParams({ container, stdout: "true", stderr: "true" });
  if (asked.stdin) query.set("stdin", "true");
  for (const word of asked.command) query.append("command", word);
  const path = `/api/v1${inNamespace(namespace)}/pods/${encodeURIComponent(pod)}/exec`;
  return `${server}${path}?${query}`;
}
