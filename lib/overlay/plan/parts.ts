// What the parts of a plan hand to each other.
import type { Cidr } from "../../network/grammar/address.ts";
import type { ObservedLink } from "../observation.ts";
import type { Step } from "../step.ts";
import type { WantedInterface } from "../wanted.ts";
import type { Devices } from "./underlay.ts";

/** Why something about an interface cannot be made right. Only what it blocks is left out of the plan. */
export interface Obstacle {
  /** `conflict`: something that is not ours is in the way; `setup-failed`: the pod lacks what it takes. */
  readonly kind: "conflict" | "setup-failed";
  readonly network: string;
  readonly interfaceName: string;
  /** A sentence: what cannot be done, what was found, and the remedy. */
  readonly reason: string;
}

/** Sorted: the same world gives the same plan. `ip` steps come before `bridge` steps. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly obstacles: readonly Obstacle[];
}

/** Addresses that we set, by interface name: only those are ever removed. */
export type KnownAddresses = ReadonlyMap<string, ReadonlySet<string>>;

/** A wanted interface whose link was read as ours. Only to these is anything done but making and deleting. */
export interface StandingLink {
  readonly wanted: WantedInterface;
  readonly link: ObservedLink;
  /** Why it keeps its device and its MTU. */
  readonly stuck?: Obstacle;
}

/** A wanted interface that must be made. */
export interface MissingLink {
  readonly wanted: WantedInterface;
  readonly why: string;
  /** The bridge of which the link was a port that is deleted for it. */
  readonly master?: string;
}

/** The fate of all links. */
export interface LinkPlan {
  /** Sorted: what others stand on comes first, then by interface name. */
  readonly standing: readonly StandingLink[];
  readonly missing: readonly MissingLink[];
  /** All links but those that are deleted, and those that go with them. */
  readonly staying: readonly ObservedLink[];
  readonly devices: Devices;
  readonly deletions: readonly Extract<Step, { kind: "delete-link" }>[];
  readonly obstacles: readonly Obstacle[];
}

/** Steps for one interface. */
export interface AddressSteps {
  readonly deletions: readonly Step[];
  readonly additions: readonly Step[];
  /** Addresses that are deleted. */
  readonly leaving: readonly Cidr[];
  /** Observed addresses that are there in between, when deletions are done. */
  readonly remaining: readonly Cidr[];
}
