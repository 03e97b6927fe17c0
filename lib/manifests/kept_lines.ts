// Which lines of a document that was changed and printed anew are those that somebody wrote? They come back byte by byte.

/** Lines times lines that are compared at most; more than charts have. */
const mostCompared = 9_000_000;

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

/** For each line of `lines` its place among `others`, in order (a longest common subsequence); undefined for new ones. */
function commonLines(lines: readonly string[], others: readonly string[]): readonly (number | undefined)[] {
  const place = Array.from<number | undefined>({ length: lines.length });
  let start = 0;
  while (start < lines.length && start < others.length && lines[start] === others[start]) {
    place[start] = start++;
  }
  let [end, otherEnd] = [lines.length, others.length];
  while (end > start && otherEnd > start && lines[end - 1] === others[otherEnd - 1]) {
    place[--end] = --otherEnd;
  }
  const [rows, columns] = [end - start, otherEnd - start];
  if (rows * columns > mostCompared) return place;
  const width = columns + 1;
  const longest = new Uint32Array((rows + 1) * width);
  const of = (row: number, column: number): number => longest[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      longest[row * width + column] = lines[start + row] === others[start + column]
        ? of(row + 1, column + 1) + 1
        : Math.max(of(row + 1, column), of(row, column + 1));
    }
  }
  for (let [row, column] = [0, 0]; row < rows && column < columns;) {
    if (lines[start + row] === others[start + column]) place[start + row++] = start + column++;
    else if (of(row + 1, column) >= of(row, column + 1)) row++;
    else column++;
  }
  return place;
}
