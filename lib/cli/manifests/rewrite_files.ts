// How do commands that change manifests read and print: all files as one text, what could not be done on stderr.
import { NotYaml, type Rewritten } from "../../manifests/rewrite.ts";
import { printable } from "../../text/printable.ts";
import { exitStatus, type Host } from "../host.ts";
import { readFiles } from "./input.ts";

/** Prints the changed text. The exit status is 1 when nothing can be printed; what is left out is said and no failure. */
export async function rewriteFiles(
  names: readonly string[],
  { host, change }: { readonly host: Host; readonly change: (text: string) => Rewritten },
): Promise<number> {
  const files = await readFiles(names, host);
  const text = files.map((file) => file.text).reduce(joined, "");
  try {
    const { text: changed, notes } = change(text);
    for (const note of notes) host.complain(printable(note));
    if (changed !== "") host.print(changed.replace(/\n$/, ""));
    return exitStatus.ok;
  } catch (error) {
    if (!(error instanceof NotYaml)) throw error;
    host.complain(`error: ${files.map(({ name }) => name).join(", ")}, ${printable(error.message)}`);
    return exitStatus.failed;
  }
}

/** A file need not begin with the line that separates documents. */
function joined(before: string, text: string): string {
  if (before === "") return text;
  const end = before.endsWith("\n") ? before : `${before}\n`;
  // A byte order mark stands at the beginning only.
  if (text.startsWith("\ufeff")) return joined(before, text.slice(1));
  return /^---(\s|$)/.test(text) ? end + text : `${end}---\n${text}`;
}
