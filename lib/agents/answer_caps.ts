// How much may an agent answer?
import { SessionEnded } from "../kube/exec/session.ts";

/**
 * Bytes an exchange may answer at first, at most when a pod has more than that, and at most where so many entries are
 * wanted. What is read of 8 MiB takes up to 200 MB for a moment; a forwarding entry takes about 85 bytes (27 MB with 64
 * networks of 5,000 members), a link with details a thousand.
 */
export const answerCaps = { first: 1 << 20, most: 8 << 20, ofMany: 32 << 20 } as const;

/** Bytes that a forwarding entry may take in an answer; learned ones stand beside ours. */
const bytesPerEntry = 400;

/** Bytes that a tool may answer where so many entries are wanted; `least`: what has been found to be needed. */
export function capFor(least: number, entries: number): number {
  return Math.max(least, Math.min(answerCaps.ofMany, answerCaps.first + entries * bytesPerEntry));
}

/** Whether the answer did not fit into what was allowed for. */
export function isOverflow(error: unknown): boolean {
  return error instanceof SessionEnded && error.outcome.kind === "unknown" &&
    error.outcome.overflow === true;
}
