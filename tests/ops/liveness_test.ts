// Does /healthz fail for what a restart mends, and for nothing else?
import assert from "node:assert/strict";
import { checkHealth, type HealthCheck } from "../../lib/ops/health.ts";
import { createLiveness, type Liveness } from "../../lib/ops/liveness.ts";
import { fakeClock } from "../time/fake_clock.ts";
import { freezable } from "../time/freezable.ts";

const minute = 60_000;

function says(liveness: Liveness): string {
  return checkHealth("healthz", liveness.checks).text;
}

Deno.test("a quiet process is alive for a day, and closing leaves no timer", async () => {
  const clock = fakeClock();
  const liveness = createLiveness({ clock, longestRunning: () => 0 });
  for (let n = 0; n < 3; n++) {
    await clock.advance(20_000);
    assert.equal(says(liveness), "[+]event-loop ok\n[+]workers ok\nhealthz check passed\n");
  }
  liveness.close();
  liveness.close();
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("a worker that is stuck is not alive, a long one is", async () => {
  const clock = fakeClock();
  let busy = 0;
  const liveness = createLiveness({ clock, longestRunning: () => busy, stuckAfter: minute });
  for (let n = 0; n < 9; n++) await clock.advance(10_000);
  busy = minute;
  assert.match(says(liveness), /\[\+\]workers ok/);
  busy = minute + 1_000;
  assert.match(says(liveness), /\[-\]workers failed: a worker has been busy for 61 s\n/);
  assert.match(says(liveness), /healthz check failed/);
  liveness.close();
});

Deno.test("dead timers are noticed at the second look", async () => {
  const clock = fakeClock();
  const dead = { ...clock, after: () => () => {} };
  const liveness = createLiveness({ clock: dead, longestRunning: () => 0 });
  await clock.advance(40_000);
  assert.match(says(liveness), /\[\+\]event-loop ok/);
  await clock.advance(10_000);
  assert.match(says(liveness), /\[-\]event-loop failed: no timer has fired for 50 s/);
});

Deno.test("a process that stood still for an hour is alive when it wakes, and so are its workers", async () => {
  const time = fakeClock();
  const clock = freezable(time);
  const lags: number[] = [];
  const started = clock.now();
  const liveness = createLiveness({
    clock,
    longestRunning: () => clock.now() - started,
    onLag: (ms) => lags.push(ms),
  });
  await time.advance(5_000);
  clock.freeze();
  await time.advance(60 * minute);
  assert.match(says(liveness), /\[\+\]event-loop ok/, "the probe that comes before the overdue beat");
  clock.thaw();
  assert.match(says(liveness), /healthz check passed/);
  assert.equal(Math.max(...lags), 60 * minute - 1_000, "the lag is told, for the metrics");
  for (let n = 0; n < 11; n++) await time.advance(minute);
  assert.match(says(liveness), /\[-\]workers failed/, "still busy ten minutes after waking");
  liveness.close();
});

const rows: readonly {
  readonly it: string;
  readonly checks: readonly HealthCheck[];
  readonly text: string;
}[] = [
  { it: "without checks passes", checks: [], text: "readyz check passed\n" },
  {
    it: "names what is well and what is not",
    checks: [
      { name: "pods", check: () => ({ ok: true }) },
      { name: "configmap", check: () => ({ ok: false, reason: "not read yet" }) },
    ],
    text: "[+]pods ok\n[-]configmap failed: not read yet\nreadyz check failed\n",
  },
  {
    it: "counts a check that throws as failed",
    checks: [{
      name: "broken",
      check: () => {
        throw new Error("oops");
      },
    }],
    text: "[-]broken failed: the check itself failed: Error: oops\nreadyz check failed\n",
  },
  {
    it: "keeps a reason on its line",
    checks: [{ name: "x", check: () => ({ ok: false, reason: "a\n[+]y ok" }) }],
    text: "[-]x failed: a\\u{a}[+]y ok\nreadyz check failed\n",
  },
];
for (const { it, checks, text } of rows) {
  Deno.test(`a health answer ${it}`, () => assert.equal(checkHealth("readyz", checks).text, text));
}
