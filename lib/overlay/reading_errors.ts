// Which lines did the kernel refuse, and what did it say: stderr of a session, for messages only.

/** One refusal. `line` is absent for text that no "Command failed" follows: the process ended there, or more is to come. */
export interface Refusal {
  /** As the program counts its input, from 1 since the session began. */
  readonly line?: number;
  readonly message: string;
}

/** Reads what a session has written to stderr: messages, each run of them followed by `Command failed -:LINE`. */
export function readRefusals(stderr: string): readonly Refusal[] {
  const refusals: Refusal[] = [];
  let said: string[] = [];
  for (const line of stderr.split("\n").map((text) => text.trim()).filter((text) => text !== "")) {
    const failed = /^Command failed -:(\d{1,9})$/.exec(line);
    if (failed === null) {
      said.push(line);
      continue;
    }
    refusals.push({ line: Number(failed[1]), message: said.join("; ") || "refused without a reason" });
    said = [];
  }
  return said.length === 0 ? refusals : [...refusals, { message: said.join("; ") }];
}
