// A conversation with the agent's program: both tools and the release through one exec. agent/README.md has the protocol.
import { Allowance, leastCost } from "../kube/exec/allowance.ts";
import type { ExecOutcome, ExecTarget, Executor, RemoteProcess } from "../kube/exec/exec.ts";
import { describeOutcome } from "../kube/exec/exec.ts";
import type { ExecSession } from "../kube/exec/session.ts";
import { checkExchange, type Exchange, type ExchangeOptions, SessionEnded } from "../kube/exec/session.ts";
import type { Tool } from "../overlay/step.ts";
import type { Clock } from "../time/clock.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { type Answered, Request } from "./request.ts";

/** argv of a session. Nothing else is ever run by this name. */
export const agentCommand: readonly string[] = ["vxlan-agent"];

/** The version of the protocol that is spoken here. */
const protocol = 1;

/** Bytes that an exchange may answer unless told otherwise, and for frames around it, some of them for each line. */
const defaultOutputCap = 1024 * 1024;
const frameRoom = 256 * 1024;
const costOfLine = 4 * leastCost;
const releaseDeadline = 10_000;

interface Means {
  readonly target: ExecTarget;
  readonly clock: Clock;
  /** Told why the connection must end. */
  readonly disconnect: (reason: string) => void;
}

export interface ProgramSessionOptions {
  readonly executor: Pick<Executor, "start">;
  readonly target: ExecTarget;
  readonly clock: Clock;
  /** ms until the program must have greeted. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Starts the program and waits for its greeting. Throws SessionEnded; `programMissing` says that the image lacks it. */
export async function openProgramSession(options: ProgramSessionOptions): Promise<ProgramSession> {
  const { executor, target, clock, deadline, signal } = options;
  const limit = new AbortController();
  const abort = (): void => limit.abort("aborted");
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const cancel = clock.after(deadline, () => limit.abort(`no greeting within ${deadline} ms`));
  const session = new ProgramSession({ target, clock, disconnect: (reason) => limit.abort(reason) });
  try {
    const process = await executor.start({
      target,
      command: agentCommand,
      onStdout: (chunk) => session.hear(chunk),
      // It says nothing there; a runtime that cannot start it may.
      onStderr: (chunk) => session.count(chunk),
      signal: limit.signal,
    });
    if ("failed" in process) throw session.ended(process.failed);
    await session.begin(process);
    return session;
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

/** One exec of the program. */
export class ProgramSession {
  readonly #means: Means;
  readonly #frames = new FrameReader();
  readonly #greeted = Promise.withResolvers<void>();
  #pending: Request | undefined;
  #process: RemoteProcess | undefined;
  #outcome: ExecOutcome | undefined;
  #heardHello = false;
  #sent = 0;
  #allowance = new Allowance();
  #queue: Promise<unknown> = Promise.resolve();
  /** Tools that are in use, and tools that were: those are started anew for the next one who asks. */
  readonly #inUse = new Set<ExecSession>();
  readonly #used = new Set<Tool>();
  readonly #over = Promise.withResolvers<void>();

  constructor(means: Means) {
    this.#means = means;
  }

  get open(): boolean {
    return this.#outcome === undefined;
  }

  /** Resolves once it was closed and has ended. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** One of its tools, in the form of a session of its own. With the last tool in use it is closed itself. */
  tool(tool: Tool): ExecSession {
    let [restart, closed] = [this.#used.has(tool), false];
    const isOpen = (): boolean => !closed && this.open;
    const session: ExecSession = {
      get open() {
        return isOpen();
      },
      exchange: async (lines, options) => {
        const asked = { tool, restart, lines };
        restart = false;
        return await this.exchange(asked, options);
      },
      close: async () => {
        closed = true;
        if (this.#inUse.delete(session) && this.#inUse.size === 0) await this.close();
      },
    };
    this.#used.add(tool);
    this.#inUse.add(session);
    return session;
  }

  /** Takes the process, and resolves with its greeting. */
  async begin(process: RemoteProcess): Promise<void> {
    this.#process = process;
    process.ended.then((outcome) => this.#finish(outcome));
    await this.#greeted.promise;
    if (this.#outcome !== undefined) throw this.ended(this.#outcome);
  }

  /** Bytes of stdout, as they come. */
  hear(chunk: Uint8Array): void {
    this.count(chunk);
    if (this.#outcome !== undefined) return;
    try {
      for (const frame of this.#frames.push(chunk)) this.#take(frame);
    } catch (error) {
      const overflow = error instanceof RangeError ? { overflow: true as const } : {};
      this.#abort(error instanceof Error ? error.message : String(error), overflow);
    }
  }

  /** Counts a message of either stream: beyond what there can be to say the session ends. */
  count(chunk: Uint8Array): void {
    if (!this.#allowance.take(chunk)) this.#abort("more, in smaller pieces, than any answer has");
  }

  /** One exchange with one tool, as a session of that tool alone would have it. `restart`: with a fresh process. */
  async exchange(
    { tool, restart, lines }: {
      readonly tool: Tool;
      readonly restart: boolean;
      readonly lines: readonly string[];
    },
    options: ExchangeOptions,
  ): Promise<Exchange> {
    checkExchange(lines, options);
    const before = restart ? [`restart ${tool}`] : [];
    const answered = await this.#ask([...before, ...lines.map((line) => `${tool} ${line}`)], options);
    const stderr = answered.said.map(({ line, refused, text }) =>
      refused ? `${text}\nCommand failed -:${line - before.length}\n` : `${text}\n`
    ).join("");
    if (answered.broken !== undefined) {
      const { outcome, text } = answered.broken;
      throw this.ended(outcome, `${stderr}${text}`);
    }
    const answers = answered.answers.map(({ text }) => text);
    if (answers.length === options.answers) return { answers, stderr, firstLine: 1 };
    const reason = `${answers.length} of ${options.answers} questions were answered`;
    throw this.ended({ kind: "unknown", reason }, stderr);
  }

  /**
   * TERM to the container's main process: `ok` when it was sent, `rejected` when it could not be. The end of the
   * container may come before the answer: then it is what the exec ended with.
   */
  async release(): Promise<ExecOutcome> {
    try {
      const { released, broken } = await this.#ask(["release"], { deadline: releaseDeadline });
      if (broken !== undefined) return { kind: "rejected", status: 0, reason: broken.text };
      return released ? { kind: "ok" } : { kind: "unknown", reason: "the order to end was not answered" };
    } catch (error) {
      if (error instanceof SessionEnded) return error.outcome;
      throw error;
    }
  }

  /** Ends it. Never throws. */
  async close(): Promise<void> {
    this.#finish({ kind: "unknown", reason: "the session was closed" });
    await this.#process?.close();
    this.#over.resolve();
  }

  /** What to throw when the session has ended, or one of its tools. */
  ended(outcome: ExecOutcome, stderr = ""): SessionEnded {
    const { container, namespace, pod } = this.#means.target;
    const where = `container "${container}" of pod ${namespace}/${pod}`;
    const said = stderr.trim() === "" ? "" : `; it said ${JSON.stringify(stderr.trim().slice(0, 1000))}`;
    const message = `Cannot talk to "${agentCommand.join(" ")}" in ${where}: ${describeOutcome(outcome)}`;
    return new SessionEnded(outcome, stderr, message + said);
  }

  /** One request at a time, so that the deadline of one is not spent on another. */
  async #ask(
    lines: readonly string[],
    options: { readonly deadline: number; readonly outputCap?: number },
  ): Promise<Answered> {
    const mine = this.#queue.then(() => this.#request(lines, options));
    // Waits for its end and keeps nothing of it: an idle session must not hold the last answers.
    this.#queue = mine.then(() => {}, () => {});
    return await mine;
  }

  async #request(
    lines: readonly string[],
    { deadline, outputCap = defaultOutputCap }: { readonly deadline: number; readonly outputCap?: number },
  ): Promise<Answered> {
    const token = String(++this.#sent);
    this.#allowance = new Allowance(2 * (outputCap + frameRoom) + costOfLine * lines.length);
    const request = new Request({ lines: lines.length, cap: outputCap + frameRoom, token });
    const cancel = this.#means.clock.after(deadline, () => {
      this.#abort(`no answer to ${lines.length} lines within ${deadline} ms`);
    });
    this.#pending = request;
    const text = [...lines, `end ${token}`].map((line) => `${line}\n`).join("");
    const process = this.#outcome === undefined ? this.#process : undefined;
    // A refused write means that the connection has ended: its own outcome says more than we could.
    if (process?.write(text) === false) this.#finish(await process.ended);
    if (process === undefined) request.breakOff();
    const answered = await request.answered;
    cancel();
    if (answered !== undefined) return answered;
    throw this.ended(this.#outcome ?? { kind: "unknown", reason: "no outcome" });
  }

  #take(frame: Frame): void {
    if (!this.#heardHello) {
      if (frame.kind !== "hello") throw new Error(`it did not greet: ${frame.kind} ${frame.number}`);
      if (frame.number !== protocol) {
        throw new Error(`it speaks version ${frame.number} of the protocol, expected ${protocol}`);
      }
      this.#heardHello = true;
      return this.#greeted.resolve();
    }
    const current = this.#pending;
    if (current === undefined) throw new Error(`an answer that nobody asked for: ${frame.kind}`);
    if (current.take(frame)) this.#pending = undefined;
  }

  #abort(reason: string, more: { readonly overflow?: true } = {}): void {
    if (this.#outcome !== undefined) return;
    this.#finish({ kind: "unknown", reason, ...more });
    this.#means.disconnect(reason);
  }

  #finish(outcome: ExecOutcome): void {
    this.#outcome ??= outcome;
    this.#greeted.resolve();
    this.#pending?.breakOff();
    this.#pending = undefined;
  }
}
