// What of a foreign text stays the same when it is said again? Ports, ids, counts and dates differ every time, and are no news.

/** Words with a digit in them: numbers, dates, addresses with ports, hexadecimal ids. A status is none: 403 after 500 is news. */
const changing =
  /(\b(?:HTTP|status|code|answered|response|errno|signal)[ :=]+\d{1,4}(?![\w.:-]*\w))|[\w.:-]*\d[\w.:-]*/gi;

/** The text with `#` for every word that may be another one the next time. For comparing, not for people. */
export function steady(text: string): string {
  return text.replace(changing, (_, status?: string) => status ?? "#");
}
