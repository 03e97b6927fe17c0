// When is which member probed: once when it joins, again while somebody does not answer, and a sample now and then.
import { type Network, peerKey } from "../network/network.ts";
import { type Outcome as RunOutcome, WorkQueue, type WorkQueueObserver } from "../queue/work_queue.ts";
import type { PodReport, Reporter } from "../report/report.ts";
import { type Clock, sleep } from "../time/clock.ts";
import {
  clear,
  type Contact,
  leaveOthers,
  meet,
  newContact,
  pauses,
  takeDown,
  withProblems,
} from "./contact.ts";
import { type LastProbe, LastProbes } from "./last_probes.ts";
import { type Ask, beginProbes, decided, endProbes, probeAll } from "./probe_all.ts";
import type { Outcome } from "./reach_report.ts";
import { type Probe, Standing, type StandingView } from "./standing.ts";

/** What is asked of the controller. */
export interface ContactView extends StandingView {
  /**
   * Hands over the member's `ip`, in a session that is open; with `open` one is opened where there is none. Undefined where
   * there is none, or nobody to talk to who stays. Throws SessionEnded.
   */
  readonly withIp: <T>(
    uid: string,
    asked: { readonly open: boolean; readonly use: (ask: Ask) => Promise<T> },
  ) => Promise<T | undefined>;
  /** There is something new to report of it. */
  readonly lookAgain: (uid: string) => void;
}

export interface ContactsOptions {
  readonly view: ContactView;
  /** Who is told what the controller reports, with what was found here. */
  readonly reporter: Required<Reporter>;
  readonly clock: Clock;
  readonly isLeader: () => boolean;
  /** Milliseconds between two samples; absent: none are taken. */
  readonly interval?: number | undefined;
  /** Something was probed. */
  readonly onProbed?: () => void;
  readonly observe?: WorkQueueObserver;
}

/**
 * Milliseconds from a look to the first contact. Until its own address of the link is known to be nobody else's (2 s), a
 * kernel does not ask by IPv6. The session stays open longer.
 */
const settling = 2_500;
/** Members that are asked again at a time: a probe without an answer takes four seconds, so about one a second. */
const workers = 4;
/** After so many broken conversations a member that joins is left alone. */
const mostErrors = 2;
/** Members in one sample. */
const sampled = 10;
/** Stands between the controller and those to whom it reports: adds whom a member does not reach. */
export class Contacts implements Reporter {
  readonly #options: ContactsOptions;
  readonly #contacts = new Map<string, Contact>();
  readonly #probes = new LastProbes();
  readonly #standing: Standing;
  readonly #queue: WorkQueue;
  readonly #ending = new AbortController();
  readonly #sampling: Promise<void> | undefined;

  constructor(options: ContactsOptions) {
    const { clock, view, interval } = options;
    this.#options = options;
    this.#standing = new Standing({ view, random: () => clock.random(), probes: this.#probes });
    this.#queue = new WorkQueue({
      ...options,
      work: (uid) => this.#work(uid),
      workers,
      workersForFailing: workers,
    });
    this.#sampling = interval === undefined ? undefined : this.#takeSamples(interval);
  }

  /** For metrics and for who looks. */
  get probes(): Pick<LastProbes, "all" | "counts" | "of"> {
    return this.#probes;
  }

  report(report: PodReport): void {
    this.#take(report);
    const contact = this.#contacts.get(report.pod.uid);
    this.#options.reporter.report(contact === undefined ? report : withProblems(report, contact));
  }

  changed(...told: Parameters<Required<Reporter>["changed"]>): void {
    this.#options.reporter.changed(...told);
  }

  released(...told: Parameters<Required<Reporter>["released"]>): void {
    this.#options.reporter.released(...told);
  }

  forget(uid: string): void {
    this.#drop(uid);
    this.#options.reporter.forget(uid);
  }

  /** Call when the sessions are closed: what is under way has ended then. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all([this.#queue.stop(), this.#sampling]);
  }

  #drop(uid: string): void {
    this.#contacts.delete(uid);
    this.#queue.forget(uid);
    this.#standing.put(uid, []);
  }

  #take({ pod, state, networks, shown }: PodReport): void {
    const { uid } = pod;
    if (state.kind === "former") return this.#drop(uid);
    if (networks.length === 0 || this.#ending.signal.aborted || !this.#options.isLeader()) return;
    this.#standing.put(uid, networks.filter(({ holds }) => holds).map(({ network }) => network));
    const keys = networks.map(({ network }) => peerKey(network));
    const known = this.#contacts.get(uid);
    const contact = known ?? newContact({ pod, shown, keys });
    this.#contacts.set(uid, contact);
    if (known === undefined && contact.open.size > 0) this.#queue.add(uid, { delay: pauses.second });
    leaveOthers(contact, keys);
    if (!contact.busy) void this.#introduce(uid, contact);
  }

  /** The first contact: two exchanges in a session that is open anyway, and nothing waits for them. */
  async #introduce(uid: string, contact: Contact): Promise<void> {
    const isUnmet = (network: Network): boolean => !contact.met.includes(peerKey(network));
    // The first that comes asks it.
    for (const network of this.#standing.networksOf(uid)) {
      if (this.#standing.isAlone(peerKey(network))) meet(contact, [peerKey(network)]);
    }
    if (!this.#standing.networksOf(uid).some(isUnmet)) return;
    contact.busy = true;
    const again = await this.#meet(uid, contact, isUnmet);
    contact.busy = false;
    const isOver = this.#contacts.get(uid) !== contact || this.#ending.signal.aborted;
    if (again !== undefined && !isOver) this.#queue.add(uid, { delay: again });
  }

  /** Gives the milliseconds after which it is to be asked again. */
  async #meet(
    uid: string,
    contact: Contact,
    isUnmet: (network: Network) => boolean,
  ): Promise<number | undefined> {
    const { view, clock } = this.#options;
    let asked: readonly Probe[] = [];
    // Without a session the next look, which has one, brings us here again.
    const withIp = <T>(use: (ask: Ask) => Promise<T>): Promise<T | undefined> =>
      view.withIp(uid, { open: false, use });
    try {
      if (await withIp(() => Promise.resolve(true)) === undefined) return undefined;
      await sleep(clock, settling, this.#ending.signal);
      const { probes } = this.#standing.choose(uid, this.#standing.networksOf(uid).filter(isUnmet));
      if (probes.length === 0) return undefined;
      asked = probes;
      const targets = probes.map(({ target }) => target);
      const before = await withIp((ask) => beginProbes(targets, ask));
      if (before === undefined) return undefined;
      await sleep(clock, decided, this.#ending.signal);
      const outcomes = await withIp((ask) => endProbes(targets, { before, ask }));
      if (outcomes === undefined) return undefined;
      meet(contact, asked.map(({ network }) => peerKey(network)));
      const again = this.#judge(uid, contact, { probes, outcomes });
      return again === undefined ? undefined : again - decided;
    } catch {
      // An entry may have come in between, or the agent is broken: whoever looks next finds that out, and says so.
      const keys = asked.map(({ network }) => peerKey(network));
      meet(contact, keys);
      if (++contact.errors >= mostErrors) return undefined;
      contact.open = new Set([...contact.open, ...keys]);
      return pauses.second;
    }
  }

  /** Once more, and in a session of its own if need be. */
  async #work(uid: string): Promise<RunOutcome> {
    const { view, clock, isLeader } = this.#options;
    const contact = this.#contacts.get(uid);
    if (contact === undefined) return { kind: "done" };
    if (contact.busy || !isLeader()) return { kind: "done", requeueAfter: pauses.most };
    const isSample = contact.open.size === 0;
    const networks = this.#standing.networksOf(uid).filter((network) =>
      isSample || contact.open.has(peerKey(network))
    );
    const { probes, alone } = this.#standing.choose(uid, networks, { anyNode: isSample });
    const standing = new Set(networks.map(peerKey));
    const over = [...alone, ...[...contact.open].filter((one) => !standing.has(one))];
    if (over.map((key) => clear(contact, key)).some(Boolean)) view.lookAgain(uid);
    contact.busy = true;
    const targets = probes.map(({ target }) => target);
    const use = (ask: Ask): Promise<readonly Outcome[]> =>
      probeAll(targets, { ask, clock, signal: this.#ending.signal });
    try {
      const outcomes = probes.length === 0 ? [] : await view.withIp(uid, { open: true, use });
      const again = outcomes && this.#judge(uid, contact, { probes, outcomes });
      const isOver = outcomes !== undefined && again === undefined;
      return { kind: "done", ...!isOver && { requeueAfter: again ?? pauses.first } };
    } catch {
      if (contact.attempts === 0 && ++contact.errors >= mostErrors) contact.open = new Set();
      return { kind: "done", ...contact.open.size > 0 && { requeueAfter: pauses.most } };
    } finally {
      contact.busy = false;
    }
  }

  /** Takes down what was found; gives the milliseconds after which to ask again. */
  #judge(
    uid: string,
    contact: Contact,
    { probes, outcomes }: {
      readonly probes: readonly Probe[];
      readonly outcomes: readonly (Outcome | undefined)[];
    },
  ): number | undefined {
    const { view, clock, onProbed } = this.#options;
    const member = view.member(uid);
    const isOver = this.#contacts.get(uid) !== contact || this.#ending.signal.aborted;
    if (isOver || member === undefined) return undefined;
    const at = clock.now();
    const pairs = probes.flatMap((probe, position): readonly LastProbe[] => {
      const outcome = outcomes[position];
      return outcome === undefined || !this.#standing.isStill(probe) ? [] : [{ ...probe, outcome, at }];
    });
    for (const pair of pairs) this.#probes.put(pair);
    onProbed?.();
    const undecided = probes.flatMap(({ network }, at) =>
      outcomes[at] === undefined ? [peerKey(network)] : []
    );
    const { isNews, healed, again } = takeDown(contact, { member, pairs, undecided });
    if (isNews) view.lookAgain(uid);
    if (healed) this.#hurry();
    return again;
  }

  /** What kept one from its peers may be over for all. */
  #hurry(): void {
    for (const [uid, { open, busy }] of this.#contacts) if (open.size > 0 && !busy) this.#queue.add(uid);
  }

  async #takeSamples(interval: number): Promise<void> {
    const { clock, isLeader } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await sleep(clock, interval * (0.9 + 0.2 * clock.random()), signal);
      if (signal.aborted || !isLeader()) continue;
      const idle = [...this.#contacts.keys()];
      for (let count = 0; count < sampled && idle.length > 0; count++) {
        for (const uid of idle.splice(Math.floor(clock.random() * idle.length), 1)) this.#queue.add(uid);
      }
    }
  }
}
