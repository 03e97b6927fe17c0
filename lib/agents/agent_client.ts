// Looking into a pod and changing it, through its agent's two tools. No decisions are made here.
import { ipQuestions, observeAddresses } from "../overlay/iproute2/questions.ts";
import type { ExecSession } from "../kube/exec/session.ts";
import {
  barrier,
  observeFdb,
  observeLearned,
  readFdb,
  readIp,
  readRefusals,
} from "../overlay/iproute2/read.ts";
import { render } from "../overlay/iproute2/render.ts";
import { kernelOf, type KernelState, type Observation } from "../overlay/observation.ts";
import { isOfBridge, outdatesBridgeSession, runsOf, type Step, toolOf } from "../overlay/step.ts";
import type { Refusal } from "../overlay/unfinished.ts";
import type { WantedState } from "../overlay/wanted.ts";
import { type AgentTools, AnotherPod, closeAll, toolsOfSamePod } from "./agent_tools.ts";
import { answerCaps } from "./answer_caps.ts";
import { withRules } from "./pod_rules.ts";
import type { AgentAddress, Purpose } from "./session_pool.ts";

/** Milliseconds for one exchange (the kubelet answers in a few), and for each of its lines. */
const exchangeDeadline = 10_000;
const lineDeadline = 2;

/** Lines in one exchange: the connection takes 4 MiB at once, and a line may have 150 bytes. */
const linesAtOnce = 5_000;

/**
 * Answers longer than this (bytes) are awaited one after the other, so that not every worker holds one; and longer ones
 * than a pod can bring about by itself (`answerCaps.most`), those of networks of many members, do not wait for such pods.
 */
const longAnswer = 4 << 20;
const answerOfMany = 8 << 20;

export interface AgentOptions {
  readonly tools: AgentTools;
  /** Throws when nothing may be written (any more): asked before every exchange that writes. */
  readonly ensureLeader: () => void;
  readonly onStep: (step: Step) => void;
  /** A number in [0, 1) that nobody knows before. Default: by chance. */
  readonly random?: () => number;
  /** Undefined for a pod that is gone, though a look at it goes on. Default: nobody goes. */
  readonly podOf?: (uid: string) => unknown;
}

/** What is wanted, as far as it says what is looked at. */
type Asking = Pick<WantedState, "interfaces" | "own">;

interface Asked extends Purpose {
  readonly steps?: readonly Step[];
  readonly questions: readonly string[];
  /** Bytes that may be answered. */
  readonly cap?: number;
}

interface Answered {
  readonly answers: readonly string[];
  readonly refusals: readonly Refusal[];
  /** Something was said on stderr, be it understood or not. */
  readonly isDoubtful: boolean;
}

/**
 * The agents of all pods. Every method throws SessionEnded when the conversation breaks: look again, later. So it does
 * before anything is written into another pod of that name.
 */
export class AgentClient {
  readonly #options: AgentOptions;
  readonly #tools: AgentTools;
  /** `bridge` sessions that show nothing but learned entries any more. */
  readonly #narrowed = new WeakSet<Pick<ExecSession, "exchange">>();
  readonly #longAnswers = new Map<boolean, Promise<unknown>>();

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#tools = toolsOfSamePod(options.tools, options.podOf ?? (() => true));
  }

  /** Everything the kernel holds. `cap`: bytes that each tool may answer. */
  async observe(
    agent: AgentAddress,
    asked: { readonly wanted: Asking; readonly cap: number },
  ): Promise<Observation> {
    const [kernel, fdb] = await this.observeHalves(agent, asked);
    if (kernel.status === "rejected") throw kernel.reason;
    if (fdb.status === "rejected") throw fdb.reason;
    return { ...kernel.value, fdb: fdb.value };
  }

  /** Links and routes, and the forwarding entries: one may come without the other, unless it is another pod. */
  async observeHalves(
    agent: AgentAddress,
    { wanted, cap }: { readonly wanted: Asking; readonly cap: number },
  ): Promise<
    readonly [PromiseSettledResult<KernelState>, PromiseSettledResult<Observation["fdb"]>]
  > {
    const halves = await Promise.allSettled([
      this.changeKernel(agent, { steps: [], wanted, cap }).then(({ kernel }) => kernel),
      this.changeFdb(agent, { steps: [], cap }).then(({ fdb }) => fdb),
    ]);
    const [kernel] = halves;
    if (kernel.status === "rejected" && kernel.reason instanceof AnotherPod) throw kernel.reason;
    return halves;
  }

  /** Makes changes with `ip` and reads links and routes back: that is the truth, the refusals explain it. */
  async changeKernel(
    agent: AgentAddress,
    { steps, wanted, cap }: {
      readonly steps: readonly Step[];
      readonly wanted: Asking;
      readonly cap: number;
    },
  ): Promise<{ readonly kernel: KernelState; readonly refusals: readonly Refusal[] }> {
    const questions = ipQuestions(wanted);
    const refusals: Refusal[] = [];
    const runs = runsOf(steps);
    const last = runs.at(-1)?.tool === "ip" ? runs.splice(-1).flatMap((run) => run.steps) : [];
    for (const run of runs) {
      refusals.push(...(await this.#ask(agent, { ...run, questions: [barrier] })).refusals);
    }
    const lasts = wanted.interfaces.some(({ neighbours }) => neighbours.length > 0);
    const look = { tool: "ip", steps: last, questions, cap, isLook: steps.length === 0, lasts } as const;
    const { answers, refusals: lastly } = await this.#ask(agent, look);
    refusals.push(...lastly);
    if (steps.some(outdatesBridgeSession)) this.#tools.closeSession(agent, "bridge");
    return {
      kernel: await withRules(readIp(answers, questions), {
        wanted,
        ask: async (tool, question) =>
          (await this.#ask(agent, { tool, questions: [question], cap })).answers[0] ?? "",
      }),
      refusals,
    };
  }

  /** Makes changes with `bridge` and reads all forwarding entries back. */
  async changeFdb(
    agent: AgentAddress,
    { steps, cap }: { readonly steps: readonly Step[]; readonly cap: number },
  ): Promise<{ readonly fdb: Observation["fdb"]; readonly refusals: readonly Refusal[] }> {
    const asked = { tool: "bridge", steps, questions: observeFdb, cap } as const;
    const { answers, refusals } = await this.#ask(agent, asked);
    return { fdb: readFdb(answers), refusals };
  }

  /** Makes all changes in their order, and reads back what they may have touched. */
  async change(
    agent: AgentAddress,
    { steps, observed, ...asked }: {
      readonly steps: readonly Step[];
      readonly observed: Observation;
      readonly wanted: Asking;
      readonly cap: number;
    },
  ): Promise<{ readonly observed: Observation; readonly refusals: readonly Refusal[] }> {
    const ipSteps = steps.filter((step) => !isOfBridge(step));
    const ip = ipSteps.length === 0
      ? { kernel: kernelOf(observed), refusals: [] }
      : await this.changeKernel(agent, { ...asked, steps: ipSteps });
    const there = new Set(ip.kernel.links.map(({ name, index }) => `${index} ${name}`));
    const ofBridge = steps.filter(isOfBridge);
    const bridgeSteps = ofBridge.filter(({ interfaceName, index }) => there.has(`${index} ${interfaceName}`));
    const lost = ofBridge.filter(({ interfaceName, index }) => !there.has(`${index} ${interfaceName}`));
    // What `ip` did to addresses and the like leaves the entries as they were read.
    const isUnchanged = bridgeSteps.length + lost.length === 0 &&
      !ipSteps.some(({ kind }) => kind === "delete-link");
    const { fdb, refusals } = isUnchanged
      ? { fdb: observed.fdb, refusals: [] }
      : await this.changeFdb(agent, { ...asked, steps: bridgeSteps });
    const replaced = lost.map((step) => ({ step, message: "another link has its name by now" }));
    return { observed: { ...ip.kernel, fdb }, refusals: [...ip.refusals, ...replaced, ...refusals] };
  }

  /** Makes changes, tool by tool; false when something was said that lets doubt that all were carried out. */
  async send(agent: AgentAddress, steps: readonly Step[]): Promise<boolean> {
    let isDoubtful = false;
    for (const [tool, ofTool] of Map.groupBy(steps, toolOf)) {
      const answered = await this.#ask(agent, { tool, steps: ofTool, questions: [barrier], lasts: true });
      isDoubtful ||= answered.isDoubtful;
    }
    return !isDoubtful;
  }

  /** The forwarding entries that the kernel has learned by itself; with old tools all. */
  async learned(agent: AgentAddress, { cap }: { readonly cap: number }): Promise<Observation["fdb"]> {
    const { answers } = await this.#ask(agent, { tool: "bridge", questions: observeLearned, cap });
    return readFdb(answers);
  }

  /** Ends both tools: the next look starts them anew. */
  closeSessions(agent: AgentAddress): void {
    closeAll(this.#tools, agent);
  }

  /** Throws AnotherPod when the name leads to another pod. Costs nothing while a session with `ip` is open. */
  async meet(agent: AgentAddress): Promise<void> {
    await this.#ask(agent, { tool: "ip", questions: [observeAddresses], cap: answerCaps.most });
  }

  async #ask(agent: AgentAddress, asked: Asked): Promise<Answered> {
    const cap = asked.cap ?? 0;
    if (cap <= longAnswer) return await this.#askNow(agent, asked);
    const isOfMany = cap > answerOfMany;
    const mine = (this.#longAnswers.get(isOfMany) ?? Promise.resolve()).then(() =>
      this.#askNow(agent, asked)
    );
    this.#longAnswers.set(isOfMany, mine.then(() => {}, () => {}));
    return await mine;
  }

  async #askNow(agent: AgentAddress, asked: Asked): Promise<Answered> {
    for (;;) {
      const answered = await this.#tools.with(agent, {
        ...asked,
        use: async (session) => {
          if (asked.questions === observeFdb && this.#narrowed.has(session)) return undefined;
          if (asked.questions === observeLearned) this.#narrowed.add(session);
          return await this.#talk(session, asked);
        },
      });
      // Somebody else may have replaced a link that the tool remembers.
      if (answered === undefined || answered.isDoubtful) {
        this.#tools.closeSession(agent, asked.tool);
      }
      if (answered !== undefined) return answered;
    }
  }

  /** In portions, each of which is waited for. */
  async #talk(
    session: Pick<ExecSession, "exchange">,
    { steps = [], questions, cap }: Asked,
  ): Promise<Answered> {
    const chance = (this.#options.random ?? Math.random)();
    const lines = steps.map((step) => ({ step, ...render(step, { chance }) }));
    const refusals: Refusal[] = [];
    let isDoubtful = false;
    for (let at = 0;; at += linesAtOnce) {
      const portion = lines.slice(at, at + linesAtOnce);
      const isLast = at + linesAtOnce >= lines.length;
      const show = isLast ? questions : [barrier];
      if (portion.length > 0) this.#options.ensureLeader();
      const exchange = await session.exchange([...portion.map(({ text }) => text), ...show], {
        answers: show.length,
        deadline: exchangeDeadline + lineDeadline * portion.length,
        ...(cap === undefined ? {} : { outputCap: cap }),
      });
      for (const { step } of portion) this.#options.onStep(step);
      isDoubtful ||= exchange.stderr.trim() !== "";
      for (const { line, message } of readRefusals(exchange.stderr)) {
        const step = portion[line - exchange.firstLine]?.step;
        if (step !== undefined) refusals.push({ step, message });
      }
      if (isLast) return { answers: exchange.answers, refusals, isDoubtful };
    }
  }
}
