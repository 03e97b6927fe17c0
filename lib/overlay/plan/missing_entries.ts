// How many of the forwarding entries that a pod should hold are not there. Pure.
import type { Observation } from "../observation.ts";
import type { Plan } from "./plan.ts";
import type { WantedState } from "../wanted.ts";

/** Counts only when something is left to do: a thousand entries are not compared to say that none is missing. */
export function missingEntries(
  left: Plan,
  { observed, wanted }: { readonly observed: Observation; readonly wanted: WantedState },
): number {
  if (left.steps.length + left.obstacles.length === 0) return 0;
  const held = new Set(observed.fdb.map(({ dev, dst }) => `${dev} ${dst}`));
  return wanted.interfaces.reduce(
    (sum, { name, peers }) => sum + peers.filter((peer) => !held.has(`${name} ${peer}`)).length,
    0,
  );
}
