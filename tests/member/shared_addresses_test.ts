// Is a shared address told once it lasts, and at a bounded rate however it flaps?
import assert from "node:assert/strict";
import { settleSharing, sharing, type ToldSharing } from "../../lib/member/shared_addresses.ts";
import type { Problem } from "../../lib/network/problem.ts";

const source = { kind: "pod", namespace: "default", pod: "a" } as const;
const shared = (other: string): Problem => ({
  kind: "conflict",
  source,
  network: "west",
  token: "10.0.0.1",
  message: `also used by ${other}`,
});

/** How often what is told of a pod changes while its sharing turns on and off, seen every 100 ms. */
function accounts({ period, ms }: { readonly period: number; readonly ms: number }): number {
  let [told, changes]: [ToldSharing | undefined, number] = [undefined, 0];
  for (let now = 0; now < ms; now += 100) {
    const isOn = Math.floor(now / period) % 2 === 1;
    const before = told?.problems.length ?? 0;
    told = settleSharing(told, { found: isOn ? [shared("b")] : [], now }).told;
    if (told.problems.length !== before) changes++;
  }
  return changes;
}

const rows: readonly { readonly period: number; readonly ms: number; readonly most: number }[] = [
  { period: 500, ms: 30_000, most: 0 },
  { period: 1_900, ms: 30_000, most: 0 },
  { period: 3_000, ms: 30_000, most: 2 },
  { period: 3_000, ms: 3_600_000, most: 12 },
  { period: 60_000, ms: 3_600_000, most: 12 },
];
for (const { period, ms, most } of rows) {
  Deno.test(`an address shared every other ${period} ms for ${ms / 1000} s is told at most ${most} times`, () => {
    const changes = accounts({ period, ms });
    assert.ok(changes <= most, `${changes} times`);
  });
}

Deno.test("one that lasts is told when it has settled, and that it is over too", () => {
  let { told } = settleSharing(undefined, { found: [], now: 0 });
  let lookIn: number;
  ({ told, lookIn } = settleSharing(told, { found: [shared("b")], now: 1_000 }));
  assert.deepEqual([told.problems, lookIn], [[], sharing.settling]);
  ({ told, lookIn } = settleSharing(told, { found: [shared("b")], now: 3_000 }));
  assert.deepEqual([told.problems, lookIn], [[shared("b")], Infinity]);
  ({ told, lookIn } = settleSharing(told, { found: [], now: 4_000 }));
  assert.deepEqual([told.problems.length, lookIn], [1, sharing.pause.least - 1_000]);
  ({ told } = settleSharing(told, { found: [], now: 13_000 }));
  assert.deepEqual(told.problems, []);
});

Deno.test("what a pod shares when it is seen first is told at once", () => {
  assert.equal(settleSharing(undefined, { found: [shared("b")], now: 0 }).told.problems.length, 1);
});

Deno.test("who the other is may change without delay: that is no news", () => {
  const { told } = settleSharing(undefined, { found: [shared("b")], now: 0 });
  assert.deepEqual(settleSharing(told, { found: [shared("c")], now: 1 }).told.problems, [shared("c")]);
});
