// May this candidate take the Lease: judged by how long it has watched the record not change, by its own clock.
import { isReleased, type Lease, type LeaseRecord } from "./record.ts";

/** What a candidate has seen of the Lease. Undefined `lease`: there is no such object. */
export interface LeaseObservation {
  readonly lease: Lease | undefined;
  /** Monotonic ms at which the record was first seen as it is. */
  readonly since: number;
  /** Nothing was seen before this. */
  readonly first: boolean;
}

/** What may be done. `claim` covers renewing. */
export type Claim =
  | { readonly kind: "claim" }
  | { readonly kind: "wait"; readonly holder: string };

/** The Lease was looked at once more. Only a change of the record counts, not one of labels or annotations. */
export function observe(
  before: LeaseObservation | undefined,
  { lease, now }: { readonly lease: Lease | undefined; readonly now: number },
): LeaseObservation {
  if (before === undefined) return { lease, since: now, first: true };
  const same = JSON.stringify(before.lease?.record) === JSON.stringify(lease?.record);
  return same ? { ...before, lease } : { lease, since: now, first: false };
}

export interface Candidate {
  readonly identity: string;
  /** It leads, and the time in which it may write has not run out. */
  readonly leading: boolean;
  /** Whether this very process wrote the record: the identity alone may come from an editor, or a namesake. */
  readonly wrote: (record: LeaseRecord) => boolean;
  /** Our own lease duration (ms). */
  readonly duration: number;
  /** Monotonic ms. */
  readonly now: number;
}

/** A record that asks for more (ms) is a mistake of somebody's hand, and must not stop the program for good. */
const longestDuration = 600_000;

/**
 * A Lease that was there and has been deleted, emptied or given to somebody by hand is waited for like a held one:
 * its last holder may not know yet. It is never waited for less than our own duration, whatever the record says.
 */
export function evaluateClaim({ lease, since, first }: LeaseObservation, candidate: Candidate): Claim {
  const holder = lease?.record.holder ?? "";
  if (candidate.leading && (holder === "" || holder === candidate.identity)) return { kind: "claim" };
  if (lease === undefined && first) return { kind: "claim" };
  if (lease !== undefined && isReleased(lease.record)) return { kind: "claim" };
  if (lease !== undefined && holder === candidate.identity && candidate.wrote(lease.record)) {
    return { kind: "claim" };
  }
  const asked = (lease?.record.durationSeconds ?? 0) * 1000;
  const patience = Math.max(candidate.duration, Math.min(asked, longestDuration));
  return candidate.now - since >= patience ? { kind: "claim" } : { kind: "wait", holder };
}
