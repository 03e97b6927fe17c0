// Is every second of every core told, and does what a rollout takes longer add up?
import assert from "node:assert/strict";
import { excessText, type Machine, wholeBetween } from "./machine.ts";
import { totalOf } from "./shares.ts";

const shares = { apiServer: 5, etcd: 1, managers: 1, kubelets: 4, runtime: 16, pods: 5, controller: 2 };
const before: Machine = { at: 100, idle: 50, softirq: 1, kernelThreads: new Map([["7", 2], ["8", 3]]) };
/** 25 seconds later; thread 8 has ended, 9 has begun. */
const after: Machine = { at: 125, idle: 54, softirq: 2, kernelThreads: new Map([["7", 2.5], ["9", 0.25]]) };

Deno.test("machine: what is neither the cluster's nor the kernel's nor idle is said too", () => {
  const whole = wholeBetween(before, after, { shares, cores: 2 });
  assert.deepEqual(whole, { ...shares, kernelThreads: 0.75, others: 11.25, idle: 4 });
  assert.equal(totalOf(whole), 2 * 25);
});

Deno.test("machine: the parts of what a rollout takes longer are parts of its ratio", () => {
  const same = wholeBetween(before, after, { shares, cores: 2 });
  const ours = { ...same, runtime: same.runtime + 5, idle: same.idle + 2.5, others: same.others - 1.25 };
  assert.equal(
    excessText(ours, same),
    "+0.13: apiServer +0.00, etcd +0.00, managers +0.00, kubelets +0.00, runtime +0.10, pods +0.00, " +
      "controller +0.00, kernelThreads +0.00, others -0.03, idle +0.05",
  );
});
