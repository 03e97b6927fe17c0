// What is to be done for one pod, and which keys a change affects.
import type { Member, Membership } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";

/**
 * What the reconciler is to do for one key (a pod's uid).
 * - `member`: make its kernel hold what its networks want.
 * - `former`: it asks for nothing (any more): remove what is ours, and let it go if it waits for us.
 *   `selected` is false once its label is gone: no event will come for it, so it is forgotten when it is clean.
 * - `refused`, `pending`: nothing to do but to say why.
 */
export type WorkItem =
  | { readonly kind: "member"; readonly member: Member }
  | { readonly kind: "former"; readonly member: Member; readonly selected: boolean }
  | { readonly kind: "refused"; readonly pod: PodView; readonly membership: Membership & { kind: "refused" } }
  | { readonly kind: "pending"; readonly pod: PodView };

/** Keys to look at because of what the pods themselves say. Those of their peers are `takeTouched` of the store. */
export interface Affected {
  readonly changed: ReadonlySet<string>;
  /** No longer in the store: what was kept about them elsewhere can go. */
  readonly gone: readonly PodView[];
}

/** Why we follow a pod. */
export type Selection = "selected" | "label removed";
