// Is waiting bounded, and is no timer left behind?
import assert from "node:assert/strict";
import { within } from "../../lib/time/clock.ts";
import { fakeClock } from "./fake_clock.ts";

Deno.test("what happens in time is told, and its timer ends", async () => {
  const clock = fakeClock();
  assert.equal(await within(Promise.resolve(), { clock, ms: 1_000 }), true);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("what does not happen is waited for so long", async () => {
  const clock = fakeClock();
  const told = within(new Promise(() => {}), { clock, ms: 1_000 });
  await clock.advance(1_000);
  assert.equal(await told, false);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("what fails is passed on, and its timer ends", async () => {
  const clock = fakeClock();
  await assert.rejects(within(Promise.reject(new Error("broken")), { clock, ms: 1_000 }), /broken/);
  assert.deepEqual(clock.waiting(), []);
});
