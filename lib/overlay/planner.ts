// Wanted minus observed: which steps bring one pod's kernel to what it should hold, and what stands in the way.
import type { Observation } from "./observation.ts";
import type { Step } from "./step.ts";
import type { WantedState } from "./wanted.ts";

/** Why an interface cannot be made right. Its steps are left out of the plan; the others go on. */
export interface Obstacle {
  readonly kind: "conflict" | "setup-failed";
  readonly network: string;
  readonly interfaceName: string;
  readonly reason: string;
}

/** Sorted and complete: the same world gives the same plan. `ip` steps come before `bridge` steps. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly obstacles: readonly Obstacle[];
}

/** Addresses that we set, by interface name: only those are ever removed. */
export type KnownAddresses = ReadonlyMap<string, ReadonlySet<string>>;

/** Plans one pod. An empty `steps` without obstacles means: it holds. */
export declare function plan(input: {
  readonly wanted: WantedState;
  readonly observed: Observation;
  readonly ourAddresses: KnownAddresses;
}): Plan;
