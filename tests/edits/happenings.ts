// What happens to running pods, by chance: edits, and what befalls the controller or an agent while one is made.
import fc from "fast-check";
import type { Change } from "./away.ts";
import { type Edit, editsAndLabelsOf, editsOf, type LabelEdit } from "../controller/store/random_edits.ts";

/** What befalls them while the edit is made. */
export type Mishap =
  /** No controller is there; another one comes afterwards. */
  | { readonly kind: "away" }
  /** The controller is stopped just after the edit, and another one comes. */
  | { readonly kind: "restart" }
  /** The leader goes, and one leads that has seen everything. */
  | { readonly kind: "takeover" }
  /** The controller is killed after so many lines that it has written into pods, and another one comes. */
  | { readonly kind: "killed"; readonly lines: number }
  /** The agent of a pod is killed, and started again by its kubelet. */
  | { readonly kind: "agent killed"; readonly pod: string };

/** Edits that are made at once, and what befalls meanwhile. */
export type Happening = {
  readonly edits: readonly (Edit | LabelEdit)[];
  readonly mishap?: Mishap;
};

/** `pods`: who may be edited. Half of them have a mishap, or are several edits, or both. */
export function happeningsOf(pods: readonly string[]): fc.Arbitrary<Happening> {
  const agent = fc.constantFrom(...pods).map((pod): Mishap => ({ kind: "agent killed", pod }));
  const killed = fc.nat({ max: 12 }).map((lines): Mishap => ({ kind: "killed", lines }));
  const successor = fc.oneof(fc.constantFrom<Mishap>({ kind: "away" }, { kind: "restart" }), killed);
  const mishap = fc.oneof(
    { weight: 3, arbitrary: successor },
    { weight: 1, arbitrary: fc.constant<Mishap>({ kind: "takeover" }) },
    { weight: 1, arbitrary: agent },
  );
  const one = <T>(edit: T): readonly T[] => [edit];
  const several = fc.array(editsOf(pods), { minLength: 2, maxLength: 4 });
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ edits: editsAndLabelsOf(pods).map(one) }) },
    { weight: 2, arbitrary: fc.record({ edits: editsOf(pods).map(one), mishap }) },
    { weight: 2, arbitrary: fc.record({ edits: several, mishap: agent }, { requiredKeys: ["edits"] }) },
    { weight: 2, arbitrary: fc.record({ edits: several, mishap: successor }) },
  );
}

/** Which controllers come and go by that. */
export function changeBy({ kind }: Mishap): Change {
  return { knows: kind === "takeover", isBegun: kind === "restart" || kind === "killed" };
}

/** With its IP where the texts name pod b's. */
export function withPodIp(edit: Edit | LabelEdit, ip: string): Edit | LabelEdit {
  if (edit.kind === "annotation") return { ...edit, text: edit.text.replaceAll("@b", ip) };
  if (edit.kind === "label" || edit.data === undefined) return edit;
  const data = Object.entries(edit.data).map(([key, text]) => [key, text.replaceAll("@b", ip)]);
  return { ...edit, data: Object.fromEntries(data) };
}
