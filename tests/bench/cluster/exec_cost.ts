// How much processor time does one exec cost here, and one exchange in it, and a startup probe that fails? By the cgroups,
// less what idling costs.
import { openProgramSession } from "../../../lib/agents/program_session.ts";
import type { Executor } from "../../../lib/kube/exec/exec.ts";
import { barrier } from "../../../lib/overlay/iproute2/read.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { agentContainer, agentImage, executorFor } from "../../cluster/members.ts";
import { readShares, type Shares, sharesBetween, totalOf } from "./shares.ts";

const execs = 60;
const atOnce = 4;
const exchanges = 1_000;
const idle = 8_000;

/** Seconds for each; the caller's own time is not in it. */
export interface Costs {
  /** An exec of `vxlan-agent` that ends at once. */
  readonly exec: Shares;
  /** A question and its answer in one that runs: what a peer's coming or going costs a pod. */
  readonly exchange: Shares;
}

export async function costs(cluster: Cluster, namespace: string): Promise<Costs> {
  const pod = "exec-cost";
  const container = {
    ...{ name: agentContainer, image: agentImage, imagePullPolicy: "IfNotPresent" },
    securityContext: { capabilities: { add: ["NET_ADMIN"] } },
  };
  const object = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name: pod } };
  const spec = { terminationGracePeriodSeconds: 1, containers: [container] };
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ ...object, spec }));
  await cluster.kubectl(["-n", namespace, "wait", `pod/${pod}`, "--for=condition=Ready", "--timeout=60s"]);
  const executor = await executorFor(cluster);
  const target = { namespace, pod, container: agentContainer };
  const work = async (): Promise<void> => {
    for (let done = 0; done < execs / atOnce; done++) {
      const { outcome } = await executor.run({ target, command: ["vxlan-agent"], deadline: 20_000 });
      if (outcome.kind !== "ok") throw new Error(`Cannot measure an exec: ${JSON.stringify(outcome)}`);
    }
  };
  const ms = (task: () => Promise<unknown>): Promise<Used> => measure(cluster, task);
  try {
    const still = await ms(() => new Promise((resolve) => setTimeout(resolve, idle)));
    const busy = await ms(() => Promise.all(Array.from({ length: atOnce }, work)));
    const talk = await talking(executor, target);
    const talked = await ms(talk);
    return {
      exec: perUnit(busy, { idle: still, units: execs }),
      exchange: perUnit(talked, { idle: still, units: exchanges }),
    };
  } finally {
    executor.close();
    await cluster.kubectl(["-n", namespace, "delete", "pod", pod, "--now"]);
  }
}

/** A session that is open, with its tool running: gives what asks in it, one after the other. */
async function talking(
  executor: Executor,
  target: { readonly namespace: string; readonly pod: string; readonly container: string },
): Promise<() => Promise<void>> {
  const { signal } = new AbortController();
  const session = await openProgramSession({
    executor,
    target,
    clock: systemClock,
    deadline: 20_000,
    signal,
  });
  const bridge = session.tool("bridge");
  const ask = (): Promise<unknown> => bridge.exchange([barrier], { answers: 1, deadline: 20_000 });
  await ask();
  return async () => {
    for (let done = 0; done < exchanges; done++) await ask();
    await bridge.close();
  };
}

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
