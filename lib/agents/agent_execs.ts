// Which execs lead into an agent: one of its program for everything, or one for each tool where the image lacks it.
import { type ExecOutcome, type Executor, isProgramMissing } from "../kube/exec/exec.ts";
import { type ExecSession, openSession, SessionEnded } from "../kube/exec/session.ts";
import { batchCommand } from "../overlay/iproute2/render.ts";
import type { Tool } from "../overlay/step.ts";
import { type Clock, within } from "../time/clock.ts";
import { openProgramSession, type ProgramSession } from "./program_session.ts";
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

/** Opens sessions for SessionPool. */
export class AgentExecs {
  readonly #options: AgentExecsOptions;
  /** One exec for each agent whose image has the program, until it has ended. */
  readonly #sessions = new Map<string, Promise<ProgramSession>>();
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
      target: agent,
      command: batchCommand(tool),
      clock,
      deadline: openDeadline,
      signal,
      onLateStderr,
    });
  }

  /** Orders the agent to end, if its program is being talked to; undefined when it is not. Throws SessionEnded. */
  async terminate(agent: AgentAddress): Promise<ExecOutcome | undefined> {
    const session = await this.#sessions.get(keyOf(agent));
    return session?.open ? await session.release() : undefined;
  }

  /** The tool as the program offers it; undefined when the image has no such program. */
  async #toolOfProgram(
    agent: AgentAddress,
    { tool, signal }: { readonly tool: Tool; readonly signal: AbortSignal },
  ): Promise<ExecSession | undefined> {
    const [key, image] = [keyOf(agent), agent.imageId ?? agent.containerId];
    while (this.#hasProgram.get(image) !== false) {
      const known = this.#sessions.get(key);
      const asking = this.#asking.get(image);
      if (known !== undefined) {
        const session = await known.catch((error) => this.#without(error, { key, image, known }));
        if (session?.open) return session.tool(tool);
        // Somebody closes it, or it ended by itself.
        await session?.close();
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
    const session = openProgramSession({ executor, clock, target: agent, deadline: openDeadline, signal });
    this.#sessions.set(key, session);
    const asking = session.then(({ over }) => {
      this.#remember(image, true);
      over.then(() => this.#drop(key, session));
    }, () => {}).finally(() => {
      if (this.#asking.get(image) === asking) this.#asking.delete(image);
    });
    this.#asking.set(image, asking);
  }

  /** The image lacks the program: undefined. Any other reason is thrown on. */
  #without(
    error: unknown,
    { key, image, known }: {
      readonly key: string;
      readonly image: string;
      readonly known: Promise<ProgramSession>;
    },
  ): undefined {
    this.#drop(key, known);
    if (!(error instanceof SessionEnded) || !isProgramMissing(error.outcome)) throw error;
    this.#remember(image, false);
    return undefined;
  }

  #drop(key: string, session: Promise<ProgramSession>): void {
    if (this.#sessions.get(key) === session) this.#sessions.delete(key);
  }

  #remember(image: string, has: boolean): void {
    this.#hasProgram.set(image, has);
    const [oldest] = this.#hasProgram.keys();
    if (this.#hasProgram.size > rememberedImages && oldest !== undefined) this.#hasProgram.delete(oldest);
  }
}

function keyOf({ uid, container, containerId }: AgentAddress): string {
  return `${uid}/${container}/${containerId}`;
}
