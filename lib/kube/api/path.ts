// Where does the API server have things? Of one namespace, or of all.

/** The part of a path that names the namespace: `/namespaces/NAME`, or nothing for all. */
export function inNamespace(namespace: string | undefined): string {
  return namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
}

/** Which places are to be asked one by one: these namespaces, or, where none is named, all at once. */
export function namespacesOrAll(namespaces: readonly string[]): readonly (string | undefined)[] {
  return namespaces.length === 0 ? [undefined] : namespaces;
}
