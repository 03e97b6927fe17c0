// What a look at a pod found, in a form that logs, Events, conditions and metrics can all be made from.
import type { ShownStatus } from "../member/current_status.ts";
import type { Network } from "../network/network.ts";
import type { Problem } from "../network/problem.ts";
import type { Step } from "../overlay/step.ts";

/** Whom a report is about. */
export interface ReportedPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** One network of a member as it was last read from the kernel. */
export interface NetworkState {
  readonly network: Network;
  /** Present in the kernel, as wanted, with all of its peers. */
  readonly holds: boolean;
  /** As read; absent when the interface is not there. */
  readonly mac?: string;
  readonly mtu?: number;
  /** What stands in its way. */
  readonly problem?: string;
}

/**
 * Where a pod stands.
 * - `ready`: all of its networks hold.
 * - `waiting`: nothing is wrong, nothing can be done now (`reason` says what is awaited).
 * - `failing`: `problems` says why it does not hold.
 * - `former`: it asks for nothing any more and has been cleaned.
 */
export type PodState =
  | { readonly kind: "ready" }
  | { readonly kind: "waiting"; readonly reason: string }
  | { readonly kind: "failing"; readonly problems: readonly Problem[] }
  | { readonly kind: "former" };

export interface PodReport {
  readonly pod: ReportedPod;
  readonly state: PodState;
  /** All that was asked for is there, as last seen, whatever else is wrong. Says nothing while it is waiting. */
  readonly holds: boolean;
  readonly warnings: readonly Problem[];
  /** Empty when the kernel was not looked at. */
  readonly networks: readonly NetworkState[];
  /** Forwarding entries wanted and not there; absent when the kernel was not looked at. */
  readonly entriesMissing?: number;
  /** Only the entries could be read, not the links: nothing is known of those. */
  readonly isHalfSeen?: true;
  /** What the pod shows of us, as it was last seen. */
  readonly shown?: ShownStatus;
}

/** Told what happens to pods. Must not throw, must not block. */
export interface Reporter {
  /** After every look; the reporter finds out what is new. */
  report(report: PodReport): void;
  /** The kernel of this pod was changed, and why. */
  changed?(pod: ReportedPod, steps: readonly Step[]): void;
  /** The pod was let go by its init agent or native sidecar. */
  released?(pod: ReportedPod, networks: readonly Network[]): void;
  /** Nothing more will be said of the pod with this uid. What is kept in its record needs no word. */
  forget?(uid: string): void;
}
