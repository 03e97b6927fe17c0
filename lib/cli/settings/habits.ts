// How do people write flags who know kubectl? `-o=json`, `--watch=true`, flags before the command: brought into one form. Pure.
import { flagOf, type OptionRow, type OptionTable } from "./options.ts";

/** What of a command counts here. */
interface Named {
  readonly name: string;
  readonly options: OptionTable;
}

/** Arguments as the parser reads them, and what switches were given as a text. */
export interface ReadHabits {
  readonly args: readonly string[];
  /** By key: the text behind `=`. */
  readonly switches: ReadonlyMap<string, string>;
}

/** What stands behind `--` stays as it is. */
export function readHabits(given: readonly string[], commands: readonly Named[]): ReadHabits {
  const end = given.includes("--") ? given.indexOf("--") : given.length;
  const words = given.slice(0, end);
  const at = commandAt(words, commands);
  const options = commands.find(({ name }) => name === words[at])?.options;
  if (options === undefined) return { args: given, switches: new Map() };
  const switches = new Map<string, string>();
  const args = [...words.slice(0, at), ...words.slice(at + 1)].flatMap((word) => {
    const [, flag = "", text = ""] = /^(-[A-Za-z]|--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    const [key, row] = rowOf(flag, options) ?? [];
    if (key === undefined || row === undefined) return [word];
    if (row.value !== undefined) return flag.startsWith("--") ? [word] : [flag, text];
    switches.set(key, text);
    return [];
  });
  return { args: [words[at] ?? "", ...args, ...given.slice(end)], switches };
}

/** Where the command is named: the first word that is neither a flag nor the value of one. */
function commandAt(words: readonly string[], commands: readonly Named[]): number {
  return words.findIndex((word, at) => {
    const before = words[at - 1] ?? "";
    return !word.startsWith("-") &&
      !commands.some(({ options }) => rowOf(before, options)?.[1].value !== undefined);
  });
}

/** The setting that a flag names, without its value. */
export function rowOf(flag: string, options: OptionTable): readonly [string, OptionRow] | undefined {
  return Object.entries(options).find(([key, { short }]) =>
    flag === `--${flagOf(key)}` || (short !== undefined && flag === `-${short}`)
  );
}
