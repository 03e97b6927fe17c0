// What did the tools answer: which lines to send for a look, and what the lines that come back mean.
import { parseIp } from "../../network/grammar/address.ts";
import type { KernelState, ObservedFdbEntry, ObservedRoute } from "../observation.ts";
import {
  type Foreign,
  optionalText,
  ReadingError,
  readObjects,
  text,
  tooMany,
  unexpected,
} from "./fields.ts";
import { permanentNeighbours, readNeighbours } from "./read_neighbours.ts";
import { readLinks } from "./read_links.ts";
import { mostRoutes, readRoutes } from "./read_routes.ts";
import { defined } from "../../text/defined.ts";
import { cut, listed } from "../../text/quoted.ts";

/**
 * What to send to `bridge -json -force -batch -` for a look, counted in the same way. Never send `fdb show
 * dev X` in a session: its filter sticks, and every later `fdb show` lists that device only.
 */
export const observeFdb: readonly string[] = ["fdb show"];

/**
 * The same, but only what the kernel has learned by itself. This filter sticks too: a session that was asked this answers
 * nothing else any more. Old tools do not know the word and list everything.
 */
export const observeLearned: readonly string[] = ["fdb show dynamic"];

/**
 * A line that changes nothing and always answers with one short line of JSON, in both tools: put it after
 * lines that answer nothing, to learn that they have been carried out.
 */
export const barrier = "link show dev lo";

/** Reads the answers to `ipQuestions`. Throws a ReadingError that says what is not as expected. */
export function readIp(answers: readonly string[], questions: readonly string[]): KernelState {
  const [links = "", ...lines] = counted(answers, questions);
  let neighbours: KernelState["neighbours"];
  // One route may answer several questions.
  const routes = new Map<string, ObservedRoute>();
  for (const [at, line] of lines.entries()) {
    const question = questions[at + 1] ?? "";
    if (question === permanentNeighbours) neighbours = readNeighbours(line);
    else for (const route of readRoutes(line, question)) routes.set(JSON.stringify(route), route);
    if (routes.size > mostRoutes) throw tooMany({ what: "routes", most: mostRoutes });
  }
  return { links: readLinks(links), routes: [...routes.values()], ...defined({ neighbours }) };
}

/** Reads the answers to `observeFdb`. Throws a ReadingError that says what is not as expected. */
export function readFdb(answers: readonly string[]): readonly ObservedFdbEntry[] {
  const [entries] = counted(answers, observeFdb);
  return readFdbEntries(entries ?? "");
}

function counted(answers: readonly string[], lines: readonly string[]): readonly string[] {
  if (answers.length === lines.length) return answers;
  throw new ReadingError(
    `Cannot read the answers to ${listed(lines)}: ` +
      `expected ${lines.length} ${lines.length === 1 ? "line" : "lines"}, found ${answers.length}`,
  );
}

/** One refused line. */
export interface RefusedLine {
  /** As the program counts its input, from 1 since the session began. */
  readonly line: number;
  /** What the tool said; several messages are joined. */
  readonly message: string;
}

/** Characters of what a tool says of a line that are kept: its own messages have a hundred. */
const longestRefusal = 400;

/**
 * Reads what a session has written to stderr: messages, each run of them followed by `Command failed -:LINE`.
 * Text that no such line follows is left out: more is to come, or the process ended there.
 */
export function readRefusals(stderr: string): readonly RefusedLine[] {
  const refused: RefusedLine[] = [];
  let said: string[] = [];
  for (const text of stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "")) {
    const failed = /^Command failed -:(\d{1,9})$/.exec(text);
    if (failed === null) {
      said.push(text);
      continue;
    }
    refused.push({
      line: Number(failed[1]),
      message: cut(said.join("; "), longestRefusal) || "refused without a reason",
    });
    said = [];
  }
  return refused;
}

/**
 * Characters of the shortest entry. How many entries there may be depends on the networks of the pod, and so does how
 * long an answer may be: a bound of their own they need only against entries that are none.
 */
const shortestEntry = 40;

/**
 * Reads the line that `fdb show` prints (without `dev`, so every entry names its device). Throws a
 * ReadingError.
 */
export function readFdbEntries(line: string): readonly ObservedFdbEntry[] {
  const most = Math.ceil(line.length / shortestEntry);
  return readObjects(line, { what: "forwarding entries", most, values: 10 }).flatMap(readEntry);
}

/**
 * Entries with a port, VNI or device of their own are neither ours nor learned: the kernel names these only
 * where they differ from the link's. They are left out, since a line of ours could not remove them.
 */
const ownDestination = ["port", "vni", "src_vni", "via", "viaIf", "viaIfIndex"];

function readEntry(entry: Foreign): readonly ObservedFdbEntry[] {
  const found = optionalText(entry, "dst");
  if (found === undefined || ownDestination.some((field) => entry.fields[field] !== undefined)) return [];
  const dst = parseIp(found);
  if (dst === undefined) throw unexpected(entry, { field: "dst", expected: "an IP address", found });
  return [{
    dev: text(entry, "ifname"),
    mac: text(entry, "mac").toLowerCase(),
    dst: dst.address,
    ...(entry.fields["state"] === "permanent" && { permanent: true }),
  }];
}
