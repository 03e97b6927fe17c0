// A stream of text cut into lines. (The standard library's would be a dependency from a registry not every network reaches.)

/** Gives each line without its end; a last line without an end is given too. */
export class TextLineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform: (chunk, out): void => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) out.enqueue(line.replace(/\r$/, ""));
      },
      flush: (out): void => {
        if (rest !== "") out.enqueue(rest);
      },
    });
  }
}
