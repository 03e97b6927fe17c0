// Which commands do the documents show, with what they print; and is that what they printed? Pure.
import { codeBlocks } from "./markdown.ts";

/** A command with output, as a page shows it. */
export interface ShownCommand {
  /** Without the prompt. */
  readonly command: string;
  /** Lines; one that is `...` stands for any lines. */
  readonly output: readonly string[];
}

/** The commands of all console blocks that show what they print. */
export function shownCommands(markdown: string): readonly ShownCommand[] {
  return codeBlocks(markdown).filter(({ language }) => language === "console")
    .flatMap(({ text }) => text.split(/^\$ /m).slice(1))
    .map((part) => part.trimEnd().split("\n"))
    .map(([command = "", ...output]) => ({ command, output }))
    .filter(({ output }) => output.length > 0);
}

/** Whether this is what was printed, but for times, ports, identifiers and the width of columns. */
export function isShown(output: readonly string[], printed: readonly string[]): boolean {
  const escaped = output.map((line) => line === "..." ? anyLines : `${escape(masked(line))}\n`);
  const lines = printed.join("\n").trimEnd().split("\n");
  return new RegExp(`^${escaped.join("")}$`).test(lines.map((line) => `${masked(line)}\n`).join(""));
}

const anyLines = "(?:.*\\n)*?";

/** What differs from run to run, made equal. */
function masked(line: string): string {
  return line
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/127\.0\.0\.1:\d+/g, "SERVER")
    .replaceAll(/\btime[ =]?[\d.]+ ?ms\b/g, "DURATION")
    .replaceAll(/= [\d./]+ ms$/g, "DURATIONS")
    .replaceAll(/ \d+[smhd]( |$)/g, " AGE$1")
    .replaceAll(/\bMAC [\da-f:]{17}/g, "MAC")
    .replaceAll(/: in the kernel, heard from\b/g, ": in the kernel")
    .replaceAll(/, neighbour [\da-f.:]+ [A-Z]+/g, "")
    .replaceAll(/\d+ packets, \d+ bytes( \(\d+ errors, \d+ dropped\))?/g, "PACKETS")
    .replaceAll(/\s+/g, " ").trimEnd();
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
