// Which execs lead into an agent: one of its program for everything, or one for each tool where the image lacks it.
import type { ExecOutcome, Executor } from "../../kube/exec/exec.ts";
import { type ExecSession, openSession, SessionEnded } from "../../kube/exec/session.ts";
import { batchCommand } from "../../overlay/iproute2/render.ts";
import type { Tool } from "../../overlay/step.ts";
import { type Clock, within } from "../../time/clock.ts";
import { openProgramSession, type ProgramSession, toolOf } from "./program_session.ts";
import type { AgentAddress, OpenSession } from "./session_pool.ts";

/** ms until an exec must be open, and the program have greeted. */
const openDeadline = 15_000;

/** ms for which others wait while one exec finds out about their image. */
const askingLimit = 1_000;

/** Images of which it is remembered whether they have the program; the oldest are forgotten. */
const rememberedImages = 1_000;

export interface AgentExecsOptions {
  readonly executor: Executor;
  readonly clock: Clock;
}

/** One exec of the program, shared by its tools. */
interface Shared {
  readonly session: Promise<ProgramSession>;
  /** Tools that are in use, and tools that were: those are started anew for the next one who asks. */
  readonly open: Set<ExecSession>;
  readonly used: Set<Tool>;
  closing?: Promise<void>;
}

/** Opens sessions for SessionPool. */
export class AgentExecs {
  readonly #options: AgentExecsOptions;
  readonly #shared = new Map<string, Shared>();
  /** By image id; by container id where the status names none. In the order of the first sight. */
  readonly #hasProgram = new Map<string, boolean>();
  /** Images that one exec is finding out about: a rollout of an image without it costs one exec, not one a pod. */
  readonly #asking = new Map<string, Promise<void>>();

  constructor(options: AgentExecsOptions) {
    this.#options = options;
  }

  /** Starts a tool in its batch mode in an agent; gives up when the signal is aborted. Throws SessionEnded. */
  async open(
    agent: AgentAddress,
    tool: Tool,
    { signal, onLateStderr }: Parameters<OpenSession>[2],
  ): Promise<ExecSession> {
    const shared = await this.#toolOfProgram(agent, { tool, signal });
    if (shared !== undefined) return shared;
    const { executor, clock } = this.#options;
    return await openSession(executor, {
      target: targetOf(agent),
      command: batchCommand(tool),
      clock,
      deadline: openDeadline,
      signal,
      onLateStderr,
    });
  }

  /** Orders the agent to end, if its program is being talked to; undefined when it is not. Throws SessionEnded. */
  async terminate(agent: AgentAddress): Promise<ExecOutcome | undefined> {
    const shared = this.#shared.get(keyOf(agent));
    if (shared === undefined || shared.closing !== undefined) return undefined;
    const session = await shared.session;
    return session.open ? await session.release() : undefined;
  }

  /** The tool as the program offers it; undefined when the image has no such program. */
  async #toolOfProgram(
    agent: AgentAddress,
    { tool, signal }: { readonly tool: Tool; readonly signal: AbortSignal },
  ): Promise<ExecSession | undefined> {
    const [key, image] = [keyOf(agent), agent.imageId ?? agent.containerId];
    while (this.#hasProgram.get(image) !== false) {
      const known = this.#shared.get(key);
      const asking = this.#asking.get(image);
      if (known?.closing !== undefined) {
        await known.closing;
      } else if (known !== undefined) {
        const session = await known.session.catch((error) => this.#without(error, { key, image, known }));
        // Nothing may be awaited between this check and the use, or it may be closed in between.
        if (session?.open && known.closing === undefined) return this.#tool(key, { tool, known, session });
        if (session !== undefined && known.closing === undefined) await this.#close(key, known);
      } else if (asking !== undefined && !this.#hasProgram.has(image)) {
        // A pod that does not answer must not hold up the others.
        await within(asking, { clock: this.#options.clock, ms: askingLimit });
        if (this.#asking.get(image) === asking) this.#asking.delete(image);
      } else {
        this.#start(agent, { key, image, signal });
      }
    }
    return undefined;
  }

  #start(
    agent: AgentAddress,
    { key, image, signal }: { readonly key: string; readonly image: string; readonly signal: AbortSignal },
  ): void {
    const { executor, clock } = this.#options;
    const target = targetOf(agent);
    const session = openProgramSession({ executor, clock, target, deadline: openDeadline, signal });
    this.#shared.set(key, { session, open: new Set(), used: new Set() });
    const asking = session.then(() => this.#remember(image, true), () => {}).finally(() => {
      if (this.#asking.get(image) === asking) this.#asking.delete(image);
    });
    this.#asking.set(image, asking);
  }

  /** The image lacks the program: undefined. Any other reason is thrown on. */
  #without(
    error: unknown,
    { key, image, known }: { readonly key: string; readonly image: string; readonly known: Shared },
  ): undefined {
    if (this.#shared.get(key) === known) this.#shared.delete(key);
    const isMissing = error instanceof SessionEnded && error.outcome.kind === "not-ready" &&
      error.outcome.programMissing === true;
    if (!isMissing) throw error;
    this.#remember(image, false);
    return undefined;
  }

  #remember(image: string, has: boolean): void {
    this.#hasProgram.set(image, has);
    const [oldest] = this.#hasProgram.keys();
    if (this.#hasProgram.size > rememberedImages && oldest !== undefined) this.#hasProgram.delete(oldest);
  }

  #tool(
    key: string,
    { tool, known, session }: {
      readonly tool: Tool;
      readonly known: Shared;
      readonly session: ProgramSession;
    },
  ): ExecSession {
    const one = toolOf(session, {
      tool,
      restart: known.used.has(tool),
      onClose: async () => {
        known.open.delete(one);
        if (known.open.size === 0) await this.#close(key, known);
      },
    });
    known.used.add(tool);
    known.open.add(one);
    return one;
  }

  async #close(key: string, shared: Shared): Promise<void> {
    shared.closing ??= shared.session.then((session) => session.close());
    await shared.closing;
    if (this.#shared.get(key) === shared) this.#shared.delete(key);
  }
}

function targetOf({ namespace, pod, container }: AgentAddress): {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
} {
  return { namespace, pod, container };
}

function keyOf({ uid, container, containerId }: AgentAddress): string {
  return `${uid}/${container}/${containerId}`;
}
