// Work that is done in the end, whatever is thrown meanwhile.
import assert from "node:assert/strict";
import { untilDone } from "../../lib/time/retry.ts";
import { type FakeClock, fakeClock } from "./fake_clock.ts";

interface Tried {
  readonly tried: readonly number[];
  readonly faults: readonly unknown[];
  readonly done: Promise<void>;
}

/** Work that throws so many times; when (ms) it was tried, and what was told of it. */
function failing(
  times: number,
  { clock, signal }: { readonly clock: FakeClock; readonly signal: AbortSignal },
): Tried {
  const tried: number[] = [];
  const faults: unknown[] = [];
  const done = untilDone(() => {
    tried.push(clock.now());
    if (tried.length <= times) throw new TypeError(`bug ${tried.length}`);
  }, { clock, signal, onFault: (error) => faults.push(String(error)) });
  return { tried, faults, done };
}

Deno.test("work that throws nothing is done at once, and once", async () => {
  const clock = fakeClock();
  const { tried, faults, done } = failing(0, { clock, signal: new AbortController().signal });
  assert.deepEqual(tried, [0]);
  await done;
  assert.deepEqual([faults, clock.waiting()], [[], []]);
});

Deno.test("every fault is told; the pauses double, to a minute at most, and then it is done", async () => {
  const clock = fakeClock({ chance: 0 });
  const { tried, faults, done } = failing(8, { clock, signal: new AbortController().signal });
  await clock.advance(300_000);
  await done;
  assert.deepEqual(tried, [0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 123_000, 183_000]);
  assert.deepEqual([faults.length, faults[0], clock.waiting()], [8, "TypeError: bug 1", []]);
});

Deno.test("who stops is not kept by work that throws always, and nothing is tried after that", async () => {
  const clock = fakeClock();
  const stopping = new AbortController();
  const { tried, done } = failing(Infinity, { clock, signal: stopping.signal });
  await clock.advance(2_000);
  stopping.abort();
  await done;
  await clock.advance(300_000);
  assert.deepEqual([tried, clock.waiting()], [[0, 750], []]);
});

Deno.test("after the stop it is not even begun", async () => {
  const clock = fakeClock();
  const { tried, done } = failing(1, { clock, signal: AbortSignal.abort() });
  await done;
  assert.deepEqual([tried, clock.waiting()], [[], []]);
});
