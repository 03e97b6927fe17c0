// How a list is printed: as a table, with more columns, as names, or as a value that programs read.
import { stringify } from "yaml";
import { printable } from "../../text/printable.ts";
import { textTable } from "./text_table.ts";
import type { ListFormat } from "./view_options.ts";

/** One row: what a table shows of it, what only a wide one does, and what programs get. */
export interface ListRow {
  /** The same as long as it is the same thing. */
  readonly key: string;
  /** As `-o name` prints it: `pod/a`. */
  readonly name: string;
  /** What a prefix is compared with; default: what stands behind the slash of `name`. */
  readonly names?: readonly string[];
  readonly cells: readonly string[];
  readonly wide: readonly string[];
  readonly value: object;
}

/** A list of one kind. */
export interface List {
  /** `MemberList`: the kind that programs read. */
  readonly kind: string;
  readonly head: readonly string[];
  readonly wideHead: readonly string[];
  readonly rows: readonly ListRow[];
  /** Said under a table. */
  readonly hints?: readonly string[];
}

/** Version of what `-o json` and `-o yaml` print; a field may be added, none changes its meaning. */
export const outputVersion = "vxlan.travelping.com/v1";

/** The lines of a list. Text of others is made harmless in each format. */
export function listLines(
  { kind, head, wideHead, rows, hints = [] }: List,
  { output, noHeaders }: { readonly output: ListFormat; readonly noHeaders: boolean },
): readonly string[] {
  switch (output) {
    case "json":
    case "yaml":
      return [valueText({ apiVersion: outputVersion, kind, items: rows.map(({ value }) => value) }, output)];
    case "name":
      return rows.map(({ name }) => printable(name));
    case "table":
    case "wide": {
      const isWide = output === "wide";
      const heads = [...head, ...isWide ? wideHead : []];
      const table = textTable(heads, rows.map(({ cells, wide }) => [...cells, ...isWide ? wide : []]));
      return [...noHeaders ? table.slice(1) : table, ...hints.map(printable)];
    }
    default:
      return output satisfies never;
  }
}

/** As JSON or YAML. Both escape what steers a terminal. */
export function valueText(value: object, format: "json" | "yaml"): string {
  return format === "json"
    ? escaped(JSON.stringify(value, null, 2))
    : stringify(JSON.parse(escaped(JSON.stringify(value))), { lineWidth: 0 }).trimEnd();
}

/** The same as one of several: a line of JSON, or a document of YAML. */
export function documentText(value: object, format: "json" | "yaml"): string {
  return format === "json" ? escaped(JSON.stringify(value)) : `---\n${valueText(value, format)}`;
}

/** JSON leaves C1 controls and characters that turn the direction as they are. */
function escaped(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu,
    (sign) =>
      [...Array(sign.length).keys()].map((at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`)
        .join(""),
  );
}
