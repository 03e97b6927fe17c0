// What will an observation be after fdb steps that all work: for planning the next change without reading
// back.
import type { Observation, ObservedFdbEntry } from "../observation.ts";
import { floodMac } from "../iproute2/render.ts";
import type { Step } from "../step.ts";

/**
 * The observation that fdb steps leave behind, for steps planned from this very observation: what is appended
 * is not there yet, what is deleted is. All other steps are ignored: after those, look again.
 */
export function afterFdbSteps(observed: Observation, steps: readonly Step[]): Observation {
  const deleted = new Set(steps.flatMap((step) => step.kind === "delete-fdb" ? [keyOf(step)] : []));
  const appended = steps.flatMap((step) =>
    step.kind === "append-fdb" ? [{ dev: step.dev, mac: floodMac, dst: step.dst }] : []
  );
  // A rollout only appends, to thousands of entries again and again: no key is made for them then.
  const kept = deleted.size === 0 ? observed.fdb : observed.fdb.filter((entry) => !deleted.has(keyOf(entry)));
  return { ...observed, fdb: [...kept, ...appended] };
}

function keyOf({ dev, mac, dst }: ObservedFdbEntry): string {
  return `${dev} ${mac} ${dst}`;
}
