// How does a text fall into lines, entries and words, before anything is said about what they mean.

/** A word of the annotation, and where it stands. */
export interface Word {
  readonly text: string;
  /** 1-based. */
  readonly line: number;
  /** True on a line that goes on with an entry of the lines above. */
  readonly indented: boolean;
}

/**
 * The words of each entry, name first; entries without words are left out.
 *
 * A comma and a line begin an entry. The first line that is not blank sets the indentation: a line indented deeper
 * goes on with the entry before it, which is an empty one when the line above ended in a comma.
 */
export function splitEntries(text: string): readonly (readonly Word[])[] {
  const entries: Word[][] = [];
  let base: number | undefined;
  for (const [at, line] of splitLines(text).entries()) {
    if (isBlank(line)) continue;
    base ??= indentationOf(line);
    const indented = indentationOf(line) > base;
    if (!indented || entries.length === 0) entries.push([]);
    for (const [part, piece] of line.split(betweenEntries).entries()) {
      if (part > 0) entries.push([]);
      const words = splitWords(piece).map((word) => ({
        text: word,
        line: at + 1,
        indented: indented && part === 0,
      }));
      entries.at(-1)?.push(...words);
    }
  }
  return entries.filter((words) => words.length > 0);
}

/**
 * A comma; not one within `except=SUBNET,SUBNET`, for no network is called like a subnet. Where no subnet follows, nothing
 * else is looked at: looking back costs a thousand steps.
 */
const betweenEntries = /,(?:(?![0-9A-Fa-f:.]+\/[0-9])|(?<!(?:^|[ \t,])except=[0-9A-Fa-f:.,/]{0,1024},))/;

/** Lines end as on Unix, Windows or an old Macintosh. */
export function splitLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/);
}

/** Only space and tab are blanks: any other space would be invisible in a name, so it is an error there. */
export function splitWords(text: string): readonly string[] {
  return text.split(/[ \t]+/).filter((word) => word !== "");
}

function isBlank(line: string): boolean {
  return splitWords(line).length === 0;
}

/** Columns of the leading blanks, with a tab stop at every eighth as terminals have them. */
function indentationOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character !== " " && character !== "\t") break;
    columns = character === " " ? columns + 1 : columns + 8 - columns % 8;
  }
  return columns;
}
