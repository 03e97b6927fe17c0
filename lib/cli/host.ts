// What a command may use of the machine, passed in by main.ts so that tests can stand in for it.
import type { Clock } from "../time/clock.ts";

/** The world outside the program. */
export interface Host {
  readonly args: readonly string[];
  /** Environment variable, or undefined. */
  readonly env: (name: string) => string | undefined;
  /** Rejects when the file cannot be read. */
  readonly readTextFile: (path: string) => Promise<string>;
  /** Names of the files in a folder; undefined for what is none. */
  readonly listFolder: (path: string) => Promise<readonly string[] | undefined>;
  /** All of stdin. */
  readonly readInput: () => Promise<string>;
  /** Writes one line for the user (stdout). */
  readonly print: (line: string) => void;
  /** Writes one line of log or complaint (stderr). */
  readonly complain: (line: string) => void;
  /** stdout for bytes that are no lines. `write` throws where nobody reads them any more. */
  readonly output: { readonly isTerminal: () => boolean; readonly write: (bytes: Uint8Array) => void };
  /** Writes bytes to stderr as they are: what a credential plugin says to its user. */
  readonly passOn?: (bytes: Uint8Array) => void;
  /** Writes text as it is to the terminal behind stderr; absent where there is none. */
  readonly terminal?: (text: string) => void;
  /** Says what is being done, where that takes long and somebody looks: "reading pods". */
  readonly progress?: (doing: string) => void;
  readonly clock: Clock;
  /** Aborted when the user or the kubelet asks the program to stop. */
  readonly stop: AbortSignal;
}

/** Exit statuses, as documented in docs/cli.md. */
export const exitStatus = { ok: 0, failed: 1, usage: 2, configuration: 3 } as const;
