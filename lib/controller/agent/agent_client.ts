// Looking into a pod and changing it, through its agent's sessions. No decisions are made here.
import type { Exchange, ExecSession } from "../../kube/exec/session.ts";
import type { Observation } from "../../overlay/observation.ts";
import {
  barrier,
  observeFdb,
  observeIp,
  readFdb,
  readIp,
  readRefusals,
} from "../../overlay/iproute2/read.ts";
import { render } from "../../overlay/iproute2/render.ts";
import { outdatesBridgeSession, type Step, type Tool } from "../../overlay/step.ts";
import type { AgentAddress, SessionPool } from "./session_pool.ts";

/** A step the kernel refused, with its words. The words are for people: they may be missing or late. */
export interface Refusal {
  readonly step: Step;
  readonly message: string;
}

/** What applying came to: the read-back is the truth, the refusals explain it. */
export interface Applied {
  readonly observed: Observation;
  readonly refusals: readonly Refusal[];
}

/** Milliseconds for one exchange; the kubelet answers in a few. */
const exchangeDeadline = 10_000;

/** Bytes an exchange may answer: a forwarding entry takes about 85, and learned ones stand beside ours. */
const outputFloor = 1 << 20;
const bytesPerEntry = 400;

export interface AgentOptions {
  readonly pool: SessionPool;
  /** Throws when nothing may be written (any more): asked before every exchange that writes. */
  readonly ensureLeader: () => void;
  readonly onStep: (step: Step) => void;
}

/** The agents of all pods. Every method throws SessionEnded when the conversation breaks: look again, later. */
export class AgentClient {
  readonly #options: AgentOptions;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /** Everything the kernel holds. `entries`: how many fdb entries there may be, for the cap on the answer. */
  async observe(agent: AgentAddress, { entries }: { readonly entries: number }): Promise<Observation> {
    const both = await Promise.allSettled([
      this.#exchange(agent, { tool: "ip", steps: [], show: observeIp, entries }),
      this.lookAtFdb(agent, { entries }),
    ]);
    const [ip, fdb] = both;
    if (ip.status === "rejected") throw ip.reason;
    if (fdb.status === "rejected") throw fdb.reason;
    return { ...readIp(ip.value.answers), fdb: fdb.value };
  }

  /** Only the forwarding entries. */
  async lookAtFdb(
    agent: AgentAddress,
    { entries }: { readonly entries: number },
  ): Promise<Observation["fdb"]> {
    const exchange = await this.#exchange(agent, { tool: "bridge", steps: [], show: observeFdb, entries });
    return readFdb(exchange.answers);
  }

  /** Makes the changes and reads back what they may have changed; the rest is taken from `before`. */
  async apply(
    agent: AgentAddress,
    { steps, before, entries }: {
      readonly steps: readonly Step[];
      readonly before: Observation;
      readonly entries: number;
    },
  ): Promise<Applied> {
    const ipSteps = steps.filter((step) => render(step).tool === "ip");
    const bridgeSteps = steps.filter((step) => render(step).tool === "bridge");
    const ip = ipSteps.length === 0
      ? undefined
      : await this.#exchange(agent, { tool: "ip", steps: ipSteps, show: observeIp, entries });
    if (steps.some(outdatesBridgeSession)) this.#options.pool.closeSession(agent, "bridge");
    const bridge = await this.#exchange(agent, {
      tool: "bridge",
      steps: bridgeSteps,
      show: observeFdb,
      entries,
    });
    const kernel = ip === undefined ? before : readIp(ip.answers);
    return {
      observed: { links: kernel.links, routes: kernel.routes, fdb: readFdb(bridge.answers) },
      refusals: [
        ...(ip === undefined ? [] : this.#refusals(ip, { agent, tool: "ip", steps: ipSteps })),
        ...this.#refusals(bridge, { agent, tool: "bridge", steps: bridgeSteps }),
      ],
    };
  }

  /** Closes both sessions: the next look starts the tools anew. */
  closeSessions(agent: AgentAddress): void {
    for (const tool of ["ip", "bridge"] as const) this.#options.pool.closeSession(agent, tool);
  }

  /** Makes changes to the fdb without reading it back; gives what the kernel is known to have refused. */
  async send(
    agent: AgentAddress,
    { steps }: { readonly steps: readonly Step[] },
  ): Promise<readonly Refusal[]> {
    const exchange = await this.#exchange(agent, { tool: "bridge", steps, show: [barrier], entries: 0 });
    return this.#refusals(exchange, { agent, tool: "bridge", steps });
  }

  async #exchange(
    agent: AgentAddress,
    { tool, steps, show, entries }: {
      readonly tool: Tool;
      readonly steps: readonly Step[];
      readonly show: readonly string[];
      readonly entries: number;
    },
  ): Promise<Exchange> {
    const lines = [...steps.map((step) => render(step).text), ...show];
    const outputCap = outputFloor + entries * bytesPerEntry;
    return await this.#options.pool.with(agent, {
      tool,
      use: async (session: ExecSession) => {
        if (steps.length > 0) this.#options.ensureLeader();
        const exchange = await session.exchange(lines, {
          answers: show.length,
          deadline: exchangeDeadline,
          outputCap,
        });
        for (const step of steps) this.#options.onStep(step);
        return exchange;
      },
    });
  }

  /** The refusals of an exchange. Somebody else may have replaced a link the tool remembers: the next look starts it anew. */
  #refusals(
    exchange: Exchange,
    { agent, tool, steps }: {
      readonly agent: AgentAddress;
      readonly tool: Tool;
      readonly steps: readonly Step[];
    },
  ): readonly Refusal[] {
    const refusals = refusalsOf(exchange, steps);
    if (refusals.length > 0) this.#options.pool.closeSession(agent, tool);
    return refusals;
  }
}

function refusalsOf(exchange: Exchange, steps: readonly Step[]): readonly Refusal[] {
  return readRefusals(exchange.stderr).flatMap(({ line, message }) => {
    const step = steps[line - exchange.firstLine];
    return step === undefined ? [] : [{ step, message }];
  });
}
