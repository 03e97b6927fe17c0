// How the program speaks: one line per event, for people (text) or machines (JSON), foreign text made harmless.

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
  error(message: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log;
}
