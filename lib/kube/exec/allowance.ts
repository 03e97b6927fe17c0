// How much may the other side send before it is cut off? Bytes, and messages: each costs time, however short it is.

/**
 * Bytes that a message counts as at least. One takes about 20 µs to receive, in which 32 KiB would arrive: a flood of single
 * bytes would take the time of all other pods before its bytes add up to anything. Tools write a kilobyte and more at
 * once, or a line.
 */
export const leastCost = 512;

/** Bytes that are taken of a command that nobody has asked anything, or that has been asked to end. */
export const idleAllowance = 64 * 1024;

/** What may still come. */
export class Allowance {
  #left: number;

  /** `bytes`: what messages may come to, each counted as `leastCost` at least. */
  constructor(bytes: number = idleAllowance) {
    this.#left = bytes;
  }

  /** Counts a message; false once more has come than was allowed. */
  take({ length }: Uint8Array): boolean {
    this.#left -= Math.max(length, leastCost);
    return this.#left >= 0;
  }
}
