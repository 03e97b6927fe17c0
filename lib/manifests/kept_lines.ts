// Which lines of a document that was changed and printed anew are those that somebody wrote? They come back byte by byte.

/** Lines times lines that are compared in one piece. */
const mostCompared = 250_000;

/**
 * The changed text with the original's lines where nothing changed. `before` is the original printed as `after` is: what
 * differs between those two was changed, what differs between the original and `before` is only how it was written.
 */
export function keptLines(
  { original, before, after }: { readonly original: string; readonly before: string; readonly after: string },
): string {
  const [written, printed, changed] = [original, before, after].map((text) => text.split("\n"));
  if (written === undefined || printed === undefined || changed === undefined) return after;
  const writtenAt = commonLines(printed.map(bare), written.map(bare));
  const changedAt = commonLines(printed, changed);
  const result: string[] = [];
  let [at, from, to] = [0, 0, 0];
  /** What lies before these lines: the original's, unless it was changed. */
  const take = (
    until: number,
    { writtenEnd, changedEnd }: { writtenEnd: number; changedEnd: number },
  ): void => {
    const [old, news] = [printed.slice(at, until), changed.slice(to, changedEnd)];
    // What is new may stand behind or before what was reformatted only.
    const isBehind = old.every((line, index) => line === news[index]);
    const isBefore = old.every((line, index) => line === news[news.length - old.length + index]);
    const kept = written.slice(from, writtenEnd);
    if (isBehind) result.push(...kept, ...news.slice(old.length));
    else if (isBefore) result.push(...news.slice(0, news.length - old.length), ...kept);
    else result.push(...news);
    [at, from, to] = [until, writtenEnd, changedEnd];
  };
  for (const line of printed.keys()) {
    const [writtenLine, changedLine] = [writtenAt[line], changedAt[line]];
    if (writtenLine === undefined || changedLine === undefined) continue;
    take(line, { writtenEnd: writtenLine, changedEnd: changedLine });
    result.push(written[writtenLine] ?? "");
    [at, from, to] = [line + 1, writtenLine + 1, changedLine + 1];
  }
  take(printed.length, { writtenEnd: written.length, changedEnd: changed.length });
  return result.join("\n");
}

/** Without what printing may change: its blanks. */
function bare(line: string): string {
  return line.replaceAll(/\s/g, "");
}

/** For each line of `lines` its place among `others`, in order; undefined for new ones. */
function commonLines(lines: readonly string[], others: readonly string[]): readonly (number | undefined)[] {
  const place = Array.from<number | undefined>({ length: lines.length });
  const match = (all: Part): void => {
    let { start, end, otherStart, otherEnd } = all;
    while (start < end && otherStart < otherEnd && lines[start] === others[otherStart]) {
      place[start++] = otherStart++;
    }
    while (end > start && otherEnd > otherStart && lines[end - 1] === others[otherEnd - 1]) {
      place[--end] = --otherEnd;
    }
    const part = { start, end, otherStart, otherEnd };
    if ((end - start) * (otherEnd - otherStart) <= mostCompared) {
      for (const [line, other] of longestCommon(lines, { others, part })) place[line] = other;
      return;
    }
    const middle = middleOf(lines, { others, part });
    if (middle === undefined) return;
    match({ ...part, end: middle.line, otherEnd: middle.other });
    match({ ...part, start: middle.line, otherStart: middle.other });
  };
  match({ start: 0, end: lines.length, otherStart: 0, otherEnd: others.length });
  return place;
}

/** Lines from `start` to `end` of the one, and from `otherStart` to `otherEnd` of the other. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly otherStart: number;
  readonly otherEnd: number;
}

interface Compared {
  readonly others: readonly string[];
  readonly part: Part;
}

/** Of the lines that both have once, the one next to the middle: what is too long is compared in two pieces. */
function middleOf(
  lines: readonly string[],
  { others, part: { start, end, otherStart, otherEnd } }: Compared,
): { readonly line: number; readonly other: number } | undefined {
  const once = (all: readonly string[], from: number, to: number): ReadonlyMap<string, number> => {
    const places = Map.groupBy(
      Array.from({ length: to - from }, (_, at) => from + at),
      (at) => all[at] ?? "",
    );
    return new Map([...places].flatMap(([line, [at = 0, ...more]]) => more.length === 0 ? [[line, at]] : []));
  };
  const theirs = once(others, otherStart, otherEnd);
  const distance = (line: number): number => Math.abs(line - (start + end) / 2);
  const [best] = [...once(lines, start, end)]
    .flatMap(([text, line]) => {
      const other = theirs.get(text);
      return other === undefined || line === start ? [] : [{ line, other }];
    })
    .sort((a, b) => distance(a.line) - distance(b.line));
  return best;
}

/** Pairs of a longest common subsequence. */
function longestCommon(
  lines: readonly string[],
  { others, part: { start, end, otherStart, otherEnd } }: Compared,
): readonly (readonly [line: number, other: number])[] {
  const [rows, columns] = [end - start, otherEnd - otherStart];
  const width = columns + 1;
  const longest = new Uint32Array((rows + 1) * width);
  const of = (row: number, column: number): number => longest[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      longest[row * width + column] = lines[start + row] === others[otherStart + column]
        ? of(row + 1, column + 1) + 1
        : Math.max(of(row + 1, column), of(row, column + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let [row, column] = [0, 0]; row < rows && column < columns;) {
    if (lines[start + row] === others[otherStart + column]) {
      pairs.push([start + row++, otherStart + column++]);
    } else if (of(row + 1, column) >= of(row, column + 1)) row++;
    else column++;
  }
  return pairs;
}
