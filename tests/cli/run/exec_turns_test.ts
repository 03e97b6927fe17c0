// Do newcomers wait behind upkeep where execs are limited, and does upkeep still get its turn?
import assert from "node:assert/strict";
import { type ExecTurn, ExecTurns } from "../../../lib/cli/run/exec_turns.ts";
import { TokenBucket } from "../../../lib/time/token_bucket.ts";
import { type FakeClock, fakeClock } from "../../time/fake_clock.ts";

interface Scene {
  readonly clock: FakeClock;
  readonly started: string[];
  readonly ask: (name: string, urgent: boolean, more?: Partial<ExecTurn>) => void;
}

/** Ten execs a second, one at once. */
function scene(): Scene {
  const clock = fakeClock();
  const turns = new ExecTurns({ clock, limit: new TokenBucket({ clock, burst: 1, refill: 100 }) });
  const started: string[] = [];
  return {
    clock,
    started,
    ask: (name, urgent, more) =>
      void turns.next({ namespace: "ns", urgent, ...more }).then(() => started.push(name)),
  };
}

Deno.test("a pod that waits in its init agent passes a hundred that are only kept up", async () => {
  const { clock, started, ask } = scene();
  for (let i = 0; i < 100; i++) ask(`upkeep ${i}`, false);
  await clock.advance(250);
  ask("newcomer", true);
  await clock.advance(100);
  assert.deepEqual(started, ["upkeep 0", "upkeep 1", "upkeep 2", "newcomer"]);
  await clock.advance(100_000);
  assert.equal(started.length, 101);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("one turn in eight is for upkeep, though newcomers wait", async () => {
  const { clock, started, ask } = scene();
  for (let i = 0; i < 100; i++) ask("newcomer", true);
  for (let i = 0; i < 100; i++) ask("upkeep", false);
  await clock.advance(6_300);
  assert.equal(started.length, 64);
  assert.equal(started.filter((name) => name === "upkeep").length, 8);
});

Deno.test("who is not wanted any more leaves the line and takes no turn", async () => {
  const { clock, started, ask } = scene();
  const over = new AbortController();
  ask("first", true);
  ask("aborted", true, { signal: over.signal });
  ask("second", true);
  await clock.advance(0);
  over.abort();
  await clock.advance(100);
  assert.deepEqual(started, ["first", "aborted", "second"]);
  assert.deepEqual(clock.waiting(), []);
});

for (const urgent of [true, false]) {
  Deno.test(`a pod does not wait behind the thousand of another namespace, ${urgent ? "newcomers" : "kept up"} all`, async () => {
    const { clock, started, ask } = scene();
    for (let i = 0; i < 1_000; i++) ask(`crowd ${i}`, urgent, { namespace: "crowd" });
    await clock.advance(250);
    for (let i = 0; i < 3; i++) ask(`other ${i}`, urgent, { namespace: `other${i % 2}` });
    await clock.advance(600);
    const own = started.map((name) => name.split(" ")[0]).join(" ");
    assert.equal(own, "crowd crowd crowd crowd other other crowd other crowd");
  });
}
