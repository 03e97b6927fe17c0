// Which texts are kept once, however many objects have them? Those that thousands of pods share.

/** Texts that are remembered; the one that was not met for longest goes first. */
const most = 1_000;
/** Characters of the longest that is: how much is remembered must not be for others to choose. */
const longest = 256;

const met = new Map<string, string>();

/** The same text, as it was met before: of ten thousand pods with one image its name is kept once. */
export function interned(text: string): string {
  if (text.length > longest) return text;
  const first = met.get(text) ?? text;
  met.delete(text);
  met.set(first, first);
  if (met.size > most) { for (const oldest of met.keys().take(1)) met.delete(oldest); }
  return first;
}
