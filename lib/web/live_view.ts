// What the live page shows: the members as they stand now, how long they waited, and when that changed.
import type { MemberSeen, Standing } from "../graph/topology.ts";
import type { PodReport, Reporter } from "../report/report.ts";
import type { Clock } from "../time/clock.ts";
import { Timer } from "../time/timer.ts";

/** What the page knows of how a pod stood when it was last looked at. */
export interface LastReport {
  readonly standing: Standing;
  /** At most five, each of at most 300 characters. */
  readonly reasons: readonly string[];
  readonly interfaces: readonly {
    readonly network: string;
    readonly holds: boolean;
    readonly mac?: string;
    readonly mtu?: number;
  }[];
}

/** One measured wait: when it ended (ms since 1970), and how long it was (ms). */
export interface Wait {
  readonly at: number;
  readonly ms: number;
}

/** Waits of a kind that are kept. */
const waitsKept = 300;
/** Milliseconds between two notices of a change: a rollout is many changes. */
const settle = 250;

/** Remembers what reports say, and tells listeners that something is new, at most four times a second. */
export class LiveView implements Reporter {
  readonly #clock: Clock;
  readonly #reports = new Map<string, LastReport>();
  readonly #listeners = new Set<(revision: number) => void>();
  readonly #interfaceWaits: Wait[] = [];
  readonly #meshWaits: Wait[] = [];
  #revision = 0;
  readonly #notice: Timer;

  constructor({ clock }: { readonly clock: Clock }) {
    [this.#clock, this.#notice] = [clock, new Timer(clock)];
  }

  report({ pod, state, networks }: PodReport): void {
    const known = this.#reports.get(pod.uid);
    const interfaces = networks.map(({ network, holds, mac, mtu }) => ({
      network: network.name,
      holds,
      ...(mac === undefined ? {} : { mac }),
      ...(mtu === undefined ? {} : { mtu }),
    }));
    const next = {
      ...standingOf(state),
      // Empty when the kernel was not looked at: then the last look counts.
      interfaces: interfaces.length === 0 ? known?.interfaces ?? [] : interfaces,
    };
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(next)) return;
    this.#reports.set(pod.uid, next);
    this.touch();
  }

  released(): void {
    this.touch();
  }

  forget(uid: string): void {
    this.#reports.delete(uid);
    this.touch();
  }

  /** How long somebody waited for an interface (ms). */
  interfaceReady(ms: number): void {
    this.#keep(this.#interfaceWaits, ms);
  }

  /** How long a newcomer waited for its entry in all peers (ms). */
  meshReady(ms: number): void {
    this.#keep(this.#meshWaits, ms);
  }

  /** Something that the page shows has changed. */
  touch(): void {
    this.#revision++;
    if (this.#listeners.size === 0) return;
    this.#notice.start(settle, () => {
      for (const listener of this.#listeners) listener(this.#revision);
    });
  }

  /** Grows with every change; another one after a restart. */
  get revision(): number {
    return this.#revision;
  }

  get waits(): { readonly interface: readonly Wait[]; readonly mesh: readonly Wait[] } {
    return { interface: this.#interfaceWaits, mesh: this.#meshWaits };
  }

  lastReport(uid: string): LastReport | undefined {
    return this.#reports.get(uid);
  }

  /** The member as it was last seen in its kernel, where that is worse or better than its spec alone says. */
  seen(uid: string, member: MemberSeen): MemberSeen {
    const last = this.#reports.get(uid);
    if (last === undefined) return member;
    const reasons = [...new Set([...last.reasons, ...member.reasons])].slice(0, mostReasons);
    return { ...member, standing: worse(last.standing, member.standing), reasons };
  }

  /** Calls `listener` after changes, until the returned function is called. */
  listen(listener: (revision: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#notice.cancel();
    this.#listeners.clear();
  }

  #keep(waits: Wait[], ms: number): void {
    waits.push({ at: this.#clock.wall().getTime(), ms });
    if (waits.length > waitsKept) waits.shift();
    this.touch();
  }
}

const mostReasons = 5;

function standingOf(state: PodReport["state"]): Pick<LastReport, "standing" | "reasons"> {
  switch (state.kind) {
    case "ready":
    case "former":
      return { standing: "ready", reasons: [] };
    case "waiting":
      return { standing: "waiting", reasons: [state.reason.slice(0, 300)] };
    case "failing":
      return {
        standing: "failing",
        reasons: state.problems.slice(0, mostReasons).map(({ message }) => message.slice(0, 300)),
      };
    default:
      return state satisfies never;
  }
}

function worse(a: Standing, b: Standing): Standing {
  const order = ["ready", "waiting", "failing"] as const;
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}
