// The grammar: text becomes networks with typed options and their line, or problems that name the token.
import { parseNetworkName } from "./names.ts";
import { optionNamed } from "./spelling.ts";
import { certainNamespaces, isVague, optionProblem, readOptions, reservationIn } from "./option_set.ts";
import type { OptionSet } from "./option_table.ts";
import { poolFaults } from "../pool.ts";
import { firstProblems, mostProblems, type Problem, type Source } from "../problem.ts";
import { defined } from "../../text/defined.ts";
import { cut, quoted } from "../../text/quoted.ts";
import { splitEntries, splitLines, splitWords, type Word } from "./words.ts";

/** Longest text that is read, in UTF-16 units (64 Ki; all annotations of an object together may have 256 KiB). */
export const longestText = 65536;

/** What stands for a longer text, of which nothing is read: those of many pods together would not fit into memory. */
export const overlongText: string = ",".repeat(longestText + 1);

/** Networks of one annotation that are read: far more than a pod may have. */
const mostEntries = 1_000;

/** One network as the annotation names it. */
export interface AnnotationEntry {
  readonly network: string;
  /** 1-based line of the network's name. */
  readonly line: number;
  readonly options: OptionSet;
  /** True when an option of it did not parse: the network is named but cannot be resolved. */
  readonly broken: boolean;
}

/** What the annotation says. `complete` is false when a network's name itself could not be read. */
export interface Annotation {
  readonly entries: readonly AnnotationEntry[];
  readonly problems: readonly Problem[];
  readonly complete: boolean;
  /** Networks of which only the first entry is read: whether it is the one that is meant nobody knows. */
  readonly namedTwice: ReadonlySet<string>;
}

/** True for a text in which no network is named: blanks and commas only. */
export function namesNothing(text: string): boolean {
  return text.length <= longestText && splitEntries(text).length === 0;
}

/**
 * Reads the networks annotation.
 *
 * Entries are separated by commas and lines; an entry is a network's name, then options. The first line that is not
 * blank sets the indentation: a line indented deeper goes on with the options of the entry before it. So a comma
 * at the end of a line leaves a new entry open, and an indented line after it begins with that network's name.
 */
export function parseAnnotation(text: string, source: Source): Annotation {
  const namedTwice = new Set<string>();
  if (text.length > longestText) {
    return { entries: [], problems: [tooLong(source)], complete: false, namedTwice };
  }
  const entries: AnnotationEntry[] = [];
  const problems: Problem[] = [];
  const named = new Set<string>();
  let complete = true;
  let previous: AnnotationEntry | undefined;
  for (const words of splitEntries(text)) {
    // More are not listed, and until they are mended nobody knows what the rest means.
    if (problems.length > mostProblems) {
      complete = false;
      break;
    }
    if (entries.length === mostEntries) {
      problems.push(tooManyEntries(source));
      complete = false;
      break;
    }
    const read = readEntry(words, { source, named });
    problems.push(...read.problems);
    complete &&= read.complete;
    const before = read.isLostOption ? previous : undefined;
    if (before !== undefined) entries.splice(-1, 1, { ...before, broken: true });
    previous = read.entry;
    if (read.again !== undefined) namedTwice.add(read.again);
    if (read.entry === undefined) continue;
    named.add(read.entry.network);
    entries.push(read.entry);
  }
  return { entries, problems: firstProblems(problems, source), complete, namedTwice };
}

/** What one ConfigMap entry says. */
export interface ClusterOptions {
  /** Undefined when something of it cannot be read. */
  readonly options: OptionSet | undefined;
  /** What can be read of `id` and `namespaces`, and of what no interface shows that stands. */
  readonly reservation: OptionSet;
  /** `namespaces`, if they stand beyond doubt. */
  readonly certain?: readonly string[];
  /** True: a word may have been meant for `namespaces`. */
  readonly isVague?: boolean;
  readonly problems: readonly Problem[];
}

/** Reads the options of one ConfigMap entry; a bare number means `id`. */
export function parseClusterOptions(text: string, source: Source): ClusterOptions {
  if (text.length > longestText) {
    return { options: undefined, reservation: { namespaces: [] }, problems: [tooLong(source)] };
  }
  const network = source.kind === "configmap" ? source.key : "";
  const lines = splitLines(text);
  const isMultiline = lines.filter((line) => splitWords(line).length > 0).length > 1;
  const tokens = lines.flatMap((line, at) => {
    return splitWords(line).map((word) => ({
      text: word,
      ...(isMultiline && { line: at + 1 }),
    }));
  });
  const read = readOptions(tokens, { network, level: "cluster", source });
  const { options, problems: unread } = read;
  const { peer, except, route, neigh } = options;
  const problems = [
    ...unread,
    ...unread.length > 0 ? [] : poolFaults(options).map((reason): Problem => {
      const message = `Cannot read the pool of network ${quoted(network)}: ${reason}`;
      return { kind: "invalid-option", source, network, message };
    }),
  ];
  return {
    options: problems.length > 0 ? undefined : options,
    reservation: { ...defined({ peer, except, route, neigh }), ...reservationIn(tokens, options) },
    ...defined({ certain: certainNamespaces(tokens, read) }),
    ...(isVague(read) && { isVague: true }),
    problems: firstProblems(problems, source),
  };
}

interface EntryRead {
  /** Absent when the name could not be read, or was read before. */
  readonly entry?: AnnotationEntry;
  readonly problems: readonly Problem[];
  readonly complete: boolean;
  /**
   * True when what stands for a name is rather an option of the network before it, behind a comma or a new line too
   * many: that network must not be made without it, with another id perhaps.
   */
  readonly isLostOption?: boolean;
  /** A network that was named before. */
  readonly again?: string;
}

function readEntry(
  words: readonly Word[],
  context: { readonly source: Source; readonly named: ReadonlySet<string> },
): EntryRead {
  const [first, ...rest] = words;
  if (first === undefined) return { problems: [], complete: true };
  const { source } = context;
  const name = parseNetworkName(first.text);
  if (name.kind === "fault") {
    return {
      problems: [nameProblem(first, { source, reason: misnamed(first, name.reason) })],
      complete: false,
      isLostOption: /[=/:]|^[0-9.]+$/.test(first.text),
    };
  }
  const network = name.value;
  if (context.named.has(network)) {
    const reason = "the network is named twice: put all its options in one place";
    const problem = { ...nameProblem(first, { source, reason }), network };
    return { problems: [problem], complete: true, again: network };
  }
  const options = rest.filter((word) => isOption(word.text));
  const strays = rest.filter((word) => !isOption(word.text)).slice(0, mostProblems + 1);
  const read = readOptions(options, { network, level: "pod", source });
  const strayProblems = strays.map((word) =>
    optionProblem(word, { network, level: "pod", source, reason: stray(word) })
  );
  const problems = [...read.problems, ...strayProblems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return {
    entry: { network, line: first.line, options: read.options, broken: problems.length > 0 },
    problems,
    // A word that may be a network's name, lost among options, must not cost that network its link.
    complete: !rest.some((word) => word.text !== "up" && parseNetworkName(word.text).kind === "value"),
  };
}

function isOption(text: string): boolean {
  return text.includes("=") || optionNamed(text) !== undefined;
}

function misnamed(word: Word, reason: string): string {
  if (/^[a-z0-9-]+=/i.test(word.text)) {
    return "expected a network name before its options; a comma or a new line that is not indented begins a new network";
  }
  return /^[0-9]/.test(word.text) ? `${reason}; a comma separates networks, not values` : reason;
}

function stray(word: Word): string {
  if (isDigits(word.text)) {
    return `expected option=value; if it is the network identifier, write id=${cut(word.text)}`;
  }
  return word.indented
    ? "expected option=value; if it is a network, do not indent it"
    : "expected option=value; if it is a network, put a comma before it";
}

function nameProblem(word: Word, about: { readonly source: Source; readonly reason: string }): Problem {
  return {
    kind: "invalid-option",
    source: about.source,
    line: word.line,
    token: cut(word.text),
    message: `Cannot read ${quoted(word.text)} as a network: ${about.reason}`,
  };
}

function tooLong(source: Source): Problem {
  const message = `Cannot read the text: it has more than ${longestText} characters`;
  return { kind: "invalid-option", source, message };
}

function tooManyEntries(source: Source): Problem {
  const message =
    `Cannot read all networks: there are more than ${mostEntries}; the others are not looked at`;
  return { kind: "invalid-option", source, message };
}

function isDigits(word: string): boolean {
  return /^[0-9]+$/.test(word);
}
