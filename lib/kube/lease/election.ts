// Which replica writes: leader election by a Lease, judged by local monotonic time only.
import { type ApiClient, retryAfterOf } from "../api/client.ts";
import { LeaderTerm } from "./term.ts";
import { heldRecord, type LeaseName, type LeaseRecord, releasedRecord } from "./record.ts";
import { createLeaseStore, type LeaseStore } from "./store.ts";
import { evaluateClaim, type LeaseObservation, observe } from "./claim.ts";
import { type Clock, sleep } from "../../time/clock.ts";
import { messageOf } from "../../text/defined.ts";

/** Milliseconds. `lease` > `renewDeadline` > `retry`. */
export interface LeaseDurations {
  /** Others wait this long after the last change they saw. */
  readonly lease: number;
  /** The leader may write this long after it *sent* its last successful renewal. */
  readonly renewDeadline: number;
  /** Between two looks; up to a fifth longer, by chance. */
  readonly retry: number;
}

/** Those of Kubernetes' own components. The five seconds between the first two are for writes under way. */
const usualLeaseDurations: LeaseDurations = { lease: 15_000, renewDeadline: 10_000, retry: 2_000 };

/** Callbacks must not throw. */
export interface LeaderElectionOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly lease: LeaseName;
  /** Unique for each process that ever runs: host name and something random. */
  readonly identity: string;
  readonly durations?: LeaseDurations;
  /** Ends the election. Stop writing before it is aborted: then the Lease is given back. */
  readonly signal: AbortSignal;
  readonly onStarted: () => void;
  /** The reason is the rest of a sentence: "the Lease is held by b". */
  readonly onStopped: (reason: string) => void;
  /** Another replica was seen to hold the Lease. */
  readonly onHolder?: (identity: string) => void;
  /** The API server refuses or does not answer; told once for each reason until it heals. */
  readonly onTrouble?: (reason: string) => void;
  readonly onHealed?: () => void;
}

/** A candidate in an election. */
export interface LeaderElection {
  /**
   * True while this process leads and its time has not run out. Ask directly before every write: a process that
   * was stopped and goes on learns here that its time is over, before any callback could tell it.
   */
  isLeader(): boolean;
  /** Resolves when the Lease has been given back, after the signal was aborted. Never rejects. */
  readonly done: Promise<void>;
}

/** Takes part from now on. */
export function runLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const election = new Election(options);
  return { isLeader: () => election.isLeader(), done: election.run() };
}

/** Records of ours whose answer we may have missed, kept to be recognised. */
const rememberedWrites = 16;

/** For giving the Lease back (ms): a replica that ends should not hang on it. */
const releaseDeadline = 2_000;

class Election {
  readonly #options: LeaderElectionOptions;
  readonly #durations: LeaseDurations;
  readonly #store: LeaseStore;
  readonly #term: LeaderTerm;
  #seen: LeaseObservation | undefined;
  #sent: readonly string[] = [];
  #trouble: string | undefined;
  #announced = "";

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#durations = options.durations ?? usualLeaseDurations;
    this.#store = createLeaseStore(options.client, options.lease);
    const { lease, renewDeadline, retry } = this.#durations;
    this.#term = new LeaderTerm({ ...options, renewDeadline, whyExpired: () => this.#whyExpired() });
    if (!(lease > renewDeadline && renewDeadline > 2 * retry && retry > 0)) {
      throw new RangeError(
        `Cannot elect a leader: durations ${lease}, ${renewDeadline}, ${retry} ms are not in order.`,
      );
    }
  }

  isLeader(): boolean {
    return this.#term.isLeader();
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      const askedToWait = await this.#tryOnce();
      const jittered = this.#durations.retry * (1 + 0.2 * clock.random());
      await sleep(clock, Math.max(jittered, askedToWait), signal);
    }
    this.#term.stop("this replica ends");
    await this.#tryRelease();
  }

  /** One look, and a claim if it is due. Gives for how long (ms) the API server asked not to be asked again. */
  async #tryOnce(): Promise<number> {
    try {
      await this.#look();
      this.#healed();
      return 0;
    } catch (error) {
      if (this.#options.signal.aborted) return 0;
      this.#troubled(messageOf(error));
      // A long one must not cost the leadership.
      return Math.min(retryAfterOf(error), this.#durations.retry * 2);
    }
  }

  /** A leader renews what it wrote last without reading it again; whoever is outrun looks, then decides. */
  async #look(): Promise<void> {
    if (this.isLeader() && await this.#claim()) return;
    const { clock, signal, identity } = this.#options;
    const lease = await this.#store.read({ deadline: this.#requestDeadline, signal });
    this.#seen = observe(this.#seen, { lease, now: clock.now() });
    const claim = evaluateClaim(this.#seen, {
      identity,
      leading: this.isLeader(),
      wrote: (record) => this.#sent.includes(record.renewTime),
      duration: this.#durations.lease,
      now: clock.now(),
    });
    switch (claim.kind) {
      case "claim":
        await this.#claim();
        return;
      case "wait":
        this.#lost(claim.holder);
        return;
      default:
        claim satisfies never;
    }
  }

  /** Somebody else holds it, or may believe so still. What we wrote before says nothing any more. */
  #lost(holder: string): void {
    this.#term.stop(holder === "" ? "the Lease was emptied" : `the Lease is held by "${holder}"`);
    if (holder !== this.#options.identity) this.#sent = [];
    if (holder !== this.#announced && holder !== "") this.#options.onHolder?.(holder);
    this.#announced = holder;
  }

  /** Writes our name into the Lease as last seen. False: somebody was faster. */
  async #claim(): Promise<boolean> {
    const { clock, signal, identity } = this.#options;
    const lease = this.#seen?.lease;
    const record = heldRecord(lease?.record, {
      identity,
      durationSeconds: Math.ceil(this.#durations.lease / 1000),
      wall: clock.wall(),
    });
    this.#remember(record);
    const sentAt = clock.now();
    const write = await this.#store.write(record, { lease, deadline: this.#requestDeadline, signal });
    if (write.kind === "outrun") return false;
    this.#seen = observe(this.#seen, { lease: write.lease, now: clock.now() });
    this.#announced = identity;
    this.#term.renewed(sentAt);
    return true;
  }

  #whyExpired(): string {
    const cause = this.#trouble === undefined ? "" : `: ${this.#trouble}`;
    return `the Lease could not be renewed for ${this.#durations.renewDeadline / 1000} s${cause}`;
  }

  async #tryRelease(): Promise<void> {
    try {
      await this.#release();
    } catch (error) {
      this.#troubled(messageOf(error));
    }
  }

  /** The second try reads first: the last renewal may have been cut off by the signal, and yet have worked. */
  async #release(): Promise<void> {
    const { clock, identity } = this.#options;
    if (this.#sent.length === 0) return;
    let lease = this.#seen?.lease;
    for (let attempt = 0; attempt < 2; attempt++) {
      if (attempt > 0) lease = await this.#store.read({ deadline: releaseDeadline });
      if (lease === undefined || lease.record.holder !== identity) continue;
      const record = releasedRecord(lease.record, clock.wall());
      const write = await this.#store.write(record, { lease, deadline: releaseDeadline });
      if (write.kind === "written") return;
    }
  }

  get #requestDeadline(): number {
    return this.#durations.renewDeadline / 2;
  }

  #remember(record: LeaseRecord): void {
    this.#sent = [...this.#sent, record.renewTime].slice(-rememberedWrites);
  }

  #troubled(reason: string): void {
    if (reason === this.#trouble) return;
    this.#trouble = reason;
    this.#options.onTrouble?.(reason);
  }

  #healed(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#options.onHealed?.();
  }
}
