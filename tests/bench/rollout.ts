// How much does a rollout cost: N pods of one network on the sandbox, with the product as a process of its own.
import { sleep, systemClock } from "../../lib/time/clock.ts";
import type { ExecRecord } from "../sandbox/faults/counters.ts";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { brokenAtRest } from "../pools/address_law.ts";
import { addressWorld, makePools } from "../stories/pool_objects.ts";
import { sandboxViolations } from "../sandbox/sandbox_invariant.ts";
import {
  controllerOn,
  lastLine,
  makeMembers,
  makeNetworks,
  type RunningProduct,
  untilRunning,
} from "./bench_cluster.ts";
import type { ProcessFigures } from "./process_figures.ts";

export interface RolloutOptions {
  readonly members: number;
  readonly form: "classic" | "native";
  readonly plane: "auto" | "toy";
  /** Of the agents; default: the seed's, without our program. */
  readonly image?: string;
  /** Networks the members are spread over; default 1. */
  readonly networks?: number;
  /** Members get addresses of a pool. */
  readonly pooled?: boolean;
}

/** What was counted and timed. Times in ms from the creation of the first pod. */
export interface RolloutResult {
  readonly plane: string;
  /** All pods released and running. */
  readonly interfaces: number;
  /** Last forwarding entry written. */
  readonly mesh: number;
  readonly execs: number;
  /** Most execs that any one pod saw, before its release and in all. */
  readonly execsBeforeRelease: number;
  readonly execsPerPod: number;
  readonly fdbLines: number;
  readonly wantedEntries: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly controller: ProcessFigures;
  /** Sentences of the invariant checker; empty when all is right. */
  readonly violations: readonly string[];
  /** A second controller on the finished rollout: lines that write, execs, ms until it had looked at all. */
  readonly restart: { readonly writingLines: number; readonly execs: number; readonly ms: number };
}

/** Startup probes (ms) come as often as the pods say: ten thousand that wait are ten thousand each second. */
const probePeriod = 1_000;

/** Runs one. Everything is closed afterwards. */
export async function rollout(options: RolloutOptions): Promise<RolloutResult> {
  await using sandbox = await startSandbox({
    dataPlane: options.plane,
    ...(options.plane === "toy" && { timing: { probePeriod } }),
  });
  const { networks = 1 } = options;
  makeNetworks(sandbox, networks, options.pooled ? " subnet=10.20.0.0/16" : "");
  if (options.pooled) makePools({ sandbox });
  const first = await controllerOn(sandbox);
  const start = performance.now();
  const names = Array.from({ length: options.members }, (_, i) => `pod${i}`);
  makeMembers(sandbox, names, { ...options, networkOf: (_, i) => `net${i % networks}` });
  // Not before: making many in one piece takes longer than the program waits for a request that was begun.
  const most = watchMemory(first);
  await untilRunning(sandbox, names);
  const interfaces = performance.now() - start;
  const mesh = await lastLine(sandbox) - start;
  const controller = { ...await first.figures(), residentMiB: await most.end() };
  const counted = countsOf(sandbox, names);
  const violations = [
    ...await sandboxViolations(sandbox, {
      members: names.map((pod, i) => ({ pod, network: `net${i % networks}`, vni: 100 + i % networks })),
    }),
    ...options.pooled ? brokenAtRest(await addressWorld({ sandbox }, ["net0"])) : [],
  ];
  await first.stop();
  const perNetwork = options.members / networks;
  return {
    plane: sandbox.plane.description,
    interfaces,
    mesh,
    ...counted,
    wantedEntries: options.members * (perNetwork - 1),
    bytes: sandbox.server.wire.bytes,
    controller,
    violations,
    restart: await restartOn(sandbox),
  };
}

/** Milliseconds between two looks at the memory. */
const memoryPeriod = 1_000;

/** Follows it until its end; gives the most (MiB resident) that was seen. */
function watchMemory({ figures }: RunningProduct): { readonly end: () => Promise<number> } {
  const over = new AbortController();
  let most = 0;
  const look = async (): Promise<void> => {
    most = Math.max(most, (await figures()).residentMiB);
  };
  const watching = (async () => {
    while (!over.signal.aborted) {
      await look();
      await sleep(systemClock, memoryPeriod, over.signal);
    }
  })();
  return {
    end: async () => {
      over.abort();
      await watching;
      await look();
      return most;
    },
  };
}

function countsOf(
  sandbox: Sandbox,
  names: readonly string[],
): Pick<RolloutResult, "execs" | "execsBeforeRelease" | "execsPerPod" | "fdbLines" | "requests"> {
  const { counters } = sandbox;
  const byPod = Map.groupBy(counters.execs(), ({ pod }) => pod);
  const perPod = names.map((pod) => byPod.get(pod) ?? []);
  return {
    execs: counters.execs().length,
    execsBeforeRelease: Math.max(...perPod.map(beforeRelease)),
    execsPerPod: Math.max(...perPod.map((execs) => execs.length)),
    fdbLines: counters.writingLines().filter((line) => line.startsWith("fdb ")).length,
    requests: counters.requests,
  };
}

/** Classic: up to and including the kill, or the exec that carried the order. Native: the execs until the marker was set. */
function beforeRelease(execs: readonly ExecRecord[]): number {
  const kill = execs.findIndex(({ command }) => command[0] === "kill");
  if (kill >= 0) return kill + 1;
  const released = execs.findIndex(({ lines }) => lines.includes("release"));
  if (released >= 0) return released + 1;
  const marked = execs.findIndex(({ lines }) =>
    lines.some((line) => line.includes("kube-vxlan-controller:ready"))
  );
  // With the tools alone `bridge` has its own, beside that of `ip`.
  const least = execs[marked]?.command[0] === "ip" ? 2 : 1;
  return marked < 0 ? execs.length : Math.max(marked + 1, least);
}

async function restartOn(sandbox: Sandbox): Promise<RolloutResult["restart"]> {
  sandbox.counters.reset();
  const start = performance.now();
  const second = await controllerOn(sandbox);
  const at = await lastLine(sandbox);
  await second.stop();
  const { counters } = sandbox;
  return { writingLines: counters.writingLines().length, execs: counters.execs().length, ms: at - start };
}
