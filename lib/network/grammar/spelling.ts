// Which option was probably meant by a word that is none?
import { type OptionName, optionTable } from "./option_table.ts";

/** All of them, in the order of the table. */
export const optionNames = Object.keys(optionTable) as readonly OptionName[];

const synonyms: ReadonlyMap<string, OptionName> = new Map(
  optionNames.flatMap((name) => optionTable[name].synonyms.map((word) => [word, name] as const)),
);

/** The option called so, exactly. */
export function optionNamed(text: string): OptionName | undefined {
  return optionNames.find((name) => name === text);
}

/** The option that was probably meant, when it is obvious: another word for it, or one letter off. */
export function similarOption(text: string): OptionName | undefined {
  const word = text.toLowerCase().replaceAll("_", "-");
  const meant = optionNamed(word) ?? synonyms.get(word);
  return meant ??
    optionNames.find((name) => name.length > 2 ? isOneEditAway(word, name) : isBarely(word, name));
}

/** Of two letters, half of all words are one edit away: a letter too many, or both swapped. */
function isBarely(word: string, name: string): boolean {
  const isLonger = word.length === 3 && (word.startsWith(name) || word.endsWith(name));
  return isLonger || word === [...name].reverse().join("");
}

/** One letter too many, too few, other or swapped with its neighbour. */
export function isOneEditAway(word: string, name: string): boolean {
  if (Math.abs(word.length - name.length) > 1) return false;
  let start = 0;
  while (start < word.length && word[start] === name[start]) start++;
  const rests = [
    [word.slice(start + 1), name.slice(start + 1)],
    [word.slice(start + 1), name.slice(start)],
    [word.slice(start), name.slice(start + 1)],
  ];
  if (rests.some(([left, right]) => left === right)) return true;
  const isSwapped = word[start] === name[start + 1] && word[start + 1] === name[start];
  return isSwapped && word.slice(start + 2) === name.slice(start + 2);
}
