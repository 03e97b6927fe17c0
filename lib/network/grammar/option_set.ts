// What do the options of one network in one source say together, and which of them cannot be read.
import { cut, quoted } from "../../text/quoted.ts";
import { optionNamed, optionNames, similarOption } from "./spelling.ts";
import { mostProblems, type Problem, type Source } from "../problem.ts";
import {
  type Level,
  type OptionName,
  type OptionSet,
  optionTable,
  readableNamespaces,
} from "./option_table.ts";
import { fault, mapped, type Parsed, valueOf } from "./parsed.ts";
import { defined } from "../../text/defined.ts";

/** A word of the text, and where it stands. */
export interface Token {
  readonly text: string;
  /** 1-based; absent for a text of a single line, where naming it helps nobody. */
  readonly line?: number;
}

/** Whose options are read. */
export interface OptionsContext {
  readonly network: string;
  readonly level: Level;
  readonly source: Source;
}

/** Reads `option=value` words. Those that cannot be read are left out of `options` and said in `problems`. */
export function readOptions(
  tokens: readonly Token[],
  context: OptionsContext,
): { readonly options: OptionSet; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const options: OptionSet = {};
  for (const token of tokens) {
    const read = readOption(token, { options, level: context.level });
    if (read.kind === "value") take(options, read.value);
    else problems.push(optionProblem(token, { ...context, reason: read.reason }));
    // More are not listed, and a hostile text has ten thousand.
    if (problems.length > mostProblems) break;
  }
  return { options, problems };
}

/** Reads one option's value into a set that holds just this option. */
export function readValue(name: OptionName, text: string): Parsed<OptionSet> {
  const row = optionTable[name];
  return mapped<unknown, OptionSet>(
    row.parse(text),
    (value) => ({ [name]: row.repeatable ? [value] : value }),
  );
}

/** Lists grow in place, for a text has thousands of words; everything else is given once. */
function take(options: Record<string, unknown>, added: OptionSet): void {
  for (const [name, value] of Object.entries(added)) {
    const list = options[name];
    if (Array.isArray(list) && Array.isArray(value)) list.push(...value);
    else options[name] = value;
  }
}

/**
 * What an entry reserves though not all of it can be read. A word that was meant for `namespaces=` closes the network but
 * for the names in it that can be read, and one that was meant for `id=` names what is closed: a mistake must not open what
 * somebody meant to close. Whatever separates words in other languages separates them here.
 */
export function reservationIn(tokens: readonly Token[], { id, namespaces }: OptionSet): OptionSet {
  const words = wordsOf(tokens);
  const listed = words.filter(([key = ""]) => isMeantForNamespaces(key));
  const names = listed.flatMap(([, value = ""]) => readableNamespaces(value));
  const list = namespaces ?? (listed.length > 0 ? [...new Set(names)].sort() : undefined);
  const number = words.find(([key = "", value = ""]) =>
    similarOption(key) === "id" && /^0*[1-9]\d*$/.test(value)
  );
  const read = readValue("id", String(Number(number?.[1])));
  return defined({ id: id ?? (read.kind === "value" ? read.value.id : undefined), namespaces: list });
}

/** Key and value of each, also where there are blanks around the sign, or behind a comma in the value. */
function wordsOf(tokens: readonly Token[]): readonly string[][] {
  const words: string[][] = [];
  for (const { text } of tokens) {
    const part = text.replaceAll(/["']/g, "");
    const word = words.at(-1) ?? [];
    const before = word.at(-1) ?? "";
    const isValue = /[=:,]$/.test(before) && !/[=:]/.test(part) && optionNamed(part) === undefined &&
      !isMeantForNamespaces(part);
    const isSign = /^[=:][^=:]*$/.test(part) && !/[=:]/.test(before);
    if (isValue || isSign) word.push(part);
    else words.push([part]);
  }
  const separators = /[\[\]{};|]|,$|,(?=[a-z-]+[=:])/i;
  return words.flatMap((word) => word.join("").split(separators)).map((word) => word.split(/[=:]/));
}

/**
 * What `namespaces=` says for certain though something else of the entry cannot be read: it stands there once, and no word
 * that may be one more namespace stands alone.
 */
export function certainNamespaces(
  tokens: readonly Token[],
  { options, problems }: { readonly options: OptionSet; readonly problems: readonly Problem[] },
): readonly string[] | undefined {
  const isOnce = wordsOf(tokens).filter(([key = ""]) => isMeantForNamespaces(key)).length === 1;
  return isOnce && problems.every(({ token }) => token?.includes("=")) ? options.namespaces : undefined;
}

/** Whether a word that was not read is like none of the options: it may have been meant for `namespaces=`. */
export function isVague({ problems }: { readonly problems: readonly Problem[] }): boolean {
  return problems.some(({ token = "" }) => similarOption(token.split(/[=:]/)[0] ?? "") === undefined);
}

function isMeantForNamespaces(key: string): boolean {
  return similarOption(key) === "namespaces" || /^n[a-z-]*p[a-z-]*c|namespace/i.test(key);
}

/** The problem that a word of a network's options cannot be read. */
export function optionProblem(token: Token, about: OptionsContext & { readonly reason: string }): Problem {
  return {
    kind: "invalid-option",
    source: about.source,
    network: about.network,
    ...(token.line !== undefined && { line: token.line }),
    token: cut(token.text),
    message: `Cannot read ${quoted(token.text)} of network ${quoted(about.network)}: ${about.reason}`,
  };
}

function readOption(
  token: Token,
  context: { readonly options: OptionSet; readonly level: Level },
): Parsed<OptionSet> {
  // At cluster level a bare number is the network identifier, as the seed's first ConfigMaps had it.
  const text = context.level === "cluster" && /^[0-9]+$/.test(token.text) ? `id=${token.text}` : token.text;
  const assigned = text.indexOf("=");
  const key = assigned < 0 ? text : text.slice(0, assigned);
  const option = readName(key, context.level);
  if (option.kind === "fault") return option;
  const name = option.value;
  const row = optionTable[name];
  if (context.options[name] !== undefined && !row.repeatable) {
    return fault(`option ${name} is given twice: keep one`);
  }
  if (assigned < 0) {
    return row.bare === undefined ? fault(`expected a value: ${name}=…`) : valueOf({ [name]: row.bare });
  }
  const value = text.slice(assigned + 1);
  if (value === "") {
    return fault(`the value is empty: expected ${name}=… without blanks, or no ${name} at all`);
  }
  return withHint(readValue(name, value), { value, level: context.level });
}

function readName(key: string, level: Level): Parsed<OptionName> {
  const name = optionNamed(key);
  if (name === undefined) return fault(unknownOption(key, level));
  const why = misplaced(name, level);
  return why === undefined ? valueOf(name) : fault(why);
}

function unknownOption(key: string, level: Level): string {
  const names = optionNames.filter((name) => misplaced(name, level) === undefined);
  const similar = similarOption(key);
  const meant = similar === undefined ? "" : ` (did you mean ${similar}?)`;
  return `${quoted(key)} is no option${meant}: expected one of ${names.join(", ")}`;
}

/** Why this source may not give the option; undefined when it may. */
function misplaced(name: OptionName, level: Level): string | undefined {
  const { only } = optionTable[name];
  if (only === undefined || only.level === level) return undefined;
  return `this option is for ${only.level === "pod" ? "annotations" : "the ConfigMap"} only: ${only.why}`;
}

/** In the annotation a comma ends an entry; in the ConfigMap it ends up in the value, where people did not want it. */
function withHint(
  read: Parsed<OptionSet>,
  about: { readonly value: string; readonly level: Level },
): Parsed<OptionSet> {
  if (read.kind === "value" || about.level !== "cluster" || !about.value.includes(",")) return read;
  return fault(`${read.reason}; options are separated by blanks, not by commas`);
}
