// A conversation with a line-oriented program in a container: lines in, lines out, up to an end marker.
import type { ExecOutcome } from "./exec.ts";

/** One exchange. `stderr` is what had arrived by then: for messages only, it may be late and incomplete. */
export interface Exchange {
  /** Lines of stdout without the end marker. */
  readonly answers: readonly string[];
  readonly stderr: string;
  /** Number of the first line of this exchange, as the program counts its input from 1. */
  readonly firstLine: number;
}

/** The program has ended, or the exchange did not finish in time: nothing is known but that it may have worked. */
export class SessionEnded extends Error {
  override name = "SessionEnded";
  constructor(readonly outcome: ExecOutcome, readonly stderr: string, message: string) {
    super(message);
  }
}

export interface ExchangeOptions {
  /** Recognises the answer to the last line. */
  readonly isEnd: (line: string) => boolean;
  /** ms; when it passes the session is closed. */
  readonly deadline: number;
  /** Bytes of stdout for this exchange; default 1 MiB. */
  readonly outputCap?: number;
}

/** One exchange at a time; a second call waits for the first. */
export interface ExecSession {
  readonly open: boolean;
  /** Sends the lines and gives what came back. Throws SessionEnded. */
  exchange(lines: readonly string[], options: ExchangeOptions): Promise<Exchange>;
  /** Ends it: half-close, grace, close. Never throws. */
  close(): Promise<void>;
}
