// The arbiter of addresses: all that wait for one object's pools are served by one write to it, before any kernel is touched.
//
// A pod's annotation cannot be that: two controllers that both think they lead would write different pods with one
// address, and nothing would conflict. Here the slower one is refused, reads again, and sees what is taken.
import type { ApiClient } from "../kube/api/client.ts";
import type { AddressPools, PoolHooks, PoolRequest } from "../network/pool_request.ts";
import type { PoolAnswer } from "../network/pool.ts";
import { type Outcome, WorkQueue } from "../queue/work_queue.ts";
import type { Clock } from "../time/clock.ts";
import { Timer } from "../time/timer.ts";
import type { PoolSizes } from "./allocation.ts";
import { livingPods } from "./departures.ts";
import { objectOf, poolObjects } from "./pool_object.ts";
import { MemoryKeeper } from "./memory/keeper.ts";
import { ObjectPass } from "./object_pass.ts";
import { ServerClock } from "./server_clock.ts";

export interface PoolsOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** Where the objects are, and how their names begin. */
  readonly namespace: string;
  readonly prefix: string;
  /** The annotation key of the networks. */
  readonly owner: string;
  readonly selector: string;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly isLeader: () => boolean;
  readonly say: (message: string) => void;
  readonly onSizes?: (sizes: ReadonlyMap<string, PoolSizes>) => void;
  readonly onWrite?: (outcome: "written" | "outrun" | "failed") => void;
}

/** Milliseconds in which requests are collected. */
const coalesce = 50;

/** Key of the memory in the queue; those of the objects are their numbers. */
const memoryKey = "memory";

/** Begins when it is told of a change. */
export function createPools(options: PoolsOptions, hooks: PoolHooks): AddressPools {
  const { clock } = options;
  const stopping = new AbortController();
  const time = new ServerClock(clock);
  const published = new Map<string, Map<string, PoolAnswer>>();
  const sizes = new Map<string, PoolSizes>();
  let byObject: ReadonlyMap<number, readonly PoolRequest[]> | undefined;
  let holders: ReadonlySet<string> | undefined;
  const nextTick = new Timer(clock);

  const passes = Array.from({ length: poolObjects }, (_, at) =>
    new ObjectPass(at, {
      ...options,
      signal: stopping.signal,
      time,
      requests: () => snapshot().get(at) ?? [],
      holders: () => holders ??= hooks.holders(),
      answered: (uid, network) => published.get(uid)?.get(network),
      publish: (answers) => publish(answers),
      living: () => livingPods({ ...options, namespaces: options.watchNamespaces, signal: stopping.signal }),
      onSizes: (network, size) => {
        if (size.total > 0) sizes.set(network, size);
        else sizes.delete(network);
        options.onSizes?.(sizes);
      },
    }));
  const memory = new MemoryKeeper({ ...options, ...hooks, time, signal: stopping.signal });
  const queue = new WorkQueue({
    clock,
    workers: 4,
    workersForFailing: 4,
    work: async (key): Promise<Outcome> => {
      const pass = key === memoryKey ? memory : passes[Number(key)];
      return pass === undefined || stopping.signal.aborted ? { kind: "done" } : await pass.run();
    },
  });

  /** What is asked, by object; made once for all passes of a tick. */
  function snapshot(): ReadonlyMap<number, readonly PoolRequest[]> {
    byObject ??= Map.groupBy(hooks.requests(), ({ network }) => objectOf(network));
    return byObject;
  }

  function publish(answers: ReadonlyMap<string, ReadonlyMap<string, PoolAnswer>>): void {
    const news = new Map<string, ReadonlyMap<string, PoolAnswer>>();
    for (const [uid, ofPod] of answers) {
      const before = published.get(uid) ?? new Map<string, PoolAnswer>();
      const other = [...ofPod].filter(([network, answer]) =>
        JSON.stringify(before.get(network)) !== JSON.stringify(answer)
      );
      if (other.length === 0) continue;
      for (const [network, answer] of other) before.set(network, answer);
      published.set(uid, before);
      news.set(uid, new Map(before));
    }
    if (news.size > 0) hooks.onAnswers(news);
  }

  /** What somebody was told who asks no more is free: should he ask again, it counts for nothing. */
  function withdraw(requests: readonly PoolRequest[]): void {
    const asked = Map.groupBy(requests, ({ uid }) => uid);
    const news = new Map<string, ReadonlyMap<string, PoolAnswer>>();
    for (const [uid, answers] of published) {
      const networks = new Set(asked.get(uid)?.map(({ network }) => network));
      const left = [...answers].filter(([network]) => networks.has(network));
      if (left.length === answers.size) continue;
      if (left.length === 0) published.delete(uid);
      else published.set(uid, new Map(left));
      news.set(uid, new Map(left));
    }
    if (news.size > 0) hooks.onAnswers(news);
  }

  function tick(): void {
    byObject = undefined;
    holders = undefined;
    const now = snapshot();
    withdraw([...now.values()].flat());
    for (const [at, pass] of passes.entries()) {
      if (pass.isNews(now.get(at) ?? [])) queue.add(String(at), { fresh: true });
    }
    queue.add(memoryKey);
  }

  return {
    ready: async () => {
      queue.add(memoryKey);
      await memory.tried;
    },
    changed: () => {
      if (!stopping.signal.aborted) nextTick.start(coalesce, tick);
    },
    reread: () => {
      byObject = undefined;
      holders = undefined;
      for (const [at, pass] of passes.entries()) {
        pass.forget();
        queue.add(String(at), { fresh: true });
      }
      memory.reread();
      queue.add(memoryKey, { fresh: true });
    },
    close: async () => {
      nextTick.cancel();
      stopping.abort();
      memory.end();
      await queue.stop();
    },
  };
}
