// How do the reasons get into what kustomize builds, which drops comments? The files it was built from are written once
// more, with the values that it gave.
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { keyOf, type KubeObject } from "./kustomize.ts";

/**
 * YAML of the objects that kustomize built, in the order and with the comments of the source files. Objects are found
 * again by kind and name. Throws when a built object is in no source: it would be lost.
 */
export function withReasons(
  built: readonly KubeObject[],
  sources: readonly string[],
): string {
  const left = new Map(built.map((object) => [nameOf(object), object]));
  const texts: string[] = [];
  for (const document of sources.flatMap((source) => parseAllDocuments(source))) {
    const name = nameOf(document.toJS());
    const object = left.get(name);
    if (object === undefined) continue;
    left.delete(name);
    takeOver(document, { at: document.contents, value: object });
    texts.push(textOf(document));
  }
  const [lost] = left.values();
  if (lost !== undefined) throw new Error(`Cannot write ${keyOf(lost)}: no source file has it`);
  return texts.join("---\n");
}

/** As the sources are written: lists not indented, blanks within braces, none within brackets. */
function textOf(document: Document): string {
  const text = document.toString({ lineWidth: 0, indentSeq: false });
  return text.replace(/^---\n/, "").replaceAll(/\[ (.*?) \]/g, "[$1]");
}

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name}`;
}

interface Place {
  readonly at: unknown;
  readonly value: unknown;
}

/** Makes the node hold the value, and touches nothing that holds it already. */
function takeOver(document: Document, { at, value }: Place): void {
  if (isMap(at) && isRecord(value)) takeOverMap(document, { at, value });
  else if (isSeq(at) && Array.isArray(value)) takeOverList(document, { at, value });
  else if (isScalar(at) && !isRecord(value) && !Array.isArray(value)) at.value = value;
  else throw new Error(`Cannot write ${JSON.stringify(value)} where the source has another kind of value`);
}

function takeOverMap(
  document: Document,
  { at, value }: { readonly at: YAMLMap; readonly value: Readonly<Record<string, unknown>> },
): void {
  for (const key of Object.keys(at.toJSON())) if (!(key in value)) at.delete(key);
  for (const [key, one] of Object.entries(value)) {
    const node = at.get(key, true);
    if (node === undefined) at.set(key, document.createNode(one));
    else takeOver(document, { at: node, value: one });
  }
}

function takeOverList(
  document: Document,
  { at, value }: { readonly at: YAMLSeq; readonly value: readonly unknown[] },
): void {
  at.items.splice(value.length);
  for (const [index, one] of value.entries()) {
    const node = at.items[index];
    if (isNode(node)) takeOver(document, { at: node, value: one });
    else at.items.push(document.createNode(one));
  }
}

function isNode(value: unknown): value is Node {
  return isMap(value) || isSeq(value) || isScalar(value) || isAlias(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
