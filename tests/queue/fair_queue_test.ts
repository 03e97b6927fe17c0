// Who is next: within a group the first, among groups each in turn.
import assert from "node:assert/strict";
import { FairQueue } from "../../lib/queue/fair_queue.ts";
import { WorkQueue } from "../../lib/queue/work_queue.ts";
import { fakeClock } from "../time/fake_clock.ts";

const group = (key: string): string => key.slice(0, 1);

function order(keys: string): string {
  const line = new FairQueue<string>(group);
  for (const key of keys.split(" ")) line.add(key, key);
  const taken: string[] = [];
  for (let next = line.take(); next !== undefined; next = line.take()) taken.push(next);
  assert.equal(line.size, 0);
  return taken.join(" ");
}

const cases = [
  { it: "one group: first come, first served", added: "a1 a2 a3", taken: "a1 a2 a3" },
  { it: "two groups take turns", added: "a1 a2 a3 b1 b2", taken: "a1 b1 a2 b2 a3" },
  {
    it: "one of another group is second, however many wait",
    added: "a1 a2 a3 a4 a5 b1",
    taken: "a1 b1 a2 a3 a4 a5",
  },
  { it: "a key stands once", added: "a1 a1 b1", taken: "a1 b1" },
];
for (const { it, added, taken } of cases) {
  Deno.test(`fair line: ${it}`, () => assert.equal(order(added), taken));
}

Deno.test("fair line: who leaves is not taken, and its empty group has no turn", () => {
  const line = new FairQueue<string>(group);
  for (const key of ["a1", "b1", "a2"]) line.add(key, key);
  assert.equal(line.delete("b1"), "b1");
  assert.equal(line.delete("b1"), undefined);
  assert.equal(line.size, 2);
  assert.deepEqual([line.take(), line.take(), line.take()], ["a1", "a2", undefined]);
});

Deno.test("fair line: groups have equal turns however many ranks they have; ranks take turns within theirs", () => {
  const line = new FairQueue<string>((value) => value.slice(0, 1), (value) => Number(value.slice(1, 2)));
  for (const rank of [1, 2, 3, 4]) for (let at = 0; at < 10; at++) line.add(`a${rank}${at}`, `a${rank}${at}`);
  for (let at = 0; at < 10; at++) line.add(`b4${at}`, `b4${at}`);
  const taken = Array.from({ length: 10 }, () => line.take() ?? "");
  assert.deepEqual(taken, ["a10", "b40", "a20", "b41", "a30", "b42", "a40", "b43", "a11", "b44"]);
});

Deno.test("fair line: a key whose group has changed is found where it stands", () => {
  let name = "old";
  const line = new FairQueue<string>(() => name);
  line.add("k", "k");
  name = "new";
  assert.equal(line.delete("k"), "k");
  assert.equal(line.size, 0);
});

Deno.test("one pod of a namespace is served among a thousand of another", async () => {
  const clock = fakeClock();
  const done: string[] = [];
  const queue = new WorkQueue({
    clock,
    work: async (key) => {
      await new Promise<void>((resolve) => clock.after(10, resolve));
      done.push(key);
      return { kind: "done" };
    },
    workers: 2,
    workersForFailing: 1,
    groupOf: group,
  });
  for (let i = 0; i < 1000; i++) queue.add(`a${i}`);
  await clock.advance(15);
  queue.add("b0");
  await clock.advance(60);
  assert.ok(done.indexOf("b0") >= 0 && done.indexOf("b0") < 10, done.join(" "));
  await clock.advance(10_000);
  assert.equal(done.length, 1001);
  await queue.stop();
});
