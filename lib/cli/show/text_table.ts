// How does a table look in a terminal?
import { printable } from "../../text/printable.ts";

/** Lines with columns as wide as their widest cell and three blanks between; foreign text made harmless. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return tableWith({ head, rows, widths: [] }).lines;
}

/** The same with columns at least so wide, for rows that come later; tells how wide they have become. */
export function tableWith(
  { head, rows, widths: least }: {
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly widths: readonly number[];
  },
): { readonly lines: readonly string[]; readonly widths: readonly number[] } {
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) =>
    all.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), least[column] ?? 0)
  );
  const lines = all.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ").trimEnd()
  );
  return { lines, widths };
}
