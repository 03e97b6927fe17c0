// How does foreign text appear in a sentence: quoted, cut, and unable to play tricks on the terminal that shows it.

/** UTF-16 units of foreign text that a message shows at most. */
export const longestQuote = 80;

/** Cuts text to `longest` UTF-16 units; an ellipsis marks the cut. */
export function cut(text: string, longest: number = longestQuote): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

/**
 * Foreign text in quotes, cut, as JSON would write it. Beyond JSON, every control, format, private and unassigned
 * character and every space but U+0020 is escaped: C1 bytes drive terminals, bidi marks reorder what people read,
 * and a no-break space inside a name is a mistake that only an escape makes visible.
 */
export function quoted(text: string): string {
  return JSON.stringify(cut(text)).replace(/(?! )[\p{C}\p{Z}]/gu, escaped);
}

/** Names that a list in a sentence shows at most. */
export const longestList = 10;

/** Foreign names as a list for a sentence: the first ten, quoted, and how many more there are; empty for none. */
export function listed(names: readonly string[]): string {
  const more = names.length - longestList;
  const shown = names.slice(0, longestList).map(quoted).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** Foreign text that is normally harmless (a pod's name): as it is when it is, otherwise quoted. */
export function plain(text: string): string {
  return /^[A-Za-z0-9._/-]+$/.test(text) ? text : quoted(text);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
