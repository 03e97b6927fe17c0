// Commands in a container through the Pod Exec API, over WebSocket: a closed set of outcomes, never an empty string.

/** Where to run. */
export interface ExecTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Somebody waits for it: before others where execs are limited. */
  readonly urgent?: boolean;
}

/** What came of a command. */
export type ExecOutcome =
  | { readonly kind: "ok" }
  /** It ran and ended with this status (1..255). */
  | { readonly kind: "exit"; readonly code: number }
  /**
   * The API server or kubelet refused before anything ran (403 RBAC, 422 admission policy, 400, 5xx, 429).
   * Status 0: the API server was not reached at all, or there are no credentials to show it.
   */
  | { readonly kind: "rejected"; readonly status: number; readonly reason: string }
  /** 404: no such pod, or its kubelet does not know it (yet, when it has just started). */
  | { readonly kind: "gone"; readonly reason: string }
  /** The container is not running (yet, or any more), or lacks the command's file: `programMissing`. */
  | { readonly kind: "not-ready"; readonly reason: string; readonly programMissing?: true }
  /** It may have run: dropped, timed out, protocol broken, output over the cap (`overflow`). Observe again. */
  | { readonly kind: "unknown"; readonly reason: string; readonly overflow?: true };

/** A finished command. Output is cut at the cap. */
export interface ExecResult {
  readonly outcome: ExecOutcome;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly target: ExecTarget;
  /** argv; no shell in between. */
  readonly command: readonly string[];
  /** Total deadline in ms, handshake included. */
  readonly deadline: number;
  /** Bytes of stdout and stderr together; default 1 MiB. */
  readonly outputCap?: number;
  readonly signal?: AbortSignal;
}

export interface ProcessOptions {
  readonly target: ExecTarget;
  readonly command: readonly string[];
  /** Each message, empty ones too: the receiver bounds how much may come. */
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
  readonly signal?: AbortSignal;
}

/** A running command with open stdin. */
export interface RemoteProcess {
  /** Queues text for stdin; false when the connection is already closed. */
  write(text: string): boolean;
  /** Resolves once, whatever happens. */
  readonly ended: Promise<ExecOutcome>;
  /**
   * Half-closes stdin where the protocol can (v5), then closes the connection after a short grace. A kubelet
   * closes the command's stdin when the connection closes, so a reader of stdin ends with v4 too. Safe to repeat.
   */
  close(): Promise<void>;
}

/** Runs commands. Implementations: the API server (exec over ws). */
export interface Executor {
  /** Runs to the end. Never throws for what the other side does. */
  run(options: ExecOptions): Promise<ExecResult>;
  /** Starts and hands over once the connection is open; otherwise gives the outcome. */
  start(options: ProcessOptions): Promise<RemoteProcess | { readonly failed: ExecOutcome }>;
  /** Ends every connection at once. */
  close(): void;
}

/** True for a command that was killed (128 + 9) or terminated (128 + 15), as all are when their container ends. */
export function endedWithContainer(outcome: ExecOutcome): boolean {
  return outcome.kind === "exit" && (outcome.code === 137 || outcome.code === 143);
}

/** True when the container has no such program. */
export function isProgramMissing(outcome: ExecOutcome): outcome is ExecOutcome & { kind: "not-ready" } {
  return outcome.kind === "not-ready" && outcome.programMissing === true;
}

/** An outcome in words, for the end of a message: "it was refused (403): …". */
export function describeOutcome(outcome: ExecOutcome): string {
  switch (outcome.kind) {
    case "ok":
      return "it ended";
    case "exit":
      return `it ended with status ${outcome.code}`;
    case "rejected":
      return outcome.status === 0
        ? `the API server was not reached: ${outcome.reason}`
        : `it was refused (${outcome.status}): ${outcome.reason}`;
    case "gone":
      return `it is gone: ${outcome.reason}`;
    case "not-ready":
      return `the container is not ready: ${outcome.reason}`;
    case "unknown":
      return `it is not known what happened: ${outcome.reason}`;
    default:
      return outcome satisfies never;
  }
}
