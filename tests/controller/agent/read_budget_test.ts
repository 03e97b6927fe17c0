// Is reading back spread so that its cost grows with the members, and are sessions as many as there are pods, within bounds?
import assert from "node:assert/strict";
import { ReadBudget } from "../../../lib/controller/agent/read_budget.ts";
import { sessionLimit } from "../../../lib/agents/session_limit.ts";
import { defaultLimits } from "../../../lib/controller/settings.ts";
import { fakeClock } from "../../time/fake_clock.ts";

/** Seconds until every one of so many members, each with an entry for every other, has been read. */
async function secondsFor(members: number): Promise<number> {
  const clock = fakeClock();
  const budget = new ReadBudget({ clock, members: () => members });
  await clock.advance(600_000);
  const waits = Array.from({ length: members }, () => budget.reserve(members - 1));
  return Math.max(...waits) / 1_000;
}

Deno.test("reading back: a hundred members at once, thousands one after the other", async () => {
  const seconds = await Promise.all([100, 1_000, 2_000, 5_000].map(secondsFor));
  assert.equal(seconds[0], 0);
  const rounded = seconds.map((each) => Math.round(each / 10) * 10);
  // The entries grow with the square, what is read in a second with the members: so does the time.
  assert.deepEqual(rounded, [0, 130, 320, 920]);
});

Deno.test("reading back: what was not used is saved up for ten seconds, not longer", async () => {
  const clock = fakeClock();
  const budget = new ReadBudget({ clock, members: () => 0 });
  await clock.advance(3_600_000);
  assert.equal(budget.reserve(20_000), 0);
  assert.equal(budget.reserve(2_000), 0, "the last one may begin");
  assert.equal(budget.reserve(1), 1_000);
});

for (
  const [pods, sessions] of [[0, 512], [208, 512], [1_000, 2_096], [2_404, 4_904], [
    2_405,
    512,
  ]] as const
) {
  Deno.test(`sessions for ${pods} pods: ${sessions}`, () => {
    assert.equal(sessionLimit({ ...defaultLimits, workers: 48 }, pods).sessions, sessions);
  });
}
