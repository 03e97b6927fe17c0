// Letting a pod go on once its networks hold: TERM for the init agent, the marker for a native sidecar.
import {
  describeOutcome,
  endedWithContainer,
  type ExecOutcome,
  type ExecResult,
  type Executor,
} from "../../kube/exec/exec.ts";
import { SessionEnded } from "../../kube/exec/session.ts";
import type { Member } from "../../member/member.ts";
import type { Clock } from "../../time/clock.ts";
import { isReady } from "../../overlay/step.ts";
import type { AgentClient } from "../../agents/agent_client.ts";
import type { Convergence } from "./convergence.ts";
import type { Outcome } from "../../queue/work_queue.ts";
import type { PodCache } from "./pod_cache.ts";
import type { Reporter } from "../../report/report.ts";
import type { AgentAddress, SessionPool, TerminateAgent } from "../../agents/session_pool.ts";

/** Commands of the agent image's contract. The second is for old agents that do not end on TERM. */
const terminate = ["kill", "-TERM", "1"] as const;
const terminateByFile = ["touch", "/run/terminate"] as const;

/**
 * Milliseconds for an agent to end after it was asked to. Only the status tells, and that comes late in a large rollout:
 * then the second order, an exec of its own, would be wasted on most pods. So the wait follows what others needed.
 */
const patience = { least: 5_000, most: 60_000, factor: 3 } as const;
/** Releases that are remembered for it. */
const rememberedWaits = 16;
const execDeadline = 10_000;

export interface ReleaserOptions {
  readonly executor: Pick<Executor, "run">;
  readonly terminate: TerminateAgent;
  readonly agents: AgentClient;
  readonly pool: SessionPool;
  readonly podCache: PodCache;
  readonly reporter: Required<Reporter>;
  readonly clock: Clock;
  readonly ensureLeader: () => void;
  /** Aborted: an order that is under way is not waited for any more. */
  readonly ending: AbortSignal;
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
  isUnderWay(agent: AgentAddress): boolean {
    return this.#options.podCache.of(agent.uid).release?.containerId === agent.containerId;
  }

  /** Call when the pod is seen without that agent: the status has said that it ended. */
  ended(uid: string): void {
    const memory = this.#options.podCache.of(uid);
    const { release } = memory;
    memory.release = undefined;
    // One that is deaf to TERM says nothing of how late statuses come.
    if (release?.asked !== "terminate") return;
    this.#waits.push(this.#options.clock.now() - release.at);
    if (this.#waits.length > rememberedWaits) this.#waits.shift();
  }

  /** Call only when everything was read back. */
  async release(
    agent: AgentAddress,
    { how, member, result }: {
      readonly how: "terminate" | "marker";
      readonly member: Member;
      readonly result: Convergence;
    },
  ): Promise<void> {
    const done = how === "marker" ? await this.#mark(agent, result) : await this.#terminate(agent, terminate);
    if (how === "terminate") {
      this.#options.podCache.handOver(agent.uid);
    }
    if (done) this.#options.reporter.released(member, member.networks);
  }

  /** After the order: waits a little, then tries the old way, then starts over. */
  async follow(agent: AgentAddress): Promise<Outcome> {
    const memory = this.#options.podCache.of(agent.uid);
    const { release } = memory;
    if (release === undefined) return { kind: "done" };
    const allowed = this.#patience();
    const left = release.at + allowed - this.#options.clock.now();
    const reason = `container ${agent.container} was told to end`;
    if (left > 0) return { kind: "wait", reason, requeueAfter: left };
    if (release.asked === "terminate") {
      await this.#terminate(agent, terminateByFile);
      return { kind: "wait", reason, requeueAfter: allowed };
    }
    memory.release = undefined;
    throw new Error(
      `Cannot release the pod: container ${agent.container} still runs after ` +
        `${terminate.join(" ")} and ${terminateByFile.join(" ")}; its main process must end on TERM`,
    );
  }

  #patience(): number {
    const slowest = this.#waits.reduce((longest, each) => Math.max(longest, each), 0);
    return Math.min(patience.most, Math.max(patience.least, patience.factor * slowest));
  }

  /** True when the marker was not there before. */
  async #mark(agent: AgentAddress, before: Convergence): Promise<boolean> {
    if (isReady(before.kernel)) return false;
    const { agents, podCache } = this.#options;
    const pod = podCache.of(agent.uid);
    const steps = [{ kind: "set-ready" }] as const;
    const { kernel: { links }, refusals } = await agents.changeKernel(agent, {
      steps,
      wanted: { interfaces: [], own: new Set() },
      cap: pod.answerCap,
    });
    if (!isReady({ links })) {
      throw new Error(
        `Cannot mark the pod as ready: ${refusals[0]?.message ?? "the alias of lo did not stay"}`,
      );
    }
    const { cached } = pod;
    if (cached !== undefined) pod.cached = { ...cached, kernel: { ...cached.kernel, links } };
    return true;
  }

  async #terminate(agent: AgentAddress, command: readonly string[]): Promise<boolean> {
    const { pool, podCache, clock } = this.#options;
    this.#options.ensureLeader();
    const said = command === terminate ? await this.#options.terminate(agent) : undefined;
    // They would end with the container anyway; closed first they end without an error.
    pool.closePod(agent.uid);
    const result = said === undefined
      ? await this.#run(agent, command)
      : { outcome: said, stdout: "", stderr: "" };
    if (!wasSent(result.outcome)) throw notSent(result, { agent, command });
    const asked = command === terminate ? "terminate" : "terminate file";
    podCache.of(agent.uid).release = { containerId: agent.containerId, at: clock.now(), asked };
    return asked === "terminate";
  }

  async #run(agent: AgentAddress, command: readonly string[]): Promise<ExecResult> {
    return await this.#options.executor.run({
      target: agent,
      command,
      deadline: execDeadline,
      signal: this.#options.ending,
    });
  }
}

/**
 * The end of the container's main process ends everything in the container, this command too, before it can say that it
 * worked; or its connection may be cut. The status will tell.
 */
function wasSent(outcome: ExecOutcome): boolean {
  return outcome.kind === "ok" || outcome.kind === "unknown" || endedWithContainer(outcome);
}

function notSent(
  { outcome, stderr }: ExecResult,
  { agent, command }: { readonly agent: AgentAddress; readonly command: readonly string[] },
): SessionEnded {
  const what = `Cannot release the pod by ${command.join(" ")} in container ${agent.container}`;
  const said = stderr.trim() === "" ? "" : `: ${stderr.trim()}`;
  return new SessionEnded(outcome, stderr, `${what}: ${describeOutcome(outcome)}${said}`);
}
