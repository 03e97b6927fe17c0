// What is to be done for one key, and which keys a change affects.
import type { Member, Membership } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";

/**
 * What the reconciler is to do for one key (a pod's uid).
 * - `member`: make its kernel hold what its networks want.
 * - `former`: it asks for nothing any more (label or annotation taken away): remove what is ours.
 *   `selected` is false once its label is gone: no event will come for it, so it is forgotten when it is clean.
 * - `refused`, `pending`: nothing to do but to say why.
 */
export type Subject =
  | { readonly kind: "member"; readonly member: Member }
  | { readonly kind: "former"; readonly member: Member; readonly selected: boolean }
  | { readonly kind: "refused"; readonly pod: PodView; readonly membership: Membership & { kind: "refused" } }
  | { readonly kind: "pending"; readonly pod: PodView };

/** Keys to look at. */
export interface Affected {
  /** Because of what the pod itself says. */
  readonly changed: ReadonlySet<string>;
  /** Because a peer came, changed or went. */
  readonly touched: ReadonlySet<string>;
  /** No longer in the store: what was kept about them elsewhere can go. */
  readonly gone: readonly PodView[];
}

/** Nobody. */
export const nothing: Affected = { changed: new Set(), touched: new Set(), gone: [] };

/** All keys of several changes. */
export function union(all: readonly Affected[]): Affected {
  const changed = new Set<string>();
  const touched = new Set<string>();
  for (const one of all) {
    for (const key of one.changed) changed.add(key);
    for (const key of one.touched) touched.add(key);
  }
  return { changed, touched, gone: all.flatMap((one) => one.gone) };
}
