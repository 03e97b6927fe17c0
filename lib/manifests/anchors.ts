// What stands in several places by an anchor: how is it changed in one of them only?
import { type Document, isAlias, isNode, type Node, visit, type YAMLMap } from "yaml";

/**
 * The node at a key, to be changed: one that is only named there (an alias) becomes a copy, and one that others name is
 * copied to them first. So a label for pods does not get into the selector that has the same labels.
 */
export function ownNode(
  map: YAMLMap,
  { key, document }: { readonly key: string; readonly document: Document },
): unknown {
  const found = map.get(key, true);
  if (isAlias(found)) {
    const copy = copyOf(found.resolve(document));
    if (copy !== undefined) map.set(key, copy);
    return copy;
  }
  const { anchor } = isNode(found) ? found as { readonly anchor?: string } : {};
  if (anchor === undefined) return found;
  visit(document, {
    Alias: (_, alias) =>
      alias.source === anchor && alias.resolve(document) === found ? copyOf(found) : undefined,
  });
  Reflect.deleteProperty(Object(found), "anchor");
  return found;
}

/** Without anchors of its own: those stand in the original. */
function copyOf(node: unknown): Node | undefined {
  if (!isNode(node)) return undefined;
  const copy = node.clone() as Node;
  visit(copy, { Node: (_, inner) => void Reflect.deleteProperty(inner, "anchor") });
  return copy;
}
