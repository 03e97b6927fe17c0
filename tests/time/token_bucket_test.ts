// How often may something be done: the bucket against a clock that is told to move.
import assert from "node:assert/strict";
import { TokenBucket } from "../../lib/time/token_bucket.ts";
import { fakeClock } from "./fake_clock.ts";

Deno.test("a bucket gives its burst at once, then one for each refill", async () => {
  const clock = fakeClock();
  const bucket = new TokenBucket({ clock, burst: 3, refill: 100 });
  assert.deepEqual([1, 2, 3, 4, 5].map(() => bucket.take()), [0, 0, 0, 100, 100]);
  await clock.advance(60);
  assert.equal(bucket.take(), 40);
  await clock.advance(40);
  assert.equal(bucket.isFull, false);
  assert.deepEqual([bucket.take(), bucket.take()], [0, 100]);
});

Deno.test("a bucket that was left alone holds its burst and no more", async () => {
  const clock = fakeClock();
  const bucket = new TokenBucket({ clock, burst: 2, refill: 10 });
  await clock.advance(86_400_000);
  assert.equal(bucket.isFull, true);
  assert.deepEqual([1, 2, 3].map(() => bucket.take()), [0, 0, 10]);
});

Deno.test("reservations stand in line", async () => {
  const clock = fakeClock();
  const bucket = new TokenBucket({ clock, burst: 1, refill: 10 });
  assert.deepEqual([1, 2, 3].map(() => bucket.reserve()), [0, 10, 20]);
  await clock.advance(20);
  assert.equal(bucket.reserve(), 10);
});
