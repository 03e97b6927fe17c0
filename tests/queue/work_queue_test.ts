// Does the queue keep its promises: one worker per key, adds collapse, backoff, the stuck hold up nobody, clean stop.
import assert from "node:assert/strict";
import { type Outcome, WorkQueue } from "../../lib/queue/work_queue.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";

const done: Outcome = { kind: "done" };
const failed: Outcome = { kind: "retry", reason: "no" };

/** A queue whose runs are written down and end when told to. */
function scene(
  options: { workers?: number; workersForFailing?: number; answer?: (key: string) => Outcome } = {},
): {
  readonly clock: FakeClock;
  readonly queue: WorkQueue;
  readonly runs: { readonly key: string; readonly at: number }[];
  readonly finish: (key: string, outcome?: Outcome) => Promise<void>;
} {
  const clock = fakeClock({ chance: 1 });
  const runs: { key: string; at: number }[] = [];
  const open = new Map<string, (outcome: Outcome) => void>();
  const queue = new WorkQueue({
    clock,
    workers: options.workers ?? 4,
    workersForFailing: options.workersForFailing ?? 1,
    work: (key) => {
      assert.ok(!open.has(key), `${key} is in two workers`);
      runs.push({ key, at: clock.now() });
      if (options.answer !== undefined) return Promise.resolve(options.answer(key));
      return new Promise((resolve) => open.set(key, resolve));
    },
  });
  const finish = async (key: string, outcome: Outcome = done): Promise<void> => {
    open.get(key)?.(outcome);
    open.delete(key);
    await clock.advance(0);
  };
  return { clock, queue, runs, finish };
}

const keysOf = (runs: readonly { readonly key: string }[]): string => runs.map(({ key }) => key).join(" ");

Deno.test("adds of one key before it runs are one run", async () => {
  const { clock, queue, runs, finish } = scene();
  for (let i = 0; i < 5; i++) queue.add("a", { delay: 100 });
  await clock.advance(200);
  assert.equal(keysOf(runs), "a");
  await finish("a");
  await clock.advance(1_000);
  assert.equal(keysOf(runs), "a");
  await queue.stop();
});

Deno.test("adds while it runs are one more run, afterwards", async () => {
  const { clock, queue, runs, finish } = scene();
  queue.add("a");
  await clock.advance(20);
  for (let i = 0; i < 5; i++) queue.add("a");
  await clock.advance(100);
  assert.equal(keysOf(runs), "a");
  await finish("a");
  await clock.advance(20);
  assert.equal(keysOf(runs), "a a");
  await finish("a");
  await queue.stop();
});

Deno.test("the earlier of two dates wins", async () => {
  const { clock, queue, runs, finish } = scene();
  queue.add("a", { delay: 5_000 });
  queue.add("a", { delay: 50 });
  queue.add("a", { delay: 9_000 });
  await clock.advance(60);
  assert.equal(keysOf(runs), "a");
  await finish("a");
  await queue.stop();
});

Deno.test("failures back off by doubling up to a minute", async () => {
  const { clock, queue, runs } = scene({ answer: () => failed });
  queue.add("a");
  await clock.advance(300_000);
  const gaps = runs.slice(1, 12).map(({ at }, i) => Math.round((at - (runs[i]?.at ?? 0)) / 10) * 10);
  assert.deepEqual(gaps, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  await queue.stop();
});

Deno.test("a throw is a failure with its message, not the end", async () => {
  const clock = fakeClock();
  const seen: string[] = [];
  let runs = 0;
  const queue = new WorkQueue({
    clock,
    workers: 1,
    workersForFailing: 1,
    work: () => runs++ === 0 ? Promise.reject(new Error("oh")) : Promise.resolve(done),
    observe: {
      attached: () => {},
      added: () => {},
      started: () => {},
      finished: ({ outcome }) =>
        seen.push("reason" in outcome ? `${outcome.kind} ${outcome.reason}` : outcome.kind),
    },
  });
  queue.add("a");
  await clock.advance(2_000);
  assert.deepEqual(seen, ["retry oh", "done"]);
  await queue.stop();
});

Deno.test("a peer's event does not shorten the wait of a key that fails, its own change does", async () => {
  const { clock, queue, runs, finish } = scene();
  queue.add("a");
  await clock.advance(20);
  await finish("a", { kind: "retry", reason: "no", requeueAfter: 30_000 });
  queue.add("a", { delay: 100 });
  await clock.advance(10_000);
  assert.equal(runs.length, 1);
  queue.add("a", { fresh: true });
  await clock.advance(20);
  assert.equal(runs.length, 2);
  await finish("a");
  await queue.stop();
});

Deno.test("the healthy run while many keys fail and hang", async () => {
  const { clock, queue, runs, finish } = scene({ workers: 3, workersForFailing: 1 });
  for (const key of ["bad1", "bad2", "bad3"]) queue.add(key);
  await clock.advance(20);
  for (const key of ["bad1", "bad2", "bad3"]) await finish(key, failed);
  await clock.advance(1_000);
  assert.equal(queue.running, 1, "one worker for those that failed before");
  queue.add("good");
  await clock.advance(20);
  assert.ok(keysOf(runs).endsWith("good"));
  await finish("good");
  for (const key of ["bad1", "bad2", "bad3"]) await finish(key);
  await queue.stop();
});

Deno.test("again comes back, and an event before that comes first", async () => {
  const { clock, queue, runs, finish } = scene();
  queue.add("a");
  await clock.advance(20);
  await finish("a", { kind: "done", requeueAfter: 2_000 });
  queue.add("a", { delay: 100 });
  await clock.advance(150);
  assert.equal(runs.length, 2);
  await finish("a", { kind: "done", requeueAfter: 2_000 });
  await clock.advance(1_900);
  assert.equal(runs.length, 2);
  await clock.advance(200);
  assert.equal(runs.length, 3);
  await finish("a");
  await queue.stop();
});

Deno.test("stop waits for what runs and starts nothing more", async () => {
  const { clock, queue, runs, finish } = scene();
  queue.add("a");
  queue.add("b", { delay: 500 });
  await clock.advance(20);
  let stopped = false;
  const stop = queue.stop().then(() => stopped = true);
  queue.add("c");
  await clock.advance(1_000);
  assert.equal(stopped, false);
  await finish("a", failed);
  await stop;
  await clock.advance(100_000);
  assert.equal(keysOf(runs), "a");
  assert.deepEqual(clock.waiting(), [], "no timer is left");
});

Deno.test("forget drops what waits", async () => {
  const { clock, queue, runs } = scene();
  queue.add("a", { delay: 100 });
  queue.forget("a");
  await clock.advance(1_000);
  assert.equal(runs.length, 0);
  await queue.stop();
});
