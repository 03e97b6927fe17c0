// Letting a pod go on once its networks hold, and seeing to it that it went.
import type { AgentClient } from "../../agents/agent_client.ts";
import { markReady, orderToEnd, type TerminateOptions, terminateText } from "../../agents/let_go.ts";
import type { AgentAddress } from "../../agents/session_pool.ts";
import type { Member } from "../../member/member.ts";
import type { Clock } from "../../time/clock.ts";
import { isReady } from "../../overlay/step.ts";
import type { Convergence } from "./convergence.ts";
import type { Outcome } from "../../queue/work_queue.ts";
import type { PodCache } from "./pod_cache.ts";
import type { Reporter } from "../../report/report.ts";

/**
 * Milliseconds for an agent to end after it was asked to. Only the status tells, and that comes late in a large rollout:
 * then the second order, an exec of its own, would be wasted on most pods. So the wait follows what others needed.
 */
const patience = { least: 5_000, most: 60_000, factor: 3 } as const;
/** Releases that are remembered for it. */
const rememberedWaits = 16;

export interface ReleaserOptions extends Omit<TerminateOptions, "how"> {
  readonly agents: AgentClient;
  readonly reporter: Required<Reporter>;
  readonly clock: Clock;
  readonly ensureLeader: () => void;
}

/** Releases pods and sees to it that they went. Throws SessionEnded when the agent cannot be reached. */
export class Releaser {
  readonly #options: ReleaserOptions;
  /** Milliseconds from the order to the status that said so, of the latest releases. */
  readonly #waits: number[] = [];

  constructor(options: ReleaserOptions) {
    this.#options = options;
  }

  /** True from the order to end until the container's status says that it has. */
  isUnderWay(cache: PodCache, agent: AgentAddress): boolean {
    return cache.release?.containerId === agent.containerId;
  }

  /** Call when the pod is seen without that agent: the status has said that it ended. */
  ended(cache: PodCache): void {
    const { release } = cache;
    cache.release = undefined;
    // One that is deaf to TERM says nothing of how late statuses come.
    if (release?.asked !== "terminate") return;
    this.#waits.push(this.#options.clock.now() - release.at);
    if (this.#waits.length > rememberedWaits) this.#waits.shift();
  }

  /** Call only when everything was read back. */
  async release(
    agent: AgentAddress,
    { how, member, cache, result: { kernel } }: {
      readonly how: "terminate" | "marker";
      readonly member: Member;
      readonly cache: PodCache;
      readonly result: Convergence;
    },
  ): Promise<void> {
    const { agents, reporter } = this.#options;
    if (how === "terminate") {
      await this.#terminate(cache, { agent, how });
      cache.handOver();
    } else {
      if (isReady(kernel)) return;
      const links = await markReady(agents, { agent, cap: cache.answerCap });
      const { cached } = cache;
      if (cached !== undefined) cache.cached = { ...cached, kernel: { ...cached.kernel, links } };
    }
    reporter.released(member, member.networks);
  }

  /** After the order: waits a little, repeats it, in the old way too, then starts over. */
  async follow(cache: PodCache, agent: AgentAddress): Promise<Outcome> {
    const { release } = cache;
    if (release === undefined) return { kind: "done" };
    const isHeard = release.isSure || release.asked === "again";
    const usual = isHeard ? patience.factor * Math.max(...this.#waits) : 0;
    const allowed = Math.min(patience.most, Math.max(patience.least, usual));
    const left = release.at + allowed - this.#options.clock.now();
    const reason = `container ${agent.container} was told to end`;
    if (left > 0) return { kind: "wait", reason, requeueAfter: left };
    if (release.asked === "terminate") {
      await this.#terminate(cache, { agent, how: "again" });
      return { kind: "wait", reason, requeueAfter: allowed };
    }
    cache.release = undefined;
    throw new Error(
      `Cannot release the pod: container ${agent.container} still runs after ${terminateText}; ` +
        "its main process must end on TERM",
    );
  }

  async #terminate(
    cache: PodCache,
    { agent, how }: { readonly agent: AgentAddress; readonly how: TerminateOptions["how"] },
  ): Promise<void> {
    const { clock, ensureLeader } = this.#options;
    ensureLeader();
    const isSure = await orderToEnd(agent, { ...this.#options, how });
    cache.release = { containerId: agent.containerId, at: clock.now(), asked: how, isSure };
  }
}
