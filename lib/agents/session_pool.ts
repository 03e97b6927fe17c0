// Which exec sessions are open: one per pod and tool, kept a while after use, bounded in number.
import type { ExecOutcome, ExecTarget } from "../kube/exec/exec.ts";
import { type ExecSession, SessionEnded } from "../kube/exec/session.ts";
import { type Clock, unlessAborted } from "../time/clock.ts";
import type { Tool } from "../overlay/step.ts";
import type { SessionLimit } from "./session_limit.ts";

/** One agent container of one pod. A container made anew has another id: sessions into the old one are dead. */
export interface AgentAddress extends ExecTarget {
  readonly uid: string;
  /** Canonical. Into a pod that has none of them nothing is written: execs go by name, and names come back. */
  readonly podIPs: readonly string[];
  readonly containerId: string;
  /** Of the image it was made from; absent while the status does not name it. */
  readonly imageId?: string;
}

/** Starts a tool in its batch mode in an agent; gives up when the signal is aborted. Throws SessionEnded. */
export type OpenSession = (
  agent: AgentAddress,
  tool: Tool,
  options: {
    readonly signal: AbortSignal;
    /** Called when the tool says something on stderr that belongs to an exchange that is over. */
    readonly onLateStderr: () => void;
  },
) => Promise<ExecSession>;

/** Orders the agent to end through a session that is open; undefined when none can. Throws SessionEnded. */
export type TerminateAgent = (agent: AgentAddress) => Promise<ExecOutcome | undefined>;

export interface SessionPoolOptions {
  readonly clock: Clock;
  readonly open: OpenSession;
  /** At this moment. */
  readonly limit: () => SessionLimit;
  /** Milliseconds a session stays open after its last use. Default: `keepSessions`. */
  readonly keep?: Readonly<Record<Tool, number>>;
  /** A tool in this pod has refused something after its exchange was over. */
  readonly onLateStderr: (uid: string) => void;
}

/**
 * Milliseconds a session stays open after its last use. What is needed whenever a peer comes or goes stays from one read-back
 * to the next: each pod's exec anew would make one join as dear as a rollout.
 */
const keepSessions = { ip: 5_000, ip6: 5_000, bridge: 900_000 } as const;

/** A tool goes on showing the names of links that it has seen: one that served its last look so many ms ago serves none. */
const namesLast = 30_000;

/** What a session is taken for. */
export interface Purpose {
  readonly tool: Tool;
  /** Names of links are read. */
  readonly isLook?: boolean;
  /** Peers that come or go need it: it stays as long as `bridge` does, where one can stay open into each pod. */
  readonly lasts?: boolean;
}

interface Entry {
  readonly uid: string;
  readonly tool: Tool;
  readonly session: Promise<ExecSession>;
  /** Uses under way. */
  users: number;
  lasts: boolean;
  /** When (monotonic ms) it was begun, or served a look. */
  lookedAt: number;
  /** Aborted with the error for those who use it, or wait until it is open. */
  readonly breaking: AbortController;
  /** Gives its place free. */
  readonly forget: () => void;
  /** When (monotonic ms) the last use of it ended. */
  idleSince?: number;
  cancelClose?: () => void;
  /** Set once it is not to be used any more; resolves when it has ended. */
  closing?: Promise<void>;
}

/** Opens on first use, closes when idle, closes the longest idle one when there are too many. */
export class SessionPool {
  readonly #options: Required<SessionPoolOptions>;
  /** By pod and key: one exec at a time per pod and tool, so one that is closing keeps its place until it has ended. */
  readonly #pods = new Map<string, Map<string, Entry>>();
  /** In the order of their last use. */
  readonly #idle: Readonly<Record<Tool, Set<Entry>>> = {
    ip: new Set(),
    ip6: new Set(),
    bridge: new Set(),
  };
  /** By pod, uses under way or waited for: what lies idle beside them is needed again soon. */
  readonly #uses = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #isEnding = false;
  #open = 0;

  constructor(options: SessionPoolOptions) {
    this.#options = { keep: keepSessions, ...options };
  }

  /** Sessions that are open and not about to be closed. */
  get open(): number {
    return this.#open;
  }

  /** Gives `use` the session of that pod and tool. When `use` throws, the session is closed: its state is unknown. */
  async with<T>(
    agent: AgentAddress,
    { use, ...purpose }: Purpose & { readonly use: (session: ExecSession) => Promise<T> },
  ): Promise<T> {
    this.#uses.set(agent.uid, (this.#uses.get(agent.uid) ?? 0) + 1);
    try {
      const entry = await this.#borrow(agent, purpose);
      entry.lasts ||= purpose.lasts === true;
      try {
        const result = await unlessAborted(entry.session.then(use), entry.breaking.signal);
        if (purpose.isLook) entry.lookedAt = this.#options.clock.now();
        this.#giveBack(entry);
        return result;
      } catch (error) {
        this.#discard(entry);
        throw error;
      }
    } finally {
      const left = (this.#uses.get(agent.uid) ?? 0) - 1;
      if (left > 0) this.#uses.set(agent.uid, left);
      else this.#uses.delete(agent.uid);
    }
  }

  /** Whether a session is open, or about to be. */
  has(agent: AgentAddress, tool: Tool): boolean {
    const entry = this.#pods.get(agent.uid)?.get(keyOf(agent, tool));
    return entry !== undefined && entry.closing === undefined;
  }

  /** Closes what is open into a pod. Of what is under way nothing is awaited any more: it throws SessionEnded for this reason. */
  closePod(uid: string, reason = "it is not needed any more"): void {
    for (const entry of this.#pods.get(uid)?.values() ?? []) {
      entry.breaking.abort(new SessionEnded({ kind: "not-ready", reason }, "", reason));
      this.#discard(entry);
    }
  }

  /** Closes one session, if it is open; the next use starts the tool anew. */
  closeSession(agent: AgentAddress, tool: Tool): void {
    const entry = this.#pods.get(agent.uid)?.get(keyOf(agent, tool));
    if (entry !== undefined) this.#discard(entry);
  }

  /** Closes everything and resolves when it is closed. */
  async close(): Promise<void> {
    this.#isEnding = true;
    for (const uid of this.#pods.keys()) this.closePod(uid, "the controller stops");
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all(
      [...this.#pods.values()].flatMap((pod) => [...pod.values()].map(({ closing }) => closing)),
    );
  }

  async #borrow(agent: AgentAddress, { tool, isLook }: Purpose): Promise<Entry> {
    for (;;) {
      const known = this.#pods.get(agent.uid)?.get(keyOf(agent, tool));
      const isOld = known?.users === 0 && this.#options.clock.now() - known.lookedAt > namesLast;
      if (known !== undefined && isLook && isOld) this.#discard(known);
      if (known?.closing !== undefined) {
        await known.closing;
      } else if (known !== undefined) {
        this.#use(known);
        // A session that died while idle is replaced; nothing was asked of it, so nothing is lost.
        if ((await known.session.catch(() => undefined))?.open) return known;
        this.#discard(known);
      } else if (this.#hasRoom()) {
        return this.#start(agent, tool);
      } else {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }

  #start(agent: AgentAddress, tool: Tool): Entry {
    if (this.#isEnding) throw new Error("Cannot open a session: shutting down");
    const [uid, key, breaking] = [agent.uid, keyOf(agent, tool), new AbortController()];
    const session = this.#options.open(agent, tool, {
      signal: breaking.signal,
      onLateStderr: () => this.#options.onLateStderr(uid),
    });
    const pod = this.#pods.get(uid) ?? new Map<string, Entry>();
    const forget = (): void => {
      pod.delete(key);
      if (pod.size === 0) this.#pods.delete(uid);
    };
    const begun = { users: 1, lasts: false, lookedAt: this.#options.clock.now() };
    const entry: Entry = { uid, tool, session, ...begun, breaking, forget };
    this.#pods.set(uid, pod.set(key, entry));
    this.#open++;
    return entry;
  }

  /** Whether another session may be opened; closes idle ones for it if need be (the limit may have come down). */
  #hasRoom(): boolean {
    const { sessions, isForAll } = this.#options.limit();
    while (this.#open >= sessions && !this.#isEnding) {
      const entry = this.#nextToGo(isForAll);
      if (entry === undefined) return false;
      this.#discard(entry);
    }
    return true;
  }

  /**
   * Of `ip` before one of `bridge`, which the next peer that comes needs in every pod. Where not every pod can have one, simply
   * the longest idle one goes. In any case those first in whose pods nothing is under way.
   */
  #nextToGo(isForAll: boolean): Entry | undefined {
    const longestIdle = (mayGo: (entry: Entry) => boolean): Entry | undefined => {
      const oldest = Object.values(this.#idle).flatMap((idle) => [...idle.values().filter(mayGo).take(1)]);
      if (!isForAll) oldest.sort((a, b) => (a.idleSince ?? 0) - (b.idleSince ?? 0));
      return oldest[0];
    };
    return longestIdle(({ uid }) => !this.#uses.has(uid)) ?? longestIdle(() => true);
  }

  #use(entry: Entry): void {
    entry.users++;
    entry.cancelClose?.();
    this.#idle[entry.tool].delete(entry);
  }

  #giveBack(entry: Entry): void {
    entry.users--;
    if (entry.users > 0 || entry.closing !== undefined) return;
    this.#idle[entry.tool].add(entry);
    entry.idleSince = this.#options.clock.now();
    this.#closeLater(entry);
    this.#waiting.shift()?.();
  }

  #closeLater(entry: Entry): void {
    const { clock, keep, limit } = this.#options;
    entry.cancelClose = clock.after(
      keep[entry.lasts && limit().isForAll ? "bridge" : entry.tool],
      () => this.#uses.has(entry.uid) ? this.#closeLater(entry) : this.#discard(entry),
    );
  }

  #discard(entry: Entry): void {
    if (entry.closing !== undefined) return;
    entry.cancelClose?.();
    this.#idle[entry.tool].delete(entry);
    this.#open--;
    entry.closing = entry.session.then((session) => session.close(), () => {}).finally(entry.forget);
    this.#waiting.shift()?.();
  }
}

function keyOf({ container, containerId }: AgentAddress, tool: Tool): string {
  return `${container}/${containerId}/${tool}`;
}
