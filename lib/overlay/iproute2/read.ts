// What did the tools answer: which lines to send for a look, and what the lines that come back mean.
import type { ObservedFdbEntry, ObservedLink, ObservedRoute } from "../observation.ts";
import { ReadingError } from "./fields.ts";
import { readFdbEntries } from "./reading_fdb.ts";
import { readLinks } from "./read_links.ts";
import { readRoutes } from "./read_routes.ts";

/**
 * What to send to `ip -json -details -force -batch -` for a look. Each line always answers with exactly one
 * line of JSON, so the look is over after as many answers as there are lines: nothing in an answer needs
 * recognising. A `show dev X` would answer nothing when X is missing, so none is used. The routes of both
 * families come in one line.
 */
export const observeIp: readonly string[] = ["address show", "route show table all"];

/**
 * What to send to `bridge -json -force -batch -` for a look, counted in the same way. Never send `fdb show
 * dev X` in a session: its filter sticks, and every later `fdb show` lists that device only.
 */
export const observeFdb: readonly string[] = ["fdb show"];

/**
 * A line that changes nothing and always answers with one short line of JSON, in both tools: put it after
 * lines that answer nothing, to learn that they have been carried out.
 */
export const marker = "link show dev lo";

/** Reads the answers to `observeIp`. Throws a ReadingError that says what is not as expected. */
export function readIp(answers: readonly string[]): {
  readonly links: readonly ObservedLink[];
  readonly routes: readonly ObservedRoute[];
} {
  const [links, routes] = counted(answers, observeIp);
  return { links: readLinks(links ?? ""), routes: readRoutes(routes ?? "") };
}

/** Reads the answers to `observeFdb`. Throws a ReadingError that says what is not as expected. */
export function readFdb(answers: readonly string[]): readonly ObservedFdbEntry[] {
  const [entries] = counted(answers, observeFdb);
  return readFdbEntries(entries ?? "");
}

function counted(answers: readonly string[], lines: readonly string[]): readonly string[] {
  if (answers.length === lines.length) return answers;
  throw new ReadingError(
    `Cannot read the answers to "${lines.join('", "')}": ` +
      `expected ${lines.length} ${lines.length === 1 ? "line" : "lines"}, found ${answers.length}`,
  );
}
