// How long does a leadership last: from a renewal sent in time until its deadline, by monotonic time.
import type { Clock } from "../../time/clock.ts";
import { Timer } from "../../time/timer.ts";

/** Callbacks must not throw. */
export interface LeaderTermOptions {
  readonly clock: Clock;
  /** Milliseconds from the sending of a renewal during which writing is allowed. */
  readonly renewDeadline: number;
  readonly onStarted: () => void;
  readonly onStopped: (reason: string) => void;
  /** Says why no renewal came, when the deadline passes. */
  readonly whyExpired: () => string;
}

/** Leading or not, and until when. */
export class LeaderTerm {
  readonly #options: LeaderTermOptions;
  #leading = false;
  /** Monotonic ms until which writing is allowed. */
  #writesUntil = -Infinity;
  readonly #deadline: Timer;

  constructor(options: LeaderTermOptions) {
    [this.#options, this.#deadline] = [options, new Timer(options.clock)];
  }

  /** Computed when asked: a process that stood still learns it here before any timer has fired. */
  isLeader(): boolean {
    return this.#leading && this.#options.clock.now() < this.#writesUntil;
  }

  /** A renewal succeeded. Time counts from its sending: that is before anybody else can have seen the change. */
  renewed(sentAt: number): void {
    const { clock, renewDeadline, onStarted, whyExpired } = this.#options;
    const until = sentAt + renewDeadline;
    if (until <= clock.now()) return this.stop("the answer to a renewal came too late");
    this.#writesUntil = until;
    this.#deadline.restart(until - clock.now(), () => this.stop(whyExpired()));
    if (this.#leading) return;
    this.#leading = true;
    onStarted();
  }

  /** Ends it, if it is not over already. */
  stop(reason: string): void {
    this.#deadline.cancel();
    this.#writesUntil = -Infinity;
    if (!this.#leading) return;
    this.#leading = false;
    this.#options.onStopped(reason);
  }
}
