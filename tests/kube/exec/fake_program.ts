// A program at the other end of an exec, in the test's hands: what it was told, what it says, how it ends.
import assert from "node:assert/strict";
import type { ExecOutcome, Executor, ProcessOptions } from "../../../lib/kube/exec/exec.ts";
import { SessionEnded } from "../../../lib/kube/exec/session.ts";

/** The other end of a session. */
export interface Program {
  readonly written: string[];
  say(text: string): void;
  complain(text: string): void;
  end(outcome: ExecOutcome): void;
  /** Why the session hung up, if it did. */
  readonly hungUp: string | undefined;
}

/** A program and the executor that starts it, once. */
export function programAndExecutor(): { readonly program: Program; readonly executor: Executor } {
  const written: string[] = [];
  const ended = Promise.withResolvers<ExecOutcome>();
  let alive = true;
  let hungUp: string | undefined;
  let options: ProcessOptions | undefined;
  const end = (outcome: ExecOutcome): void => {
    alive = false;
    ended.resolve(outcome);
  };
  const executor: Executor = {
    run: () => Promise.reject(new Error("not in these tests")),
    start: (asked) => {
      options = asked;
      asked.signal?.addEventListener("abort", () => {
        hungUp = String(asked.signal?.reason);
        end({ kind: "unknown", reason: hungUp });
      });
      return Promise.resolve({
        write: (text) => {
          if (alive) written.push(text);
          return alive;
        },
        ended: ended.promise,
        close: () => {
          end({ kind: "ok" });
          return Promise.resolve();
        },
      });
    },
    close: () => {},
  };
  const program = {
    written,
    say: (text: string) => options?.onStdout(new TextEncoder().encode(text)),
    complain: (text: string) => options?.onStderr(new TextEncoder().encode(text)),
    end,
    get hungUp() {
      return hungUp;
    },
  };
  return { program, executor };
}

/** What a session ended with. Fails when it did not end. */
export async function endOf(work: Promise<unknown>): Promise<SessionEnded> {
  const error = await work.then(() => undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof SessionEnded, `not a SessionEnded: ${error}`);
  return error;
}
