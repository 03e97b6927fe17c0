// How the program speaks: one line per event, for people (text) or machines (JSON), foreign text made harmless.
import type { Clock } from "../time/clock.ts";
import { printable } from "../text/printable.ts";

/** From the most to the least talkative. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof logLevels[number];

export const logFormats = ["text", "json"] as const;
export type LogFormat = typeof logFormats[number];

/** What a line is about: `member` ("namespace/name") on every line that concerns one, then whatever helps. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes lines. The message is a sentence of ours; text from elsewhere goes into it quoted, or into fields. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
}

/** Where lines go and which. */
export interface LogOptions {
  /** Lines below this level are dropped. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes one line, without a line end. */
  readonly write: (line: string) => void;
  readonly clock: Pick<Clock, "wall">;
  /** Told of every line written, for the metrics. */
  readonly onLine?: (level: LogLevel) => void;
}

/**
 * A log that writes text (`2026-11-23T09:15:16.123Z INFO  message  member=default/a network=west`) or JSON (one
 * object a line: time, level, message, then the fields). In both, secrets are redacted and harmful characters
 * are written as `\u{…}`.
 */
export function createLog(options: LogOptions): Log {
  const line = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (logLevels.indexOf(level) < logLevels.indexOf(options.level)) return;
    const entry: Entry = { time: options.clock.wall(), level, message, fields };
    options.write(options.format === "json" ? jsonLine(entry) : textLine(entry));
    options.onLine?.(level);
  };
  return {
    debug: (message, fields) => line("debug", message, fields),
    info: (message, fields) => line("info", message, fields),
    warn: (message, fields) => line("warn", message, fields),
  };
}

interface Entry {
  readonly time: Date;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

function textLine({ time, level, message, fields }: Entry): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${printable(key)}=${textValue(String(value))}`);
  const head = `${time.toISOString()} ${level.toUpperCase().padEnd(5)} ${printable(message)}`;
  return pairs.length === 0 ? head : `${head}  ${pairs.join(" ")}`;
}

/** A backslash of the text itself is quoted too, so that an escape of ours cannot be imitated. */
function textValue(value: string): string {
  if (value !== "" && !/[\s"'=\\]/.test(value)) return printable(value);
  return `"${printable(value.replaceAll("\\", "\\\\").replaceAll('"', '\\"'))}"`;
}

function jsonLine({ time, level, message, fields }: Entry): string {
  const object: Record<string, string | number | boolean> = {
    time: time.toISOString(),
    level,
    message: printable(message),
  };
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) object[freeKey(printable(key), object)] = jsonValue(value);
  }
  return JSON.stringify(object);
}

/** A field never hides the time, the level or the message. */
function freeKey(key: string, taken: Readonly<Record<string, unknown>>): string {
  return Object.hasOwn(taken, key) ? freeKey(`${key}_`, taken) : key;
}

function jsonValue(value: string | number | boolean): string | number | boolean {
  if (typeof value === "string") return printable(value);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
