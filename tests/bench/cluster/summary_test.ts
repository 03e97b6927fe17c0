// Does the end of the bench say each ratio, both limits, the shares of the median's rounds, and the most that was counted?
import assert from "node:assert/strict";
import type { Costs } from "./exec_cost.ts";
import type { Whole } from "./machine.ts";
import type { ClusterRollout, RolloutKind } from "./rollout.ts";
import type { Shares } from "./shares.ts";
import { type Kind, type Pair, summary } from "./summary.ts";

const twin: RolloutKind = { name: "same as classic", form: "classic", unmanaged: true };
const kind: Kind = { name: "classic", form: "classic", twin, execsPerPod: 2.2 };

function sharesOf(runtime: number, controller: number): Shares {
  return { apiServer: 0, etcd: 0, managers: 0, kubelets: 0, runtime, pods: 0, controller };
}

function rollout(ready: number, { runtime }: { readonly runtime: number }): ClusterRollout {
  const shares = sharesOf(runtime, 0);
  const whole: Whole = { ...shares, kernelThreads: 0, others: 0, idle: 1 };
  return { ...{ kind: twin, pods: 10, ready, shares, whole }, softirq: 0 };
}

const costs: Costs = {
  ...{ bareExec: sharesOf(0.02, 0), exec: sharesOf(0.04, 0), exchange: sharesOf(0.001, 0) },
  still: sharesOf(0.3, 0),
};

/** A pair of which the same containers take 10 s, and ours so many, with so many execs. */
function pair(
  ready: number,
  { execs, late = 0.1 }: { readonly execs: number; readonly late?: number },
): Pair {
  const requests = new Map([["PATCH", 10], ["POST", 12]]);
  const members: ClusterRollout["members"] = {
    counted: { ...{ pods: 10, execs, requests }, meshAfterLastInterface: late },
    ...{ interfaces: 1, mesh: 1, failedExecs: "", fdbLines: 90, exchanges: 50, residentMiB: 100 },
    ...{ warnings: [], violations: [] },
  };
  const ours = { ...rollout(ready, { runtime: 25 }), kind, members };
  return { kind, ours, twin: { ...rollout(10, { runtime: 20 }), execCosts: costs } };
}

Deno.test("summary: ratios in their order, the median beside both limits, shares, counts", () => {
  const pairs = [pair(13, { execs: 20 }), pair(11, { execs: 20 }), pair(12, { execs: 23, late: 0.6 })];
  const [ratios, times, counts, exec, bare, exchange, still, ours, same, beyond, ...more] = summary(pairs);
  assert.equal(
    ratios,
    "10 classic: 3 round(s), ratios 1.30 1.10 1.20; median 1.20; goal 1.10: MISSED; limit 1.10: MISSED " +
      "(1.10, or (20.0 + 20 × 0.040 + 0.0) / 20.0 + 0.05); with execs of 0.020 that end at once 1.10: MISSED",
  );
  assert.equal(times, "  all ready 12.0 s, the same containers 10.0 s; processor seconds 25.0, 20.0");
  assert.equal(
    counts,
    "  the most of any round, a pod: 2.30 execs (at most 2.2: MISSED), 1.00 patches, 1.20 Events, 0.00 GET, " +
      "5.00 exchanges; mesh 0.6 s after the last interface (at most 0.5: MISSED)",
  );
  assert.match(exec ?? "", /^ {2}first exec in a pod 40\.0 ms/);
  assert.match(bare ?? "", /^ {2}one that ends at once 20\.0 ms/);
  assert.match(exchange ?? "", /^ {2}one exchange 1\.0 ms/);
  assert.match(still ?? "", /^ {2}a second in which nothing happens 300\.0 ms/);
  assert.match(ours ?? "", /^ {2}ours 26\.0 s .*runtime 25\.0/);
  assert.match(same ?? "", /^ {2}same 21\.0 s .*runtime 20\.0/);
  assert.match(beyond ?? "", /^ {2}beyond \+0\.24: .*runtime \+0\.24/);
  assert.deepEqual(more, []);
});

Deno.test("summary: rounds of a size whose exec was not measured have no limit, and say so", () => {
  const { kind, ours, twin: { execCosts: _, ...twin } } = pair(11, { execs: 20 });
  assert.match(summary([{ kind, ours, twin }])[0] ?? "", /limit NaN: MISSED/);
});
