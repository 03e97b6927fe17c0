// Where the policies of deploy/validation differ from the program, and why. None of it may be that they refuse more.
import { judgedOptions } from "../../manifests/option_expressions.ts";
import type { JudgedRow } from "./judged_rows.ts";

interface Reason {
  readonly why: string;
  readonly applies: (row: JudgedRow) => boolean;
}

/** Which rows the policies let pass and the program refuses. */
export const leftToController: readonly Reason[] = [
  {
    why: "what a subnet holds, whether it has host bits, and which of two addresses is larger: arithmetic",
    applies: says(
      /half of all|host bits|everything cannot be on the link|is everything|another subnet|too large|behind its last|one family|is IPv6 and the gateway IPv4/,
    ),
  },
  {
    why: "whether an address is that of one host",
    applies: says(/address of one host|IPv4-mapped|route cannot lead|member cannot have|link-local/),
  },
  {
    why: "lines indented by a tab, and commas within except=",
    applies: ({ text }) => /^ *\t/m.test(text) || /except=\S*,\S*\//.test(text),
  },
  { why: "long texts, for what an expression costs is bounded", applies: ({ text }) => text.length > 1_000 },
  { why: "whose pod it is: ordinals", applies: says(/needs a pod with an ordinal/) },
  {
    why: "reserved words as names of interfaces",
    applies: says(/reserved word|cannot be that of its interface/),
  },
  { why: "options that need each other", applies: says(/needs a subnet|too small for its IPv6/) },
  { why: "the length of a namespace's name", applies: says(/^Cannot read "namespaces=a{63}/) },
  { why: "a route without gateway has a right form of its own", applies: says(/expected SUBNET:GATEWAY/) },
  {
    why: "options whose values no expression describes; the policies know their names",
    applies: ({ option }) => option !== undefined && !judgedOptions.has(option),
  },
];

/** Which rows both refuse, the policies in other words. */
export const otherWords: readonly Reason[] = [
  { why: "lines and their indentation are not counted", applies: says(/do not indent it/) },
  {
    why: "what is no printable ASCII, or longer than 80 characters, is not quoted",
    applies: ({ problems }) => /\\u|…"|[^ -~…]/.test(problems[0] ?? ""),
  },
  { why: "the length of a name", applies: says(/it has \d+ characters/) },
  { why: "the parts of a value are not told apart", applies: says(/gateway "|subnet "|nothing else behind/) },
  {
    why: "one of a list is not told from the others",
    applies: says(/no name of a namespace|^[^"]*"[^"]*" of network "[^"]*": "[^"]*": expected/),
  },
  { why: "what is one letter off is not guessed", applies: says(/did you mean/) },
  { why: "the hint about commas", applies: says(/; options are separated by blanks, not by commas$/) },
];

function says(pattern: RegExp): Reason["applies"] {
  return ({ problems }) => problems.some((problem) => pattern.test(problem));
}

/** Why a row differs; undefined when nothing is known that would explain it. */
export function reasonOf(row: JudgedRow, reasons: readonly Reason[]): string | undefined {
  return reasons.find(({ applies }) => applies(row))?.why;
}
