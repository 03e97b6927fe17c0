// How many members fail, and how many entries are missing: counted from the last report of each.
import type { PodReport } from "./report.ts";

/** The part of a pod's record in which its last report stands, as far as it is counted. */
export interface Counted {
  counted?: { readonly isFailing: boolean; readonly missing: number } | undefined;
}

/** Notes a report. Without a look at the kernel the last one counts. */
export function count(record: Counted, { state, entriesMissing }: PodReport): void {
  const missing = entriesMissing ?? record.counted?.missing ?? 0;
  record.counted = { isFailing: state.kind === "failing", missing };
}

export interface Totals {
  readonly membersFailing: number;
  readonly entriesMissing: number;
}

/** Of all of them. */
export function totals(records: Iterable<Counted>): Totals {
  let [membersFailing, entriesMissing] = [0, 0];
  for (const { counted } of records) {
    if (counted?.isFailing) membersFailing++;
    entriesMissing += counted?.missing ?? 0;
  }
  return { membersFailing, entriesMissing };
}
