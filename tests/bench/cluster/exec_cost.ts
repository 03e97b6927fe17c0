// How much processor time does one exec cost here, alone and in pods that have just started, and one exchange in it, and a
// startup probe that fails? By the cgroups, less what idling costs.
import { agentCommand, openProgramSession } from "../../../lib/agents/program_session.ts";
import type { ExecTarget, Executor } from "../../../lib/kube/exec/exec.ts";
import { barrier } from "../../../lib/overlay/iproute2/read.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { agentContainer, executorFor } from "../../cluster/members.ts";
import { readShares, type Shares, sharesBetween, totalOf } from "./shares.ts";

const bareExecs = 60;
const bareAtOnce = 4;
/** Enough that no core idles, as in a rollout. */
const firstAtOnce = 8;
const exchanges = 1_000;
const idle = 5_000;
const deadline = 20_000;

/** Seconds for each; the caller's own time is not in it. */
export interface Costs {
  /** An exec of `vxlan-agent` that ends at once, many times in one pod on cores that are not all busy: the least. */
  readonly bareExec: Shares;
  /** The first exec in each pod of a rollout, with a question to either tool: what a pod of ours costs. */
  readonly exec: Shares;
  /** A question and its answer in one that runs: what a peer's coming or going costs a pod. */
  readonly exchange: Shares;
  /** A second in which nothing happens, with those pods there: whatever makes a rollout longer makes it pay for more. */
  readonly still: Shares;
}

/** `pods`: names of pods with an agent of ours into which no exec has gone, as many as are rolled out. */
export async function costs(
  cluster: Cluster,
  { namespace, pods }: { readonly namespace: string; readonly pods: readonly string[] },
): Promise<Costs> {
  const executor = await executorFor(cluster);
  const targets = pods.map((pod) => ({ namespace, pod, container: agentContainer }));
  const [first] = targets;
  if (first === undefined) throw new Error("Cannot measure an exec: there is no pod");
  const ms = (task: () => Promise<unknown>): Promise<Used> => measure(cluster, task);
  try {
    // What of the start goes on after it is not the exec's.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const still = await ms(() => new Promise((resolve) => setTimeout(resolve, idle)));
    const each = await ms(() => firstExecs(executor, targets));
    const busy = await ms(() => bareExecsIn(executor, first));
    const talk = await talking(executor, first);
    const talked = await ms(talk);
    return {
      bareExec: perUnit(busy, { idle: still, units: bareExecs }),
      exec: perUnit(each, { idle: still, units: targets.length }),
      exchange: perUnit(talked, { idle: still, units: exchanges }),
      still: perUnit(still, { idle: { shares: nothing, seconds: 1 }, units: still.seconds }),
    };
  } finally {
    executor.close();
  }
}

/** One into each: opened, both tools started and asked, closed. */
async function firstExecs(executor: Executor, targets: readonly ExecTarget[]): Promise<void> {
  const left = [...targets];
  const work = async (): Promise<void> => {
    for (let target = left.shift(); target !== undefined; target = left.shift()) {
      const session = await openSession(executor, target);
      await session.tool("ip").exchange([barrier], { answers: 1, deadline });
      const bridge = session.tool("bridge");
      await bridge.exchange([barrier], { answers: 1, deadline });
      await bridge.close();
    }
  };
  await Promise.all(Array.from({ length: firstAtOnce }, work));
}

async function bareExecsIn(executor: Executor, target: ExecTarget): Promise<void> {
  const work = async (): Promise<void> => {
    for (let done = 0; done < bareExecs / bareAtOnce; done++) {
      const { outcome } = await executor.run({ target, command: agentCommand, deadline });
      if (outcome.kind !== "ok") throw new Error(`Cannot measure an exec: ${JSON.stringify(outcome)}`);
    }
  };
  await Promise.all(Array.from({ length: bareAtOnce }, work));
}

/** A session that is open, with its tool running: gives what asks in it, one after the other. */
async function talking(executor: Executor, target: ExecTarget): Promise<() => Promise<void>> {
  const bridge = (await openSession(executor, target)).tool("bridge");
  const ask = (): Promise<unknown> => bridge.exchange([barrier], { answers: 1, deadline });
  await ask();
  return async () => {
    for (let done = 0; done < exchanges; done++) await ask();
    await bridge.close();
  };
}

function openSession(executor: Executor, target: ExecTarget): ReturnType<typeof openProgramSession> {
  const { signal } = new AbortController();
  return openProgramSession({ executor, target, clock: systemClock, deadline, signal });
}

const nothing: Shares = {
  ...{ apiServer: 0, etcd: 0, managers: 0, kubelets: 0, runtime: 0, pods: 0, controller: 0 },
};

/** What was used, and in how many seconds. */
export interface Used {
  readonly shares: Shares;
  readonly seconds: number;
}

export async function measure(cluster: Cluster, task: () => Promise<unknown>): Promise<Used> {
  const start = performance.now();
  const before = await readShares(cluster, 0);
  await task();
  const shares = sharesBetween(before, await readShares(cluster, 0));
  return { shares, seconds: (performance.now() - start) / 1000 };
}

/** Seconds for one of `units` things that were done in `used`, less what goes on anyway. */
export function perUnit(
  used: Used,
  { idle, units }: { readonly idle: Used; readonly units: number },
): Shares {
  const share = (name: keyof Shares): number =>
    (used.shares[name] - idle.shares[name] * used.seconds / idle.seconds) / units;
  return {
    apiServer: share("apiServer"),
    etcd: share("etcd"),
    managers: share("managers"),
    kubelets: share("kubelets"),
    runtime: share("runtime"),
    pods: share("pods"),
    controller: 0,
  };
}

/** In one line: "41 ms (runtime 18, …)". */
export function millisecondsText(shares: Shares): string {
  const parts = Object.entries(shares).map(([name, seconds]) => `${name} ${(seconds * 1000).toFixed(1)}`);
  return `${(totalOf(shares) * 1000).toFixed(1)} ms (${parts.join(", ")})`;
}

/** A line for each; none without them. */
export function costsLines(costs: Costs | undefined): readonly string[] {
  if (costs === undefined) return [];
  return [
    `  first exec in a pod ${millisecondsText(costs.exec)}`,
    `  one that ends at once ${millisecondsText(costs.bareExec)}`,
    `  one exchange ${millisecondsText(costs.exchange)}`,
    `  a second in which nothing happens ${millisecondsText(costs.still)}`,
  ];
}
