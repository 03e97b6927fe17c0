// What of a foreign text stays the same when it is said again? Ports, ids, counts and dates differ every time, and are no news.

/** A word, and what tells that it is a status, if anything. Each character is looked at a fixed number of times. */
const words =
  /((?:\b(?:HTTP(?:\/[\d.]+)?|status|code|statusCode|answered|response|refused|errno|error|exit|exited with|rc|signal)["):=( ]+)+)?([\w.:-]+)/gi;
/** A status is no number that changes by itself: 403 after 500 is news. Nor is a short name: eth0, IPv6. */
const status = /^-?\d{1,4}[.:-]*$/;
const shortName = /^[a-z]{1,8}\d{1,2}[.:-]*$/i;

/** The text with `#` for every word that may be another one the next time. For comparing, not for people. */
export function steady(text: string): string {
  return text.replace(words, (whole, before: string | undefined, word: string) => {
    const stays = !/\d/.test(word) || shortName.test(word) || (before !== undefined && status.test(word));
    return stays ? whole : `${before ?? ""}#`;
  });
}
