// Which pod does a word on the command line name?

/** The word before a name, as kubectl takes it. */
export const podWords: ReadonlySet<string> = new Set(["pod", "pods", "po"]);

/** NAME, pod/NAME or NAMESPACE/NAME; undefined where it is none of them. */
export function readPodName(
  text: string,
): { readonly namespace?: string; readonly name: string } | undefined {
  const [first = "", second, ...more] = text.split("/");
  const name = second ?? first;
  if (name === "" || first === "" || more.length > 0) return undefined;
  return second === undefined || podWords.has(first) ? { name } : { namespace: first, name };
}

/** Said where it is none. */
export const expectedPodName = "expected NAME, pod/NAME or NAMESPACE/NAME";
