// Which of many names is one letter away from a word? What may have been meant is looked up: going through all names for
// each of a thousand words costs minutes.

/** Names with one letter more, less or other than the word, or with two neighbours swapped; `names` are sorted as by `sort`. */
export function similarNames(word: string, names: readonly string[]): readonly string[] {
  const found = new Set(
    [...oneEditAway(word, names)].filter((meant) => names[placeOf(meant, names)] === meant),
  );
  found.delete(word);
  return [...found].sort();
}

/** Only letters with which a name goes on at that place are tried. */
function* oneEditAway(word: string, names: readonly string[]): Generator<string, void> {
  for (let at = 0; at <= word.length; at++) {
    const [head, rest] = [word.slice(0, at), word.slice(at)];
    if (names[placeOf(head, names)]?.startsWith(head) !== true) return;
    yield head + rest.slice(1);
    yield head + rest.charAt(1) + rest.charAt(0) + rest.slice(2);
    for (const letter of lettersAfter(head, names)) {
      yield head + letter + rest;
      yield head + letter + rest.slice(1);
    }
  }
}

function* lettersAfter(head: string, names: readonly string[]): Generator<string, void> {
  let at = placeOf(head, names);
  // The name that is the head goes before all that begin with it.
  if (names[at] === head) at++;
  for (let name = names[at]; name?.startsWith(head); name = names[at]) {
    const letter = name.charAt(head.length);
    yield letter;
    at = placeOf(`${head}${letter}\u{ffff}`, names);
  }
}

/** Where the text is in the list, or would be. */
function placeOf(text: string, names: readonly string[]): number {
  let [from, to] = [0, names.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((names[middle] ?? "") < text) from = middle + 1;
    else to = middle;
  }
  return from;
}
