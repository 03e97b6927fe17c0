// When is what a kernel has learned of peers that went looked for? It must go, and they may send on: until nothing is found.
import { isOfLearned } from "../../overlay/plan/fdb.ts";
import type { Step } from "../../overlay/step.ts";

/** When (monotonic ms), and how long (ms) after that once more if there was any. */
export interface LearnedSweep {
  readonly at: number;
  readonly pause: number;
}

/** Milliseconds after a peer was taken out; then longer and longer pauses, by the clock: how often we look does not count. */
const pauses = { first: 2_000, longest: 60_000 };

/** Peers were taken out now. */
export function sooner(planned: LearnedSweep | undefined, now: number): LearnedSweep {
  return { at: Math.min(planned?.at ?? Infinity, now + pauses.first), pause: pauses.first };
}

/** Something was found now. */
export function later({ pause }: Pick<LearnedSweep, "pause">, now: number): LearnedSweep {
  return { at: now + pause, pause: Math.min(pauses.longest, 2 * pause) };
}

/**
 * After a full reading by which these steps were done or planned. Who was taken out now, or just before, may send on; and so
 * may the peers of a network that the pod has left, to a link that now has its VNI. A pod that is new has left none.
 */
export function nextSweep(
  before: { readonly learned?: LearnedSweep } | undefined,
  { steps, now }: { readonly steps: readonly Step[]; readonly now: number },
): LearnedSweep | undefined {
  const planned = before?.learned;
  const has = (kind: Step["kind"]): boolean => steps.some((step) => step.kind === kind);
  const hasLost = steps.some((step) => step.kind === "delete-fdb" && !isOfLearned(step));
  const wasThere = before !== undefined || has("delete-link");
  if (hasLost || has("add-link") && wasThere) return sooner(planned, now);
  if (planned !== undefined && planned.at > now) return planned;
  return steps.some(isOfLearned) ? later(planned ?? { pause: pauses.first }, now) : undefined;
}
