// What the operator can set of the controller's behaviour.
import type { MembershipSettings } from "../member/member.ts";

/** Everything `run` needs to know besides how to reach the API server. */
export interface ControllerSettings {
  readonly membership: MembershipSettings;
  /** Label selector of members, e.g. `vxlan.travelping.com=true`. Evaluated by the API server. */
  readonly selector: string;
  /** Namespaces whose pods are watched; empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly limits: ControllerLimits;
}

/** Bounds and intervals; the defaults fit clusters from ten to some thousand members. */
export interface ControllerLimits {
  /** Members worked on at the same time; one namespace has three quarters of these at most. */
  readonly workers: number;
  /** Of these, how many may be members that failed last time. */
  readonly workersForFailing: number;
  /** Of these, how many may be members for which nobody waits: the more at once, the slower is each. */
  readonly workersForUpkeep: number;
  /** Beside these, how many looks that have become slow may go on; each may need two sessions. */
  readonly workersForSlow: number;
  /** Exec sessions: where one into each pod is more than `most`, `least` at a time (`sessionLimit`). Each takes about 60 kB. */
  readonly sessions: { readonly least: number; readonly most: number };
  /** Milliseconds between full relists, and between two readings of a kernel; jittered by a tenth. */
  readonly resync: number;
  /** Milliseconds that changes of peers are collected before they are written. */
  readonly coalesce: number;
  /** Milliseconds that work under way may take after the order to stop; breaking off takes a second or two more. */
  readonly shutdown: number;
}

export const defaultLimits: ControllerLimits = {
  workers: 64,
  workersForFailing: 12,
  workersForUpkeep: 32,
  workersForSlow: 192,
  sessions: { least: 512, most: 2_500 },
  resync: 600_000,
  coalesce: 100,
  shutdown: 8_000,
};
