// Which objects are in this text of manifests, and where do they stand? What is not changed is given back byte by byte.
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Range,
  Scalar,
  type ScalarTag,
  visit,
  type YAMLMap,
} from "yaml";
import { messageOf } from "../text/defined.ts";
import { isRecord, parseRecord } from "../text/json.ts";
import { quoted } from "../text/quoted.ts";
import { keptLines } from "./kept_lines.ts";

/** One YAML document. */
export interface ManifestDocument {
  /** As it was read, with the line that separates it from the one before. */
  readonly text: string;
  /** 1-based line of its beginning within the whole text. */
  readonly firstLine: number;
  /** For editing. Every value is the text that stands there: `0644` and `yes` are printed as they were written. */
  readonly document: Document;
  readonly faults: readonly { readonly line: number; readonly message: string }[];
  /** The Kubernetes objects in it: itself, or the items of a list. */
  readonly objects: readonly ManifestObject[];
  /** 1-based line of an offset in its text, within the whole text. */
  readonly lineAt: (offset: number) => number;
}

/** One object. */
export interface ManifestObject {
  readonly node: YAMLMap;
  /** The document it stands in: it knows what aliases stand for. */
  readonly document: Document;
  /** Its values; aliases followed. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly kind: string;
  /** `Deployment lab/db`, without namespace where none is written. */
  readonly title: string;
}

/** More than people write by hand or a chart renders; anchors that multiply are refused before that. */
const longestManifest = 32 * 1024 * 1024;

/** How often aliases may multiply: the default of the library, said here since text of others is read. */
const mostAliases = 100;

/** Cuts a text at its `---` lines and reads each part. Throws nothing: what cannot be read is a fault of its document. */
export function readManifests(text: string): readonly ManifestDocument[] {
  if (text.length > longestManifest) {
    const message =
      `Cannot read the manifests: they have ${text.length} characters, expected at most ${longestManifest}`;
    return [{ ...readDocument("", 1), text, faults: [{ line: 1, message }] }];
  }
  const lines = [...text.matchAll(/^---(?=\s|$)/gm)].map(({ index }) => index);
  // Directives (%YAML) belong to the document behind their line.
  const isHead = /^\ufeff?(?:(?:[ \t]*(?:#.*)?|%.*)\r?\n)*%.*\r?\n(?:(?:[ \t]*(?:#.*)?|%.*)\r?\n)*$/.test(
    text.slice(0, lines[0] ?? 0),
  );
  const starts = [0, ...isHead ? lines.slice(1) : lines];
  const parts = [...new Set(starts)].map((start, at, all) => text.slice(start, all[at + 1] ?? text.length));
  let line = 1;
  return parts.map((part) => {
    const read = readDocument(part, line);
    line += part.split("\n").length - 1;
    return read;
  });
}

/** The text of the document as it is now, in the style in which its lists were written. */
export function writtenAgain(source: ManifestDocument): string {
  const { text } = source;
  const indent = indentOfJson(text);
  const written = indent === undefined ? yamlText(source) : jsonText(source, indent);
  const ended = text.endsWith("\n") ? written : written.replace(/\n$/, "");
  return /\r\n/.test(text) && !/[^\r]\n/.test(text) ? ended.replaceAll("\n", "\r\n") : ended;
}

/** How far lines of a JSON document are indented; undefined where it is YAML that is no JSON. */
function indentOfJson(text: string): number | undefined {
  if (!/^\ufeff?\s*\{/.test(text) || parseRecord(text.replace(/^\ufeff/, "")) === undefined) return undefined;
  return /^\ufeff?\s*\{\r?\n( *)"/.exec(text)?.[1]?.length ?? 0;
}

/** JSON stays JSON: who reads it next may know nothing else. */
function jsonText({ document }: ManifestDocument, indent: number): string {
  const value: unknown = parseDocument(document.toString({ lineWidth: 0 }), lenient).toJS();
  return `${JSON.stringify(value, null, indent)}\n`;
}

function yamlText({ text, document }: ManifestDocument): string {
  const original = text.replaceAll("\r\n", "\n");
  const fresh = parsed(text);
  const style = {
    lineWidth: 0,
    indent: indentOf(text, fresh),
    indentSeq: !/^( *)[^\s#-][^\n]*:\s*\n\1- /m.test(text),
    flowCollectionPadding: !/[[{]["\w]/.test(text),
  };
  const after = document.toString(style);
  const kept = keptLines({ original, before: fresh.toString(style), after });
  // Lines of two styles beside each other may say something else.
  return isSameValue(kept, after) ? kept : after;
}

function isSameValue(one: string, other: string): boolean {
  const [a, b] = [parsed(one), parsed(other)];
  return a.errors.length === 0 && JSON.stringify(a.toJS()) === JSON.stringify(b.toJS());
}

/** How far most maps stand behind the key that they belong to. */
function indentOf(text: string, document: Document): number {
  const column = (node: { readonly range?: Range | null | undefined }): number => {
    const offset = node.range?.[0] ?? 0;
    return offset - text.lastIndexOf("\n", offset - 1) - 1;
  };
  const counts = new Map<number, number>();
  visit(document, {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || !isMap(value) || value.flow) return;
      const by = column(value) - column(key);
      if (by > 0 && by <= 8) counts.set(by, (counts.get(by) ?? 0) + 1);
    },
  });
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? 2;
}

/** A node for a value, written so that everybody reads the same value. */
export function nodeOf(value: unknown, document: Document): unknown {
  return document.createNode(written(value));
}

function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, written(one)]));
  }
  return typeof value === "string" ? textNode(value) : new Scalar(String(value));
}

/** A text, quoted where it could be read as something else. */
export function textNode(value: string): Scalar {
  const scalar = new Scalar(value);
  const isAmbiguous = /^(true|false|yes|no|on|off|y|n|null|~|[-+.\d].*)?$/i.test(value);
  if (isAmbiguous) scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

/** Only what is empty is null: everything else is text in its own words. */
const emptyTag: ScalarTag = {
  identify: (value) => value === null,
  default: true,
  tag: "tag:yaml.org,2002:null",
  test: /^$/,
  resolve: () => new Scalar(null),
  stringify: () => "",
};

/** Charts that are in use write `ports:` twice. Helm, kubectl and we take the last then. */
export const lenient = { logLevel: "error", uniqueKeys: false } as const;

/** But of these: what is read of one would be written into the other. */
const ways = new Set([
  ...["kind", "metadata", "annotations", "labels", "spec", "template", "jobTemplate", "items", "data"],
  ...["initContainers", "containers"],
]);

/** For editing: every value is a text. */
function parsed(text: string, lineCounter = new LineCounter()): Document {
  return parseDocument(text, { lineCounter, schema: "failsafe", customTags: [emptyTag], ...lenient });
}

function readDocument(text: string, firstLine: number): ManifestDocument {
  const lines = new LineCounter();
  const document = parsed(text, lines);
  const lineAt = (offset: number): number => firstLine + Math.max(0, lines.linePos(offset).line - 1);
  const faults = document.errors.map(({ pos, message }) => ({
    line: lineAt(pos[0]),
    message: `Cannot read the YAML: ${message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "")}`,
  }));
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key) || typeof key.value !== "string") continue;
        if (seen.has(key.value) && ways.has(key.value)) {
          const message = `Cannot read the YAML: the key ${quoted(key.value)} stands twice in one map`;
          faults.push({ line: lineAt(key.range?.[0] ?? 0), message });
        }
        seen.add(key.value);
      }
    },
    Pair: (_, { key }) => {
      if (!isMap(key) && !isSeq(key)) return;
      const message = "Cannot read the YAML: a list or map stands for a key; a chart must be rendered first";
      faults.push({ line: lineAt(key.range?.[0] ?? 0), message });
    },
  });
  const base = { text, firstLine, document, lineAt };
  if (faults.length > 0 || !isMap(document.contents)) return { ...base, faults, objects: [] };
  try {
    const value: unknown = parseDocument(text, { ...lenient, merge: true }).toJS({
      maxAliasCount: mostAliases,
    });
    return { ...base, faults, objects: objectsIn(document.contents, { value, document }) };
  } catch (error) {
    const message = `Cannot read the YAML: ${messageOf(error)}`;
    return { ...base, faults: [{ line: firstLine, message }], objects: [] };
  }
}

function objectsIn(
  node: YAMLMap,
  { value, document }: { readonly value: unknown; readonly document: Document },
): readonly ManifestObject[] {
  if (!isRecord(value)) return [];
  const items = node.get("items", true);
  if (String(value.kind ?? "").endsWith("List") && isSeq(items)) {
    const values: readonly unknown[] = Array.isArray(value.items) ? value.items : [];
    return items.items.flatMap((item, at) =>
      isMap(item) ? objectsIn(item, { value: withKind(values[at], value), document }) : []
    );
  }
  return [{ node, document, value, kind: String(value.kind ?? ""), title: titleOf(value) }];
}

/** What the API server gives as a PodList leaves the kind of its items out. */
function withKind(item: unknown, list: Readonly<Record<string, unknown>>): unknown {
  const [, kind] = /^(.+)List$/.exec(String(list["kind"])) ?? [];
  return isRecord(item) && item["kind"] === undefined && kind !== undefined ? { ...item, kind } : item;
}

function titleOf({ kind, metadata }: Readonly<Record<string, unknown>>): string {
  const { namespace, name, generateName } = isRecord(metadata) ? metadata : {};
  const parts = [namespace, name ?? generateName].filter((part) => typeof part === "string");
  const whole = `${typeof kind === "string" ? kind : "object"} ${parts.join("/") || "without a name"}`;
  return /^[A-Za-z0-9 ./-]+$/.test(whole) ? whole : quoted(whole);
}
