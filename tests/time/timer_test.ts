// A timer waits for one date: the first it was given, or the last, and for none once it is cancelled.
import assert from "node:assert/strict";
import { Timer } from "../../lib/time/timer.ts";
import { fakeClock } from "./fake_clock.ts";

const rows: readonly {
  readonly it: string;
  readonly order: (timer: Timer, say: (what: string) => () => void) => void;
  readonly said: readonly string[];
}[] = [
  {
    it: "started while it waits: the first date counts",
    order: (timer, say) => {
      timer.start(20, say("first"));
      timer.start(10, say("second"));
    },
    said: ["first at 20"],
  },
  {
    it: "started anew: the last date counts, be it earlier or later",
    order: (timer, say) => {
      timer.restart(20, say("first"));
      timer.restart(10, say("second"));
      timer.restart(30, say("third"));
    },
    said: ["third at 30"],
  },
  {
    it: "started by what it calls: it waits once more",
    order: (timer, say) =>
      timer.start(20, () => {
        say("first")();
        assert.ok(!timer.isSet);
        timer.start(20, say("second"));
      }),
    said: ["first at 20", "second at 40"],
  },
  {
    it: "cancelled: nothing happens, and it can be started again",
    order: (timer, say) => {
      timer.start(20, say("first"));
      timer.cancel();
      assert.ok(!timer.isSet);
      timer.start(10, say("second"));
    },
    said: ["second at 10"],
  },
];

for (const { it, order, said } of rows) {
  Deno.test(`timer: ${it}`, async () => {
    const clock = fakeClock();
    const timer = new Timer(clock);
    const heard: string[] = [];
    const began = clock.now();
    order(timer, (what) => () => heard.push(`${what} at ${clock.now() - began}`));
    assert.ok(timer.isSet);
    for (let ms = 0; ms < 50; ms++) await clock.advance(1);
    assert.deepEqual(heard, said);
    assert.ok(!timer.isSet);
  });
}
