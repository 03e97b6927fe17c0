// What will an observation be after fdb steps that all work: for planning the next change without reading back.
import type { Observation, ObservedFdbEntry } from "./observation.ts";
import { floodMac } from "./rendering.ts";
import type { Step } from "./step.ts";

/** The observation that fdb steps leave behind. All other steps are ignored: after those, look again. */
export function afterFdbSteps(observed: Observation, steps: readonly Step[]): Observation {
  const entries = new Map(observed.fdb.map((entry) => [keyOf(entry), entry]));
  for (const step of steps) {
    if (step.kind === "append-fdb") {
      const entry = { dev: step.dev, mac: floodMac, dst: step.dst };
      entries.set(keyOf(entry), entry);
    }
    if (step.kind === "delete-fdb") entries.delete(keyOf(step));
  }
  return { ...observed, fdb: [...entries.values()] };
}

function keyOf({ dev, mac, dst }: ObservedFdbEntry): string {
  return `${dev} ${mac} ${dst}`;
}
