// How is foreign JSON taken apart: every field is checked before it becomes a value of ours.
import { isRecord } from "../../text/json.ts";
import { cut, longestQuote } from "../../text/quoted.ts";

/**
 * The text of a program is not what that program promises. The message names the place and what was found.
 */
export class ReadingError extends Error {
  override name = "ReadingError";
}

/** An object of which nothing is known yet, and where it stood, for messages. */
export interface Foreign {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly where: string;
}

/** How much is read of one pod. */
export interface ReadingLimit {
  /** What the entries are, for messages. */
  readonly what: string;
  /** Entries. */
  readonly most: number;
  /** Values that an entry has on average, at most: names and numbers, lists and objects. */
  readonly values: number;
}

/**
 * Reads a line as an array of objects. Empty objects are left out: older iproute2 prints one per filtered
 * entry. In memory a value takes up to thirty times the two characters that it may be written with, so they are counted
 * before any of them is made.
 */
export function readObjects(line: string, limit: ReadingLimit): readonly Foreign[] {
  let values = (limit.most + 1) * limit.values;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if ((code === comma || code === bracket || code === brace) && --values < 0) throw tooMany(limit);
  }
  const found = objectsOf(parseJson(line, limit.what), limit.what);
  if (found.length <= limit.most) return found;
  throw tooMany(limit);
}

const [comma, bracket, brace] = [",", "[", "{"].map((each) => each.charCodeAt(0));

/** The error for more than is read: it would cost the memory that all pods share. */
export function tooMany({ what, most }: Pick<ReadingLimit, "what" | "most">): ReadingError {
  return new ReadingError(
    `Cannot read ${what}: the pod has more than ${most}, which is more than the controller keeps of one pod; ` +
      "remove some of them",
  );
}

/** A text field; throws when it is missing or no text. */
export function text(of: Foreign, field: string): string {
  const value = of.fields[field];
  if (typeof value === "string") return value;
  throw unexpected(of, { field, expected: "text", found: value });
}

/** A text field that may be missing. */
export function optionalText(of: Foreign, field: string): string | undefined {
  return of.fields[field] === undefined ? undefined : text(of, field);
}

/** A whole number, not negative; throws when it is missing or anything else. */
export function count(of: Foreign, field: string): number {
  const value = of.fields[field];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw unexpected(of, { field, expected: "a whole number", found: value });
}

/** A whole number that may be missing. */
export function optionalCount(of: Foreign, field: string): number | undefined {
  return of.fields[field] === undefined ? undefined : count(of, field);
}

/** An object field that may be missing. */
export function optionalObject(of: Foreign, field: string): Foreign | undefined {
  const value = of.fields[field];
  if (value === undefined) return undefined;
  if (isRecord(value)) return { fields: value, where: `${of.where}, ${field}` };
  throw unexpected(of, { field, expected: "an object", found: value });
}

/** An array of objects; missing counts as empty. */
export function objects(of: Foreign, field: string): readonly Foreign[] {
  const value = of.fields[field];
  return value === undefined ? [] : objectsOf(value, `${of.where}, ${field}`);
}

/** An array of texts; missing counts as empty. */
export function texts(of: Foreign, field: string): readonly string[] {
  const value = of.fields[field] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw unexpected(of, { field, expected: "an array of texts", found: value });
}

/** The error for a field that is not as expected. */
export function unexpected(
  of: Foreign,
  about: { readonly field: string; readonly expected: string; readonly found: unknown },
): ReadingError {
  return new ReadingError(
    `Cannot read ${of.where}: expected ${about.expected} as "${about.field}", found ${shown(about.found)}`,
  );
}

function parseJson(line: string, what: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new ReadingError(`Cannot read ${what}: expected JSON, found ${shown(line)}`);
  }
}

function objectsOf(value: unknown, what: string): readonly Foreign[] {
  if (!Array.isArray(value)) {
    throw new ReadingError(`Cannot read ${what}: expected an array, found ${shown(value)}`);
  }
  return value.flatMap((item: unknown, position) => {
    const where = `${what}, entry ${position + 1}`;
    if (!isRecord(item)) {
      throw new ReadingError(`Cannot read ${where}: expected an object, found ${shown(item)}`);
    }
    return isEmpty(item) ? [] : [{ fields: item, where }];
  });
}

function isEmpty(item: Readonly<Record<string, unknown>>): boolean {
  for (const _ in item) return false;
  return true;
}

function shown(value: unknown): string {
  return cut(JSON.stringify(typeof value === "string" ? value.slice(0, longestQuote) : value) ?? "nothing");
}
