// What is kept of each pod, and when it is another than before. Pure.
import type { Membership } from "../../member/member.ts";
import type { PodView } from "../../member/pod.ts";
import type { Problem } from "../../network/problem.ts";

/** Why we follow a pod. */
export type Standing = "selected" | "annotation removed" | "label removed";

/** One pod. */
export interface Tracked {
  readonly pod: PodView;
  readonly standing: Standing;
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
export function fingerprintOf(standing: Standing, judged: Membership): string {
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
