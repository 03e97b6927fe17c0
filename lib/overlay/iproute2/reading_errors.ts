// Which lines did the kernel refuse, and what did it say: stderr of a session, for messages only.

/** One refused line. */
export interface RefusedLine {
  /** As the program counts its input, from 1 since the session began. */
  readonly line: number;
  /** What the tool said; several messages are joined. */
  readonly message: string;
}

/**
 * Reads what a session has written to stderr: messages, each run of them followed by `Command failed -:LINE`.
 * Text that no such line follows is left out: more is to come, or the process ended there.
 */
export function explain(stderr: string): readonly RefusedLine[] {
  const refused: RefusedLine[] = [];
  let said: string[] = [];
  for (const text of stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "")) {
    const failed = /^Command failed -:(\d{1,9})$/.exec(text);
    if (failed === null) {
      said.push(text);
      continue;
    }
    refused.push({ line: Number(failed[1]), message: said.join("; ") || "refused without a reason" });
    said = [];
  }
  return refused;
}
