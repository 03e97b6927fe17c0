// Is a problem said once and then counted, with a memory that stays small?
import assert from "node:assert/strict";
import { WriteErrors } from "../../lib/events/write_errors.ts";
import { createLogDeduplicator, WatchLog } from "../../lib/ops/dedup.ts";
import type { Log } from "../../lib/ops/log.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";

Deno.test("a problem is said once, then counted until it heals", async () => {
  const clock = fakeClock();
  const said = createLogDeduplicator({ clock });
  assert.deepEqual(said.problem("default/a", "no agent"), { say: true, suppressed: 0 });
  assert.deepEqual(said.problem("default/a", "no agent"), { say: false, suppressed: 1 });
  assert.deepEqual(said.problem("default/a", "no agent"), { say: false, suppressed: 2 });
  assert.equal(said.recovered("default/a"), 2);
  assert.equal(said.recovered("default/a"), undefined, "healed already: nothing to say");
  await clock.advance(10_000);
  assert.deepEqual(said.problem("default/a", "no agent"), { say: true, suppressed: 0 });
});

Deno.test("a new reason is said, with the number of those not said before it", () => {
  const said = createLogDeduplicator({ clock: fakeClock() });
  said.problem("a", "refused");
  said.problem("a", "refused");
  assert.deepEqual(said.problem("a", "timed out"), { say: true, suppressed: 1 });
  assert.equal(said.recovered("a"), 0);
});

Deno.test("a problem that alternates between two reasons is said twice, not for ever", () => {
  const said = createLogDeduplicator({ clock: fakeClock() });
  const says = Array.from({ length: 10 }, (_, n) => said.problem("a", n % 2 ? "refused" : "timed out").say);
  assert.deepEqual(says, [true, true, ...Array(8).fill(false)]);
});

Deno.test("what goes and comes back is said ever less often, at last once an hour, and its end only if it was said", async () => {
  const clock = fakeClock();
  const said = createLogDeduplicator({ clock });
  const hours: number[] = [];
  for (let at = 0; at < 6 * 120; at++) {
    const { say } = said.problem("a", "refused");
    assert.equal(said.problem("a", "refused").say, false);
    assert.equal(said.recovered("a") !== undefined, say);
    const hour = Math.floor(at / 120);
    hours[hour] = (hours[hour] ?? 0) + (say ? 1 : 0);
    await clock.advance(30_000);
  }
  assert.deepEqual(hours, [9, 1, 1, 1, 1, 1]);
});

Deno.test("what comes back in silence and stays is said once its time has come", async () => {
  const clock = fakeClock();
  const said = createLogDeduplicator({ clock });
  said.problem("a", "refused");
  said.recovered("a");
  assert.equal(said.problem("a", "refused").say, false);
  await clock.advance(9_000);
  assert.equal(said.problem("a", "refused").say, false);
  await clock.advance(1_000);
  assert.deepEqual(said.problem("a", "refused"), { say: true, suppressed: 2 });
  assert.equal(said.problem("a", "refused").say, false);
  assert.equal(said.recovered("a"), 1);
});

Deno.test("what was away for more than an hour is new", async () => {
  const clock = fakeClock();
  const said = createLogDeduplicator({ clock });
  for (let at = 0; at < 20; at++) {
    said.problem("a", "refused");
    said.recovered("a");
    await clock.advance(600_000);
  }
  await clock.advance(3_700_000);
  said.recovered("a");
  assert.equal(said.size, 0);
  for (const pause of [10_000, 20_000]) {
    assert.equal(said.problem("a", "refused").say, true);
    said.recovered("a");
    await clock.advance(pause);
  }
});

Deno.test("of an object that is no more nothing is remembered", () => {
  const said = createLogDeduplicator({ clock: fakeClock() });
  said.problem("a", "refused");
  said.recovered("a");
  said.forget("a");
  assert.equal(said.size, 0);
  assert.equal(said.problem("a", "refused").say, true);
});

Deno.test("objects do not hide each other", () => {
  const said = createLogDeduplicator({ clock: fakeClock() });
  said.problem("a", "no agent");
  assert.equal(said.problem("b", "no agent").say, true);
});

Deno.test("beyond the limit the object seen least recently is forgotten", () => {
  const said = createLogDeduplicator({ clock: fakeClock(), limit: 2 });
  said.problem("a", "x");
  said.problem("b", "x");
  said.problem("a", "x");
  said.problem("c", "x");
  assert.equal(said.size, 2);
  assert.equal(said.problem("a", "x").say, false, "seen recently");
  assert.equal(said.recovered("b"), undefined, "forgotten");
});

Deno.test("a reason that never repeats itself does not grow the memory of its object", () => {
  const said = createLogDeduplicator({ clock: fakeClock(), limit: 1 });
  for (let n = 0; n < 1_000; n++) said.problem("a", `attempt ${n}`);
  assert.equal(said.size, 1);
  assert.equal(said.problem("a", "attempt 999").say, false);
  assert.equal(said.problem("a", "attempt 0").say, true, "only the latest reasons are kept");
});

const speakers: readonly {
  readonly of: string;
  /** What fails and works again. */
  readonly make: (log: Log, clock: FakeClock) => { readonly fail: () => void; readonly work: () => void };
}[] = [
  {
    of: "a watch",
    make: (log, clock) => {
      const watches = new WatchLog({ log, clock });
      const ending = { end: "server-error", reason: "answered 503", retryIn: 800 };
      return { fail: () => watches.ended("pods", ending), work: () => watches.recovered("pods") };
    },
  },
  {
    of: "writing",
    make: (log, clock) => {
      const errors = new WriteErrors({ log, clock, what: "pods/status", verbs: "patch" });
      return {
        fail: () => errors.met(new Error("reset"), "default"),
        work: () => errors.recovered("default"),
      };
    },
  },
];
for (const { of, make } of speakers) {
  Deno.test(`of ${of} that breaks every half a minute is said ever less often, with its end`, async () => {
    const clock = fakeClock();
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const { fail, work } = make({ debug: () => {}, info: say, warn: say }, clock);
    for (let at = 0; at < 6 * 120; at++) {
      fail();
      await clock.advance(5_000);
      work();
      await clock.advance(25_000);
    }
    assert.equal(lines.length, 2 * 14, lines.slice(0, 6).join("\n"));
  });
}
