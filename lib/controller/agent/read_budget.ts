// How much may be read back in a time: in proportion to the members, though what they hold grows with the square.
import type { Clock } from "../../time/clock.ts";

/** Forwarding entries a second: so many, and so many more for each member. A thousand take about 3 ms to read. */
const rate = { least: 2_000, perMember: 5 };

/** Seconds for which the budget may be saved up. */
const saved = 10;

/** Accounts for what is read a second time. What was never read is not asked for here. */
export class ReadBudget {
  readonly #clock: Pick<Clock, "now">;
  readonly #members: () => number;
  /** Everything that was accounted for has been read then (monotonic ms). */
  #paidUntil = -Infinity;

  constructor({ clock, members }: { readonly clock: Pick<Clock, "now">; readonly members: () => number }) {
    this.#clock = clock;
    this.#members = members;
  }

  /** Accounts for so many entries; gives the ms after which they may be read. */
  reserve(entries: number): number {
    const now = this.#clock.now();
    const perMs = (rate.least + rate.perMember * this.#members()) / 1000;
    const start = Math.max(this.#paidUntil, now - saved * 1000);
    this.#paidUntil = start + entries / perMs;
    return Math.max(0, start - now);
  }
}
