// What happens to running pods, by chance: edits, and what befalls the controller or an agent while one is made.
import fc from "fast-check";
import { type Edit, editsAndLabelsOf, editsOf, type LabelEdit } from "../controller/store/random_edits.ts";

/** What befalls them while the edit is made. */
export type Mishap =
  /** No controller is there; another one comes afterwards. */
  | { readonly kind: "away" }
  /** The controller is stopped just after the edit, and another one comes. */
  | { readonly kind: "restart" }
  /** The leader goes, and one leads that has seen everything. */
  | { readonly kind: "takeover" }
  /** The agent of a pod is killed, and started again by its kubelet. */
  | { readonly kind: "agent killed"; readonly pod: string };

/** An edit, and what befalls meanwhile. */
export type Happening = {
  readonly edit: Edit | LabelEdit;
  readonly mishap?: Mishap;
};

/** `pods`: who may be edited. One in five has a mishap. */
export function happeningsOf(pods: readonly string[]): fc.Arbitrary<Happening> {
  const mishap = fc.oneof(
    fc.constantFrom<Mishap>({ kind: "away" }, { kind: "restart" }, { kind: "takeover" }),
    fc.constantFrom(...pods).map((pod): Mishap => ({ kind: "agent killed", pod })),
  );
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ edit: editsAndLabelsOf(pods) }) },
    { weight: 1, arbitrary: fc.record({ edit: editsOf(pods), mishap }) },
  );
}
