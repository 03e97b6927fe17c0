// Do the machine's timers keep to dates that JavaScript's do not: more than 24.8 days ahead, or never.
import assert from "node:assert/strict";
import { systemClock } from "../../lib/time/clock.ts";

const day = 86_400_000;
const far = [
  { it: "the longest timer of JavaScript and one millisecond", ms: 2 ** 31 },
  { it: "a grace period of 25 days", ms: 25 * day },
  { it: "the longest grace period that a pod can have", ms: (2 ** 63) * 1000 },
  { it: "never", ms: Infinity },
];
for (const { it, ms } of far) {
  Deno.test(`a timer does not fire at once: ${it}`, async () => {
    let fired = 0;
    const cancel = systemClock.after(ms, () => fired++);
    // A timer that overflows fires after 1 ms, before this one.
    await new Promise<void>((resolve) => systemClock.after(20, resolve));
    cancel();
    assert.equal(fired, 0);
  });
}
