// Where in a text of manifests does something stand: a map, a key, a text, and the lines of a text? Aliases are followed.
import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from "yaml";
import { lenient, type ManifestDocument, type ManifestObject } from "./documents.ts";

/**
 * A text within a map: its value, and the line (within the whole text) of a line of it. What is written in several lines may
 * be one line of the value: then it is the first that has the token.
 */
export interface PlacedText {
  readonly value: string;
  readonly lineOf: (line: number | undefined, token?: string) => number;
}

/** The entry of a map by its key, with its line. Undefined when there is none, or it is no text. */
export function placedText(
  map: YAMLMap | undefined,
  { key, source }: { readonly key: string; readonly source: ManifestDocument },
): PlacedText | undefined {
  const scalar = followed(pairOf(map, { key, document: source.document })?.value, source.document);
  if (!isScalar(scalar) || typeof scalar.value !== "string") return undefined;
  const { value } = scalar;
  const [start = 0, end = start] = scalar.range ?? [];
  const first = source.lineAt(start);
  switch (scalar.type) {
    case "BLOCK_LITERAL":
      return { value, lineOf: (line) => first + (line ?? 1) };
    case "BLOCK_FOLDED":
      return {
        value,
        lineOf: (line, token) => {
          const block = source.text.slice(start, end);
          const from = foldedLine(block, line ?? 1);
          return first + from + linesBefore(block.split("\n").slice(from), token);
        },
      };
    default: {
      const lines = source.text.slice(start, end).split("\n");
      return { value, lineOf: (_, token) => first + linesBefore(lines, token) };
    }
  }
}

/** How many lines stand before the first one that has the token; 0 where none has it. */
function linesBefore(lines: readonly string[], token = ""): number {
  return Math.max(0, lines.findIndex((line) => line.includes(token)));
}

/** In which line of a folded block (1: the one behind its head) the line of its value begins. */
function foldedLine(block: string, line: number): number {
  const lines = block.split("\n");
  const reaches = (count: number): boolean => {
    const value: unknown = parseDocument(lines.slice(0, count + 1).join("\n"), lenient).toJS();
    return String(value).trimEnd().split("\n").length >= line;
  };
  let [low, high] = [1, Math.max(1, lines.length - 1)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** 1-based line of a map's key within the whole text; undefined where it has none. */
export function lineOfKey(
  map: YAMLMap | undefined,
  { key, source }: { readonly key: string; readonly source: ManifestDocument },
): number | undefined {
  const found = pairOf(map, { key, document: source.document })?.key;
  return isScalar(found) ? source.lineAt(found.range?.[0] ?? 0) : undefined;
}

/** Its own one, else that of a map that is merged into it (<<). */
function pairOf(
  map: YAMLMap | undefined,
  { key, document }: { readonly key: string; readonly document: Document },
): Pair | undefined {
  const named = (name: string): Pair | undefined =>
    map?.items.find((item) => isScalar(item.key) && item.key.value === name);
  const merged = followed(named("<<")?.value, document);
  const all = isSeq(merged) ? merged.items.map((one) => followed(one, document)) : [merged];
  return named(key) ?? all.filter(isMap).map((one) => pairOf(one, { key, document })).find(Boolean);
}

/** A map within a map; aliases followed. */
export function mapIn(
  { node, document }: Pick<ManifestObject, "node" | "document">,
  ...keys: readonly string[]
): YAMLMap | undefined {
  let at: unknown = node;
  for (const key of keys) at = isMap(at) ? followed(at.get(key, true), document) : undefined;
  return isMap(at) ? at : undefined;
}

function followed(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}
