// A pod without the networks annotation: which other key of it was probably meant?
import type { V1Pod } from "@kubernetes/client-node";
import { isOneEditAway } from "../network/grammar/spelling.ts";
import { conditionType, domainOf, statusAnnotation } from "./current_status.ts";

/** Multus reads an annotation of the same name, which is no mistake. */
const knownKeys: ReadonlySet<string> = new Set(["k8s.v1.cni.cncf.io/networks"]);

/**
 * Another version's key, another domain's, or a slip: in our domain, of our name, about VXLAN, a letter wrong in each part,
 * or the very key, of a label. One in whose domain the pod shows a condition or a state of networks is read by another
 * controller, and no slip.
 */
export function misnamedKey(
  { metadata, status }: V1Pod,
  annotationKey: string,
): { readonly misnamed?: string; readonly ofOther?: true } {
  if (metadata?.labels?.[annotationKey] !== undefined) return { misnamed: annotationKey };
  const others = new Set([...knownKeys, statusAnnotation(annotationKey)]);
  const [domain, name] = partsOf(annotationKey);
  const signs = (key: string): number => {
    const [itsDomain, itsName] = partsOf(key);
    return [
      domain !== "" && itsDomain === domain,
      itsName.toLowerCase() === name.toLowerCase(),
      /vxlan/i.test(key),
      isAlike(key, annotationKey),
    ].filter((sign) => sign).length;
  };
  // Of several, the one for which most speaks: a comment in our domain is less of a slip than a letter too few.
  const [found] = Object.keys(metadata?.annotations ?? {}).filter((key) => !others.has(key))
    .map((key) => ({ key, signs: signs(key) }))
    .sort((a, b) => b.signs - a.signs || (a.key < b.key ? -1 : 1));
  if (found === undefined || found.signs === 0) return {};
  const misnamed = found.key;
  const isOfOther = domainOf(misnamed) !== domainOf(annotationKey) &&
    (metadata?.annotations?.[statusAnnotation(misnamed)] !== undefined ||
      status?.conditions?.some(({ type }) => type === conditionType(misnamed)));
  return isOfOther ? { ofOther: true } : { misnamed };
}

function partsOf(key: string): readonly [domain: string, name: string] {
  const slash = key.lastIndexOf("/");
  return [key.slice(0, Math.max(0, slash)), key.slice(slash + 1)];
}

/** As many words, and none is more than one letter off. */
function isAlike(key: string, wanted: string): boolean {
  const [words, meant] = [key.toLowerCase().split(/[./]/), wanted.toLowerCase().split(/[./]/)];
  return words.length === meant.length &&
    words.every((word, at) => word === meant[at] || isOneEditAway(word, meant[at] ?? ""));
}
