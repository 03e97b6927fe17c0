// Requests and inputs for tests of pools: a builder that reads aloud.
import { parseClusterOptions } from "../../lib/network/grammar/annotation.ts";
import { poolSubnets } from "../../lib/network/pool.ts";
import type { PoolRequest } from "../../lib/network/pool_request.ts";
import { allocate } from "../../lib/pools/allocate.ts";
import type { Allocation, AllocationInput } from "../../lib/pools/allocation.ts";
import { emptyTable, type PoolTable } from "../../lib/pools/table.ts";
import assert from "node:assert/strict";

/** A pod that asks; `claim` as text: what kernel and annotation agree on. */
export interface Asking {
  readonly pod: string;
  readonly uid?: string;
  /** A StatefulSet's. */
  readonly named?: true;
  readonly own?: readonly string[];
  readonly claim?: PoolRequest["claim"];
  readonly created?: string;
}

/** The pool that a ConfigMap's text describes. */
export function poolOf(text: string): PoolRequest["subnets"] {
  const source = { kind: "configmap", namespace: "kube-system", name: "x", key: "storage" } as const;
  const { options, problems } = parseClusterOptions(text, source);
  assert.deepEqual(problems, []);
  return poolSubnets(options ?? {});
}

/** Requests in the order in which the pods were made. */
export function requestsOf(asking: readonly Asking[], pool: string): readonly PoolRequest[] {
  const subnets = poolOf(pool);
  return asking.map(({ pod, uid = `uid-${pod}`, named, own = [], claim, created }, at) => ({
    uid,
    holder: named ? `default/${pod}` : uid,
    pod: `default/${pod}`,
    created: created ?? `2026-01-01T00:00:${String(at % 60).padStart(2, "0")}Z`,
    network: "storage",
    subnets,
    asks: own.length === 0,
    own,
    claim: claim ?? { kind: "none", addresses: [] },
  }));
}

/** A pool over time: each call is a pass, and its table is that of the next. */
export class PoolInTime {
  table: PoolTable = emptyTable;
  now = 1_000;

  pass(asking: readonly Asking[], pool: string, more: Partial<AllocationInput> = {}): Allocation {
    const allocation = allocate({
      network: "storage",
      table: this.table,
      requests: requestsOf(asking, pool),
      isGone: () => true,
      now: { earliest: this.now, latest: this.now },
      room: 1_000_000,
      object: "ConfigMap kube-system/kube-vxlan-controller-pool-3",
      ...more,
    });
    this.table = allocation.table;
    return allocation;
  }

  /** `pod: address,…` of those that were given some, `pod: kind` of those that were refused, `pod: …` of the rest. */
  told(asking: readonly Asking[], pool: string, more: Partial<AllocationInput> = {}): readonly string[] {
    const { answers } = this.pass(asking, pool, more);
    return asking.flatMap(({ pod, uid = `uid-${pod}`, own = [] }) => {
      const answer = answers.get(uid);
      if (answer === undefined) return own.length > 0 ? [] : [`${pod}: …`];
      if (answer.kind === "refused") return [`${pod}: ${answer.problem}`];
      return [`${pod}: ${answer.addresses.map(({ address }) => address).join(",")}`];
    });
  }
}
