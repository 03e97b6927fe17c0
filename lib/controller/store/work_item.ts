// What is to be done for one key, and which keys a change affects.
import type { Member, Membership } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";
import type { Problem } from "../../network/problem.ts";

/**
 * What the reconciler is to do for one key (a pod's uid).
 * - `member`: make its kernel hold what its networks want.
 * - `former`: it asks for nothing any more (label or annotation taken away): remove what is ours.
 *   `selected` is false once its label is gone: no event will come for it, so it is forgotten when it is clean.
 * - `refused`, `pending`: nothing to do but to say why.
 */
export type WorkItem =
  | { readonly kind: "member"; readonly member: Member }
  | { readonly kind: "former"; readonly member: Member; readonly selected: boolean }
  | { readonly kind: "refused"; readonly pod: PodView; readonly membership: Membership & { kind: "refused" } }
  | { readonly kind: "pending"; readonly pod: PodView };

/** Its containers wait for its networks. A native sidecar that was released, and so is `ready`, is still set up. */
export function isAwaited(item: WorkItem | undefined, ready: string | undefined): boolean {
  if (item?.kind !== "member" || item.member.phase.kind !== "setup") return false;
  return item.member.phase.release === "terminate" || ready !== "True";
}

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

/** Why we follow a pod. */
export type Selection = "selected" | "annotation removed" | "label removed";

/** One pod. */
export interface Tracked {
  readonly pod: PodView;
  readonly selection: Selection;
  readonly membership: Membership;
  /** Membership as text: equal text, nothing to do. */
  readonly fingerprint: string;
  /** When it stops being a peer though it is still there (monotonic ms); set once it is being deleted. */
  readonly graceEnds?: number;
}

/** Added (ms) to a grace period before the pod counts as gone: the kubelet kills at its end, not before. */
const graceMargin = 2_000;

/** What keeps the pod from having all it asks for. */
export function problemsOf(judged: Membership): readonly Problem[] {
  if (judged.kind === "refused") return judged.problems;
  return judged.kind === "member" ? judged.member.problems : [];
}

/** Being deleted changes nothing in the pod itself, only for its peers. */
export function fingerprintOf(standing: Selection, judged: Membership): string {
  if (judged.kind !== "member") return JSON.stringify([standing, judged]);
  const { leaving: _, ...member } = judged.member;
  return JSON.stringify([standing, member]);
}

/** Counted from the first sight, unless a later deletion shortens the grace period. */
export function graceEnd(
  pod: PodView,
  { now, known }: { readonly now: number; readonly known: number | undefined },
): number | undefined {
  if (pod.deletion === undefined) return undefined;
  return Math.min(known ?? Infinity, now + pod.deletion.graceSeconds * 1000 + graceMargin);
}
