// Which exec sessions are open: one per pod and tool, kept a while after use, bounded in number.
import type { ExecOutcome } from "../../kube/exec/exec.ts";
import type { ExecSession } from "../../kube/exec/session.ts";
import type { Clock } from "../../time/clock.ts";
import type { Tool } from "../../overlay/step.ts";

/** One agent container of one pod. A container made anew has another id: sessions into the old one are dead. */
export interface AgentAddress {
  readonly uid: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
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
  /** Sessions open at the same time, at this moment. */
  readonly limit: () => number;
  /** Milliseconds a session stays open after its last use. */
  readonly keep: Readonly<Record<Tool, number>>;
  /** A tool in this pod has refused something after its exchange was over. */
  readonly onLateStderr: (uid: string) => void;
}

/**
 * Milliseconds a session stays open after its last use. Links are seldom touched; the fdb is whenever a peer comes or
 * goes, and each pod's exec anew would make one join as dear as a rollout: it stays from one read-back to the next.
 */
export const keepSessions = { ip: 5_000, bridge: 900_000 } as const;

interface Entry {
  readonly key: string;
  readonly uid: string;
  readonly tool: Tool;
  readonly session: Promise<ExecSession>;
  /** Uses under way. */
  users: number;
  cancelClose?: () => void;
}

/** Opens on first use, closes when idle, closes the longest idle one when there are too many. */
export class SessionPool {
  readonly #options: SessionPoolOptions;
  /** Ordered by last use: the first is the longest idle. */
  readonly #entries = new Map<string, Entry>();
  /** By key: one exec at a time per pod and tool, so the next one waits for the end of the last. */
  readonly #closing = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  /** Aborted by `close`: what is being opened is not waited for. */
  readonly #ending = new AbortController();

  constructor(options: SessionPoolOptions) {
    this.#options = options;
  }

  get open(): number {
    return this.#entries.size;
  }

  /** Gives `use` the session of that pod and tool. When `use` throws, the session is closed: its state is unknown. */
  async with<T>(
    agent: AgentAddress,
    { tool, use }: { readonly tool: Tool; readonly use: (session: ExecSession) => Promise<T> },
  ): Promise<T> {
    const entry = await this.#borrow(agent, tool);
    try {
      const result = await use(await entry.session);
      this.#giveBack(entry, tool);
      return result;
    } catch (error) {
      this.#discard(entry);
      throw error;
    }
  }

  /** Closes what is open into a pod; for containers that are about to end and pods that are gone. */
  closePod(uid: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.uid === uid) this.#discard(entry);
    }
  }

  /** Closes one session, if it is open; the next use starts the tool anew. */
  closeSession(agent: AgentAddress, tool: Tool): void {
    const entry = this.#entries.get(keyOf(agent, tool));
    if (entry !== undefined) this.#discard(entry);
  }

  /** Closes everything and resolves when it is closed. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) this.#discard(entry);
    this.#ending.abort();
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all(this.#closing.values());
  }

  async #borrow(agent: AgentAddress, tool: Tool): Promise<Entry> {
    const key = keyOf(agent, tool);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#use(known);
      // A session that died while idle is replaced; nothing was asked of it, so nothing is lost.
      if ((await known.session.catch(() => undefined))?.open) return known;
      this.#discard(known);
      return await this.#borrow(agent, tool);
    }
    for (let last = this.#closing.get(key); last !== undefined; last = this.#closing.get(key)) await last;
    // Nothing may be awaited between this check and the entry below, or two would take the last place.
    while (!this.#hasRoom()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#entries.has(key)) return await this.#borrow(agent, tool);
    if (this.#ending.signal.aborted) throw new Error("Cannot open a session: shutting down");
    const session = this.#options.open(agent, tool, {
      signal: this.#ending.signal,
      onLateStderr: () => this.#options.onLateStderr(agent.uid),
    });
    const entry: Entry = { key, uid: agent.uid, tool, session, users: 1 };
    this.#entries.set(key, entry);
    return entry;
  }

  /**
   * Whether another session may be opened; closes the longest idle one for it if need be, and of `ip` before one of
   * `bridge`, which the next peer that comes needs in every pod.
   */
  #hasRoom(): boolean {
    const limit = this.#options.limit();
    if (this.#entries.size < limit || this.#ending.signal.aborted) return true;
    const idle = [...this.#entries.values()].filter(({ users }) => users === 0);
    // The limit may have come down.
    const victims = [...idle.filter(({ tool }) => tool === "ip"), ...idle.filter(({ tool }) => tool !== "ip")]
      .slice(0, this.#entries.size - limit + 1);
    for (const victim of victims) this.#discard(victim);
    return this.#entries.size < limit;
  }

  #use(entry: Entry): void {
    entry.users++;
    entry.cancelClose?.();
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
  }

  #giveBack(entry: Entry, tool: Tool): void {
    entry.users--;
    if (entry.users > 0 || this.#entries.get(entry.key) !== entry) return;
    entry.cancelClose = this.#options.clock.after(
      this.#options.keep[tool],
      () => this.#discard(entry),
    );
    this.#waiting.shift()?.();
  }

  #discard(entry: Entry): void {
    entry.cancelClose?.();
    if (this.#entries.get(entry.key) !== entry) return;
    this.#entries.delete(entry.key);
    const before = this.#closing.get(entry.key);
    const closing: Promise<void> = entry.session.then((session) => session.close(), () => {})
      .then(() => before)
      .finally(() => {
        if (this.#closing.get(entry.key) === closing) this.#closing.delete(entry.key);
      });
    this.#closing.set(entry.key, closing);
    this.#waiting.shift()?.();
  }
}

function keyOf(agent: AgentAddress, tool: Tool): string {
  return `${agent.uid}/${agent.container}/${agent.containerId}/${tool}`;
}
