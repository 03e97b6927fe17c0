// What of a foreign text stays the same when it is said again? Ports, ids, counts and dates differ every time, and are no news.

/** A word, and what tells that it is a status, if anything. Each character is looked at a fixed number of times. */
const words =
  /((?:\b(?:HTTP(?:\/[\d.]+)?|status|code|statusCode|answered|response|refused|errno|error|exit|exited with|rc|signal|got|received|returned|failed with)["):=( ]+)+)?([\w.:-]+)/gi;
/** A status is no number that changes by itself: 403 after 500 is news. Nor is a short name: eth0, IPv6. */
const status = /^-?\d{1,4}[.:-]*$/;
/** What may be of a status or of a count: "got 503", "got 12 lines". */
const vague = /^(?:(?:got|received|returned|failed with)[^a-z]+)+$/i;
const httpError = /^[45]\d\d[.:-]*$/;
const shortName = /^[a-z]{1,8}\d{1,2}[.:-]*$/i;

/** The text with `#` for every word that may be another one the next time. For comparing, not for people. */
export function steady(text: string): string {
  return text.replace(words, (whole, before: string | undefined, word: string) => {
    const known = before !== undefined && vague.test(before) ? httpError : status;
    const stays = !/\d/.test(word) || shortName.test(word) || (before !== undefined && known.test(word));
    return stays ? whole : `${before ?? ""}#`;
  });
}
