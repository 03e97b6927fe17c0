// A conversation with a line-oriented program in a container: lines in, a counted number of lines out.
import type { Clock } from "../../time/clock.ts";
import { type Conversation, newConversation } from "./session_state.ts";
import {
  describeOutcome,
  type ExecOutcome,
  type ExecTarget,
  type Executor,
  type RemoteProcess,
} from "./exec.ts";

/** One exchange. `stderr` is what had arrived by then: for messages only, it may be late and incomplete. */
export interface Exchange {
  /** Lines of stdout, as many as were asked for. */
  readonly answers: readonly string[];
  /**
   * What came on stderr since the exchange before. Text that comes late is part of the next exchange's; the
   * line numbers in it ("Command failed -:LINE") count over the whole session, so they tell whose it is.
   */
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
  /** How many lines of stdout to wait for; at least 1 (every `show` answers exactly one line). */
  readonly answers: number;
  /** ms; when it passes the session is closed. */
  readonly deadline: number;
  /** Bytes of stdout for this exchange; default 1 MiB. */
  readonly outputCap?: number;
}

/** One exchange at a time; a second call waits for the first. */
export interface ExecSession {
  readonly open: boolean;
  /**
   * Sends the lines and gives what came back. Throws SessionEnded; a line that is more or less than one line,
   * or `answers` below 1, is a mistake of the caller and throws a TypeError before anything is sent.
   */
  exchange(lines: readonly string[], options: ExchangeOptions): Promise<Exchange>;
  /** Ends it: half-close, grace, close. Never throws. */
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly target: ExecTarget;
  /** argv of a program that reads commands from stdin. */
  readonly command: readonly string[];
  readonly clock: Clock;
  /** ms until the connection must be open. */
  readonly deadline: number;
  /** Aborted: the connection is not waited for any more. One that is open goes on. */
  readonly signal?: AbortSignal;
  /** Called when something comes on stderr while no exchange is under way: it speaks of an earlier one. */
  readonly onLateStderr?: () => void;
}

/** Bytes of stdout that one exchange may answer unless told otherwise. */
const defaultOutputCap = 1024 * 1024;

/** Starts the program. Throws SessionEnded with the outcome when it cannot be started. */
export async function openSession(executor: Executor, options: SessionOptions): Promise<ExecSession> {
  const limit = new AbortController();
  const cancel = options.clock.after(options.deadline, () => {
    limit.abort(`not open within ${options.deadline} ms`);
  });
  const abort = (): void => limit.abort("aborted");
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener("abort", abort, { once: true });
  const talk = newConversation({
    disconnect: (reason) => limit.abort(reason),
    onLateStderr: () => options.onLateStderr?.(),
  });
  const process = await executor.start({
    target: options.target,
    command: options.command,
    onStdout: talk.stdout,
    onStderr: talk.stderr,
    signal: limit.signal,
  });
  options.signal?.removeEventListener("abort", abort);
  cancel();
  if ("failed" in process) throw sessionEnded(process.failed, { ...options, stderr: "" });
  process.ended.then(talk.finish);
  return sessionOver(process, { ...options, talk });
}

function sessionOver(
  process: RemoteProcess,
  options: SessionOptions & { readonly talk: Conversation },
): ExecSession {
  const { talk } = options;
  let linesSent = 0;
  let queue: Promise<unknown> = Promise.resolve();

  async function exchange(lines: readonly string[], asked: ExchangeOptions): Promise<Exchange> {
    const firstLine = linesSent + 1;
    linesSent += lines.length;
    const cap = asked.outputCap ?? defaultOutputCap;
    const expected = talk.expect(asked.answers, { cap, lines: lines.length });
    const cancel = options.clock.after(asked.deadline, () => {
      talk.abort(`no answer to ${lines.length} lines within ${asked.deadline} ms`);
    });
    const alive = talk.outcome === undefined && process.write(lines.map((line) => `${line}\n`).join(""));
    // A refused write means that the connection has ended: its own outcome says more than we could.
    if (!alive) talk.finish(await process.ended);
    const answers = await expected;
    cancel();
    const stderr = talk.takeStderr();
    if (answers) return { answers, stderr, firstLine };
    throw sessionEnded(talk.outcome ?? { kind: "unknown", reason: "no outcome" }, { ...options, stderr });
  }

  return {
    get open() {
      return talk.outcome === undefined;
    },
    exchange: async (lines, asked) => {
      checkExchange(lines, asked);
      const mine = queue.then(() => exchange(lines, asked));
      // Waits for its end and keeps nothing of it: an idle session must not hold the last answers.
      queue = mine.then(() => {}, () => {});
      return await mine;
    },
    close: async () => {
      talk.finish({ kind: "unknown", reason: "the session was closed" });
      await process.close();
    },
  };
}

/** A line with a line break inside would be two commands, and a trailing backslash would join two. */
export function checkExchange(lines: readonly string[], options: ExchangeOptions): void {
  const bad = lines.find((line) => /[\n\r\0]|\\$/.test(line));
  if (bad !== undefined) {
    throw new TypeError(`Cannot send a line: it is not one line: ${JSON.stringify(bad)}`);
  }
  if (Number.isInteger(options.answers) && options.answers >= 1) return;
  throw new TypeError(`Cannot wait for ${options.answers} answers: at least 1 is needed to know the end`);
}

function sessionEnded(
  outcome: ExecOutcome,
  options: Pick<SessionOptions, "target" | "command"> & { readonly stderr: string },
): SessionEnded {
  const { target, command, stderr } = options;
  const where = `container "${target.container}" of pod ${target.namespace}/${target.pod}`;
  const said = stderr.trim() === "" ? "" : `; it said ${JSON.stringify(stderr.trim().slice(0, 1000))}`;
  const message = `Cannot talk to "${command.join(" ")}" in ${where}: ${describeOutcome(outcome)}${said}`;
  return new SessionEnded(outcome, stderr, message);
}
