// The batch mode of a tool, of which there is one implementation each: lines in, answers out, failures by
// line number.

/** What one line came to. Texts end with a new line. */
export interface ToyReply {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Exit status, when the line has ended the whole process. */
  readonly ended?: number;
}

/** A running batch. */
export interface ToySession {
  /** Takes one line of input. Throws when the process has ended. */
  line(text: string): ToyReply;
  /** End of input: gives the exit status. */
  end(): number;
}

/** What a tool does with the words of one line: the JSON it prints, if it prints any. */
export type ToyTool = (words: readonly string[]) => unknown;

/** The kernel or the tool refuses the line; with `-force` the batch goes on. */
export class ToyRefusal extends Error {
  override name = "ToyRefusal";
}

/** The tool does not understand the line and ends, `-force` or not. */
export class ToyExit extends Error {
  override name = "ToyExit";
  constructor(message: string, readonly code: number) {
    super(message);
  }
}

/** Starts a batch of a tool. */
export function createToySession(tool: ToyTool): ToySession {
  let count = 0;
  let failed = false;
  let ended: number | undefined;
  return {
    line: (text) => {
      if (ended !== undefined) throw new Error(`Cannot write to a toy session: it has ended with ${ended}`);
      count++;
      const reply = answer(tool, { text, count });
      failed ||= reply.stderr !== undefined;
      ended = reply.ended;
      return reply;
    },
    end: () => ended ?? (failed ? 1 : 0),
  };
}

function answer(tool: ToyTool, { text, count }: { readonly text: string; readonly count: number }): ToyReply {
  const words = text.split(/[ \t]+/).filter((word) => word !== "");
  if (words.length === 0 || words[0]?.startsWith("#")) return {};
  try {
    const json = tool(words);
    return json === undefined ? {} : { stdout: `${JSON.stringify(json)}\n` };
  } catch (error) {
    if (error instanceof ToyExit) return { stderr: `${error.message}\n`, ended: error.code };
    if (error instanceof ToyRefusal) return { stderr: `${error.message}\nCommand failed -:${count}\n` };
    throw error;
  }
}
