// Which lines of a program's output answer which exchange? The state of a session, without any connection.
import type { ExecOutcome } from "./exec.ts";
import { Allowance, leastCost } from "./allowance.ts";
import { createLineReader } from "../../text/line_reader.ts";

/** Characters of stderr that are kept between two exchanges; the rest is cut. */
const stderrLimit = 64 * 1024;

/** What a line may cost beside its answer: a refused one has three short messages on stderr. */
const costOfLine = 4 * leastCost;

/** What has been heard, and what is waited for. */
export interface Conversation {
  /** Takes output as it comes. Output that nobody asked for ends the session: answers would be misattributed. */
  readonly stdout: (chunk: Uint8Array) => void;
  readonly stderr: (chunk: Uint8Array) => void;
  /** Resolves with `count` lines to `lines` that are sent; with undefined once there is an outcome. `cap`: bytes of stdout. */
  expect(
    count: number,
    asked: { readonly cap: number; readonly lines: number },
  ): Promise<readonly string[] | undefined>;
  /** What came on stderr since the last call. */
  takeStderr(): string;
  /** Absent while the session is alive. */
  readonly outcome: ExecOutcome | undefined;
  /** The program has ended like this. The first outcome stays. */
  finish(outcome: ExecOutcome): void;
  /** Ends the session from our side: what is under way is `unknown`, and `disconnect` is called. */
  abort(reason: string): void;
}

interface Waiting {
  readonly count: number;
  readonly cap: number;
  readonly got: string[];
  readonly done: (lines: readonly string[] | undefined) => void;
}

export interface ConversationOptions {
  /** Told why the session must end, at most once. */
  readonly disconnect: (reason: string) => void;
  /** Something came on stderr while nothing was waited for; told once until something is asked again. */
  readonly onLateStderr: () => void;
}

/** A conversation at its beginning. */
export function newConversation({ disconnect, onLateStderr }: ConversationOptions): Conversation {
  const reader = createLineReader();
  const errorText = new TextDecoder();
  let stderr = "";
  let outcome: ExecOutcome | undefined;
  let waiting: Waiting | undefined;
  let heard = 0;
  let allowance = new Allowance();
  let isLate = false;

  function finish(how: ExecOutcome): void {
    outcome ??= how;
    waiting?.done(undefined);
    waiting = undefined;
  }

  function abort(reason: string, more: { readonly overflow?: true } = {}): void {
    if (outcome) return;
    finish({ kind: "unknown", reason, ...more });
    disconnect(reason);
  }

  function hear(line: string): void {
    if (!waiting) return abort(`an answer that nobody asked for: ${JSON.stringify(line.slice(0, 200))}`);
    waiting.got.push(line);
    if (waiting.got.length < waiting.count) return;
    const { done, got } = waiting;
    waiting = undefined;
    done(got);
  }

  function stdout(chunk: Uint8Array): void {
    if (outcome) return;
    heard += chunk.length;
    const cap = waiting?.cap ?? 0;
    if (waiting && heard > cap) return abort(`more than ${cap} bytes of answers`, { overflow: true });
    if (!allowance.take(chunk)) return abort("more, in smaller pieces, than any answer has");
    for (const line of reader.push(chunk)) hear(line);
    if (!waiting && reader.pendingBytes > 0) abort("output that nobody asked for");
  }

  return {
    stdout,
    stderr: (chunk) => {
      if (outcome) return;
      if (!allowance.take(chunk)) return abort("more on stderr than there can be to say");
      stderr = (stderr + errorText.decode(chunk, { stream: true })).slice(0, stderrLimit);
      if (waiting !== undefined || isLate || chunk.length === 0) return;
      isLate = true;
      onLateStderr();
    },
    expect: (count, { cap, lines }) => {
      if (outcome) return Promise.resolve(undefined);
      heard = 0;
      isLate = false;
      allowance = new Allowance(cap + stderrLimit + costOfLine * (count + lines));
      const { promise, resolve } = Promise.withResolvers<readonly string[] | undefined>();
      waiting = { count, cap, got: [], done: resolve };
      return promise;
    },
    takeStderr: () => {
      const text = stderr;
      stderr = "";
      return text;
    },
    get outcome() {
      return outcome;
    },
    finish,
    abort,
  };
}
