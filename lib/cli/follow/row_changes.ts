// Which rows of a list have changed since they were printed last, and how they are printed: as `kubectl get -w` does.
import { printable } from "../../text/printable.ts";
import { documentText, type List, type ListRow, outputVersion } from "../show/print_list.ts";
import { tableWith } from "../show/text_table.ts";
import type { ListFormat } from "../show/view_options.ts";

/** What stands in these columns of a row that is gone. */
const whenGone: Readonly<Record<string, string>> = { READY: "-", REASON: "Gone", PODS: "-", STATE: "gone" };

/** Remembers what was printed. */
export class RowChanges {
  readonly #output: ListFormat;
  #needsHead: boolean;
  #widths: readonly number[] = [];
  #printed = new Map<string, { readonly row: ListRow; readonly seen: string }>();

  constructor({ output, noHeaders }: { readonly output: ListFormat; readonly noHeaders: boolean }) {
    this.#output = output;
    this.#needsHead = !noHeaders;
  }

  /** Lines of the rows that are new, other than they were, or gone. */
  linesOf(list: List): readonly string[] {
    const now = new Map(list.rows.map((row) => [row.key, { row, seen: this.#seen(row, list) }]));
    const gone = [...this.#printed].flatMap(([key, { row }]) => now.has(key) ? [] : [goneRow(row, list)]);
    const changed = [...now].flatMap(([key, { row, seen }]) =>
      this.#printed.get(key)?.seen === seen ? [] : [{ row, isGone: false }]
    );
    this.#printed = now;
    return this.#print([...gone, ...changed], list);
  }

  /** What counts as a change: all that is printed but the age, which changes by itself. */
  #seen({ name, cells, wide, value }: ListRow, { head }: List): string {
    if (this.#output === "name") return name;
    if (this.#output === "json" || this.#output === "yaml") return JSON.stringify(value);
    const lasting = cells.filter((_, at) => head[at] !== "AGE");
    return JSON.stringify([...lasting, ...this.#output === "wide" ? wide : []]);
  }

  #print(
    rows: readonly { readonly row: ListRow; readonly isGone: boolean }[],
    { kind, head, wideHead }: List,
  ): readonly string[] {
    if (rows.length === 0) return [];
    const output = this.#output;
    switch (output) {
      case "name":
        return rows.map(({ row }) => printable(row.name));
      case "json":
      case "yaml":
        return rows.map(({ row, isGone }) => {
          const value = { apiVersion: outputVersion, kind: kind.replace(/List$/, ""), ...row.value };
          return documentText(isGone ? { ...value, gone: true } : value, output);
        });
      case "table":
      case "wide": {
        const isWide = output === "wide";
        const heads = [...head, ...isWide ? wideHead : []];
        const cells = rows.map(({ row }) => [...row.cells, ...isWide ? row.wide : []]);
        const { lines, widths } = tableWith({ head: heads, rows: cells, widths: this.#widths });
        this.#widths = widths;
        const shown = this.#needsHead ? lines : lines.slice(1);
        this.#needsHead = false;
        return shown;
      }
      default:
        return output satisfies never;
    }
  }
}

function goneRow(row: ListRow, { head }: List): { readonly row: ListRow; readonly isGone: boolean } {
  const cells = row.cells.map((cell, at) => whenGone[head[at] ?? ""] ?? cell);
  return { row: { ...row, cells }, isGone: true };
}
