// Arbiters on a real API server of the sandbox, with pods that are only asked for: for races, faults and counts.
import { createApiClient } from "../../lib/kube/api/http.ts";
import { loadConnection } from "../../lib/kube/config/load_connection.ts";
import type { PoolAnswer } from "../../lib/network/pool.ts";
import { type Memory, noMemory } from "../../lib/network/reserved/memory_text.ts";
import type { MemoryRead } from "../../lib/network/reserved/remembered.ts";
import type { PoolRequest } from "../../lib/network/pool_request.ts";
import { poolObjects } from "../../lib/pools/pool_object.ts";
import { createPools } from "../../lib/pools/pools.ts";
import { type Clock, systemClock } from "../../lib/time/clock.ts";
import { startSandbox } from "../sandbox/sandbox.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** A sandbox with the empty objects. */
export async function emptyObjects(): Promise<Sandbox> {
  const sandbox = await startSandbox({ dataPlane: "toy" });
  for (let at = 0; at < poolObjects; at++) {
    const metadata = { name: `pool-${at}`, namespace: "kube-system" };
    sandbox.apply(JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata }));
  }
  return sandbox;
}

/** One controller's pools. */
export interface Arbiter extends AsyncDisposable {
  /** What is asked; change it, then say so. */
  requests: readonly PoolRequest[];
  /** What is reserved; change it, then say so. */
  memory: Memory;
  /** What was remembered, each time it was told. */
  readonly remembered: readonly MemoryRead[];
  readonly ready: () => Promise<void>;
  readonly changed: () => void;
  readonly reread: () => void;
  /** By uid, of the network `storage`. */
  readonly answers: Map<string, PoolAnswer>;
  readonly writes: string[];
  readonly said: string[];
  /** Ends it: what is under way, then the client. */
  readonly close: () => Promise<void>;
}

/** Starts one. */
export async function startArbiter(
  sandbox: Sandbox,
  {
    requests,
    isLeader = () => true,
    owner = "vxlan.travelping.com/networks",
    clock = systemClock,
    onReserved = () => Promise.resolve(),
  }: {
    readonly requests: readonly PoolRequest[];
    readonly isLeader?: () => boolean;
    readonly owner?: string;
    readonly clock?: Clock;
    /** Follows from what was remembered. */
    readonly onReserved?: () => Promise<void>;
  },
): Promise<Arbiter> {
  const connection = await loadConnection({ server: sandbox.server.url }, {
    env: () => undefined,
    readTextFile: (path) => Deno.readTextFile(path),
    clock,
  });
  const client = createApiClient(connection, { clock });
  const about = { namespace: "kube-system", prefix: "pool", owner, selector: "a=b", watchNamespaces: [] };
  const arbiter = {
    requests,
    memory: noMemory,
    remembered: new Array<MemoryRead>(),
    answers: new Map<string, PoolAnswer>(),
    writes: new Array<string>(),
    said: new Array<string>(),
  };
  const pools = createPools({
    ...about,
    client,
    clock,
    isLeader,
    say: (message) => arbiter.said.push(message),
    onWrite: (outcome) => arbiter.writes.push(outcome),
  }, {
    requests: () => arbiter.requests,
    holders: () => new Set(arbiter.requests.map(({ holder }) => holder)),
    reserved: () => arbiter.memory,
    onReserved: (read) => {
      arbiter.remembered.push(read);
      return onReserved();
    },
    onAnswers: (answers) => {
      for (const [uid, ofPod] of answers) {
        const answer = ofPod.get("storage");
        if (answer === undefined) arbiter.answers.delete(uid);
        else arbiter.answers.set(uid, answer);
      }
    },
  });
  const close = async (): Promise<void> => {
    await pools.close();
    client.close();
  };
  return Object.assign(arbiter, {
    ready: pools.ready,
    changed: pools.changed,
    reread: pools.reread,
    close,
    [Symbol.asyncDispose]: close,
  });
}

/** Addresses that were given, by uid. */
export function givenBy({ answers }: Arbiter): ReadonlyMap<string, string> {
  return new Map(
    [...answers].flatMap(([uid, answer]) =>
      answer.kind === "given" ? [[uid, answer.addresses.map(({ address }) => address).join()]] : []
    ),
  );
}
