// The queue under load: it never stops, who failed once comes back in time, newcomers pass upkeep, the slow stand aside.
import assert from "node:assert/strict";
import { type Outcome, WorkQueue, type WorkQueueOptions } from "../../lib/queue/work_queue.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";

const done: Outcome = { kind: "done" };

interface Load {
  readonly clock: FakeClock;
  readonly queue: WorkQueue;
  /** Milliseconds from being due until the run began, by key, latest run. */
  readonly waits: Map<string, number>;
  /** Lets what runs come to its end. */
  readonly end: () => Promise<void>;
  /** When the runs of a key began. */
  readonly runsOf: (key: string) => readonly number[];
  /** Keys whose runs were ended for others, in their order. */
  readonly givenUp: readonly string[];
}

/** A queue whose work lasts as long as `lasts` says. */
function load(
  { lasts, outcome = () => done, ...options }:
    & Partial<WorkQueueOptions>
    & { readonly lasts: (key: string) => number; readonly outcome?: (key: string, run: number) => Outcome },
): Load {
  const clock = fakeClock({ chance: 1 });
  const waits = new Map<string, number>();
  const runs = new Map<string, number[]>();
  const breakOff = new Map<string, () => void>();
  const givenUp: string[] = [];
  let starting = 0;
  const queue = new WorkQueue({
    clock,
    workers: 8,
    workersForFailing: 2,
    giveUp: (key) => {
      givenUp.push(key);
      breakOff.get(key)?.();
    },
    ...options,
    observe: {
      attached: () => {},
      added: () => {},
      finished: () => {},
      started: (waited) => starting = waited,
    },
    work: async (key) => {
      waits.set(key, starting);
      const began = runs.get(key) ?? [];
      runs.set(key, [...began, clock.now()]);
      let isBroken = false;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(lasts(key), resolve);
        breakOff.set(key, () => {
          isBroken = true;
          cancel();
          resolve();
        });
      });
      return isBroken ? { kind: "retry", reason: "given up" } : outcome(key, began.length + 1);
    },
  });
  const end = async (): Promise<void> => {
    const stopped = queue.stop();
    await clock.advance(60_000);
    await stopped;
    assert.deepEqual(clock.waiting(), []);
  };
  return { clock, queue, waits, end, givenUp, runsOf: (key) => runs.get(key) ?? [] };
}

const longest = (waits: Iterable<number>): number => [...waits].reduce((a, b) => Math.max(a, b), 0);

for (const every of [1, 5, 9, 10, 11]) {
  Deno.test(`adds every ${every} ms for ten seconds postpone nothing`, async () => {
    const { clock, queue, waits, end } = load({ lasts: () => 1 });
    for (let at = 0; at < 10_000; at += every) {
      queue.add(`k${at}`);
      await clock.advance(every);
    }
    await clock.advance(20);
    assert.equal(waits.size, Math.ceil(10_000 / every));
    assert.ok(longest(waits.values()) <= 20, `waited ${longest(waits.values())} ms`);
    await end();
  });
}

Deno.test("adds at a thousand a second by chance: each runs within two ticks of the timer", async () => {
  const { clock, queue, waits, end } = load({ lasts: () => 1, workers: 100 });
  let seed = 1;
  const chance = (): number => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647;
  for (let i = 0; i < 10_000; i++) {
    queue.add(`k${i}`);
    await clock.advance(-Math.log(chance()));
  }
  await clock.advance(20);
  assert.equal(waits.size, 10_000);
  assert.ok(longest(waits.values()) <= 20, `waited ${longest(waits.values())} ms`);
  await end();
});

Deno.test("a queue that does not move shows it: what is due counts, whether or not a timer has fired", () => {
  const clock = fakeClock();
  let now = 0;
  // The timers of this clock are dead.
  const dead = { ...clock, now: () => now, after: () => () => {} };
  const queue = new WorkQueue({
    clock: dead,
    work: () => Promise.resolve(done),
    workers: 1,
    workersForFailing: 1,
  });
  queue.add("a");
  queue.add("later", { delay: 60_000 });
  now = 5_000;
  const { depth, longestWaiting, longestRunning } = queue.state();
  assert.deepEqual({ depth, longestWaiting, longestRunning }, {
    depth: 1,
    longestWaiting: 5_000,
    longestRunning: 0,
  });
});

Deno.test("a key that failed once comes back in time, though a thousand others keep all workers busy", async () => {
  const { clock, queue, runsOf, end } = load({
    lasts: () => 50,
    outcome: (key, run) => key === "failed" && run === 1 ? { kind: "retry", reason: "refused" } : done,
  });
  queue.add("failed", { fresh: true });
  await clock.advance(100);
  for (let at = 0; at < 20_000; at += 100) {
    for (let i = 0; i < 1_000; i++) queue.add(`busy${i}`);
    await clock.advance(100);
  }
  const [, second = Infinity] = runsOf("failed");
  assert.ok(second <= 500, `the second run began at ${second} ms`);
  await end();
});

for (
  const { it, lasts, outcome, most } of [
    { it: "fail for ever", lasts: 1_900, outcome: { kind: "retry", reason: "refused" }, most: 3_000 },
    { it: "are frozen", lasts: 15_000, outcome: { kind: "retry", reason: "timed out" }, most: 15_100 },
  ] as const
) {
  Deno.test(`who failed once, or was slow once, does not wait behind 400 of its namespace that ${it}`, async () => {
    const { clock, queue, waits, end } = load({
      lasts: (key) => key.includes("bad") ? lasts : key.includes("slow") ? 2_100 : 100,
      outcome: (key, run) =>
        key.includes("bad") ? outcome : run === 1 && key.includes("new") ? outcome : done,
      workers: 64,
      workersForFailing: 12,
      workersForSlow: 96,
      groupOf,
    });
    for (let i = 0; i < 400; i++) queue.add(`ns/bad${i}`, { fresh: true });
    await clock.advance(600_000);
    for (const key of ["ns/new", "ns/slow"]) queue.add(key, { fresh: true });
    await clock.advance(5_000);
    queue.add("ns/slow");
    await clock.advance(20_000);
    const waited = ["ns/new", "ns/slow"].map((key) => waits.get(key) ?? Infinity);
    assert.ok(longest(waited) <= most, `waited ${waited} ms`);
    await end();
  });
}

Deno.test("of a thousand newcomers at 30 a second, those refused once are not left behind", async () => {
  const refused = (key: string): boolean => Number(key.slice(1)) % 10 === 0;
  const { clock, queue, waits, runsOf, end } = load({
    lasts: () => 100,
    workers: 48,
    workersForFailing: 12,
    outcome: (key, run) => refused(key) && run === 1 ? { kind: "retry", reason: "refused" } : done,
  });
  for (let i = 0; i < 1_000; i++) {
    queue.add(`p${i}`, { fresh: true });
    for (let peer = 0; peer < i; peer++) queue.add(`p${peer}`, { delay: 100 });
    await clock.advance(33);
  }
  await clock.advance(1_000);
  const worst = longest([...waits].filter(([key]) => refused(key)).map(([, ms]) => ms));
  // What was looked at last may have been upkeep: that alone may wait for its turn.
  assert.ok(worst <= 3_000, `waited ${worst} ms`);
  // From the refusal to the second run, but for the pause before that.
  const retries = Array.from({ length: 100 }, (_, i) => runsOf(`p${i * 10}`))
    .map(([first = 0, second = Infinity]) => second - first - 100 - 250);
  assert.ok(longest(retries) <= 1_000, `the second run waited ${longest(retries)} ms`);
  await end();
});

Deno.test("a newcomer does not wait behind upkeep, and upkeep still has its turns", async () => {
  const { clock, queue, waits, runsOf, end } = load({ lasts: () => 100, workers: 4 });
  for (let i = 0; i < 500; i++) queue.add(`upkeep${i}`);
  await clock.advance(50);
  const newcomers = Array.from({ length: 200 }, (_, i) => `new${i}`);
  for (const key of newcomers.slice(0, 20)) queue.add(key, { fresh: true });
  await clock.advance(1_000);
  assert.ok(longest(newcomers.slice(0, 20).map((key) => waits.get(key) ?? Infinity)) <= 700);
  const served = (): number =>
    Array.from({ length: 500 }, (_, i) => runsOf(`upkeep${i}`).length).filter(Boolean).length;
  const before = served();
  for (const key of newcomers.slice(20)) queue.add(key, { fresh: true });
  await clock.advance(4_000);
  assert.ok(served() - before >= 18, `${served() - before} of upkeep among 160 starts`);
  await end();
});

Deno.test("a change that concerns all is no reason to be first: who is waited for passes it", async () => {
  const { clock, queue, waits, end } = load({ lasts: () => 100, workers: 4 });
  for (let i = 0; i < 500; i++) queue.add(`edit${i}`, { fresh: true, urgent: false });
  await clock.advance(50);
  queue.add("new", { fresh: true });
  await clock.advance(400);
  assert.ok((waits.get("new") ?? Infinity) <= 110);
  await end();
});

const groupOf = (key: string): string => key.split("/")[0] ?? "";

const slowCases = [
  { it: "one slow namespace", namespaces: 1, lasts: 4_500, most: 120 },
  { it: "ten slow namespaces", namespaces: 10, lasts: 4_500, most: 2_100 },
  { it: "ten frozen namespaces", namespaces: 10, lasts: 15_000, most: 2_100 },
];
for (const { it, namespaces, lasts, most } of slowCases) {
  Deno.test(`${it}, a hundred pods in all: the others wait ${most} ms at most`, async () => {
    const { clock, queue, waits, end } = load({
      lasts: (key) => key.startsWith("slow") ? lasts : 100,
      workers: 48,
      workersForFailing: 12,
      workersForSlow: 96,
      groupOf,
    });
    for (let i = 0; i < 100; i++) queue.add(`slow${i % namespaces}/p${i}`, { fresh: true });
    await clock.advance(20);
    for (let i = 0; i < 300; i++) {
      queue.add(`good/p${i}`, { fresh: true });
      await clock.advance(33);
    }
    const others = [...waits].filter(([key]) => key.startsWith("good"));
    assert.equal(others.length, 300);
    assert.ok(
      longest(others.map(([, ms]) => ms)) <= most,
      `waited ${longest(others.map(([, ms]) => ms))} ms`,
    );
    await end();
  });
}

const many = { workers: 64, workersForFailing: 12, workersForUpkeep: 32, workersForSlow: 192, groupOf };
const noAnswer: Outcome = { kind: "retry", reason: "no answer" };
const hanging = {
  lasts: (key: string) => key.startsWith("good") ? 100 : 15_000,
  outcome: (key: string) => key.startsWith("good") ? done : noAnswer,
};

const crowds = [
  { it: "200 at once", hanging: 200, within: 0, most: 1_600 },
  { it: "1,000 at once", hanging: 1_000, within: 0, most: 13_100 },
  { it: "1,000 in half a minute", hanging: 1_000, within: 30_000, most: 200 },
  { it: "2,000 in a minute", hanging: 2_000, within: 60_000, most: 200 },
];
for (const { it, hanging: count, within, most } of crowds) {
  Deno.test(`newcomers that hang, ${it}, each in a namespace of its own: the others wait ${most} ms at most`, async () => {
    const { clock, queue, waits, end } = load({ ...many, ...hanging });
    const crowd = Array.from({ length: count }, (_, i) => `hangs${i}/p`);
    for (let now = 0; now < within + 30_000; now += 100) {
      const due = within === 0 ? count : Math.ceil((count * 100) / within);
      for (const key of crowd.splice(0, due)) queue.add(key, { fresh: true });
      queue.add(`good${now % 700}/p${now}`, { fresh: true });
      await clock.advance(100);
    }
    const others = [...waits].filter(([key]) => key.startsWith("good")).map(([, ms]) => ms);
    assert.equal(others.length, (within + 30_000) / 100);
    assert.ok(longest(others) <= most, `waited ${longest(others)} ms`);
    await end();
  });
}

for (const good of [100, 400, 1_900]) {
  for (const { crowd, perSecond } of [{ crowd: 1_000, perSecond: 0 }, { crowd: 4_000, perSecond: 30 }]) {
    Deno.test(`${crowd} newcomers that hang at once, and ${perSecond} a second: who takes ${good} ms where others have answered waits 2.1 s at most`, async () => {
      const { clock, queue, waits, end } = load({
        ...many,
        ...hanging,
        lasts: (key) => key.startsWith("good") ? good : 15_000,
      });
      for (let i = 0; i < 20; i++) queue.add(`good${i}/before`, { fresh: true });
      await clock.advance(2_000);
      for (let i = 0; i < crowd; i++) queue.add(`hangs${i}/p`, { fresh: true });
      for (let at = 0; at < 300; at++) {
        for (let i = 0; i < perSecond / 10; i++) queue.add(`late${at}-${i}/p`, { fresh: true });
        queue.add(`good${at % 20}/p${at}`, { fresh: true });
        await clock.advance(100);
      }
      await clock.advance(2_000);
      const others = [...waits].filter(([key]) => key.startsWith("good")).map(([, ms]) => ms);
      assert.equal(others.length, 320);
      assert.ok(longest(others) <= 2_100, `waited ${longest(others)} ms`);
      await end();
    });
  }
}

Deno.test("namespaces that had answered and hang since are strangers: the next that come there hold up nobody", async () => {
  let isHanging = false;
  const { clock, queue, waits, end } = load({
    ...many,
    lasts: (key) => isHanging && key.startsWith("hangs") ? 15_000 : 100,
    outcome: (key) => isHanging && key.startsWith("hangs") ? noAnswer : done,
  });
  const all = (name: string): void => {
    for (let i = 0; i < 1_000; i++) queue.add(`hangs${i}/${name}`, { fresh: true });
    queue.add(`good/${name}`, { fresh: true });
  };
  all("before");
  await clock.advance(5_000);
  isHanging = true;
  all("then");
  await clock.advance(60_000);
  all("again");
  await clock.advance(20_000);
  const waited = waits.get("good/again") ?? Infinity;
  assert.ok(waited <= 2_000, `waited ${waited} ms, and ${waits.get("good/then")} before that is known`);
  await end();
});

Deno.test("in a crowd a stranger waits no longer for all the work that there is where others have answered", async () => {
  const waited = await Promise.all([0, 200].map(async (each) => {
    const { clock, queue, waits, end } = load({ ...many, ...hanging });
    for (let i = 0; i < 20; i++) queue.add(`good${i}/before`, { fresh: true });
    await clock.advance(1_000);
    for (let i = 0; i < 400; i++) queue.add(`hangs${i}/p`, { fresh: true });
    for (let i = 0; i < 20 * each; i++) queue.add(`good${i % 20}/p${i}`, { fresh: true });
    queue.add("good-new/p", { fresh: true });
    await clock.advance(30_000);
    await end();
    return waits.get("good-new/p") ?? Infinity;
  }));
  const [alone = 0, beside = Infinity] = waited;
  assert.ok(beside <= 2 * alone, `waited ${alone} ms alone, ${beside} ms beside 4,000`);
});

Deno.test("nothing is ended that nobody new has to wait for, nor one that failed before for another of its kind", async () => {
  const { clock, queue, runsOf, givenUp, end } = load({ ...many, ...hanging });
  for (let i = 0; i < 256; i++) queue.add(`hangs${i}/p`, { fresh: true });
  await clock.advance(600_000);
  assert.deepEqual(givenUp, []);
  assert.ok(runsOf("hangs0/p").length > 5);
  for (let i = 256; i < 800; i++) queue.add(`hangs${i}/p`, { fresh: true });
  await clock.advance(10_000);
  assert.ok(givenUp.length > 0, "the newcomers need places");
  await end();
});

Deno.test("where all take long, none is ended and no more are worked on at once", async () => {
  const { clock, queue, givenUp, runsOf, end } = load({ ...many, lasts: () => 1_900 });
  for (let i = 0; i < 600; i++) queue.add(`ns${i}/p`, { fresh: true });
  let most = 0;
  for (let now = 0; now < 30_000; now += 100) {
    await clock.advance(100);
    if (now > 10_000) most = Math.max(most, queue.running);
  }
  assert.deepEqual(givenUp, []);
  assert.ok(Array.from({ length: 600 }, (_, i) => runsOf(`ns${i}/p`).length).every((runs) => runs === 1));
  assert.ok(most <= 64, `${most} at once`);
  await end();
});

Deno.test("where all take 5 s nobody counts as slow for it: the next time all workers are theirs again", async () => {
  const { clock, queue, end } = load({ ...many, lasts: () => 5_000 });
  const come = (): void => {
    for (let i = 0; i < 100; i++) queue.add(`ns${i}/p`, { fresh: true });
  };
  // Until it is known how long they take.
  for (const _ of [1, 2]) {
    come();
    await clock.advance(30_000);
  }
  come();
  await clock.advance(100);
  assert.equal(queue.running, 64);
  await end();
});

for (const lasts of [2_500, 5_000, 9_000]) {
  Deno.test(`a thousand newcomers that all answer, but after ${lasts} ms, all come to their end`, async () => {
    const finished = new Set<string>();
    const { clock, queue, end } = load({
      ...many,
      lasts: () => lasts,
      outcome: (key) => {
        finished.add(key);
        return done;
      },
    });
    for (let i = 0; i < 1_000; i++) queue.add(`ns${i}/p`, { fresh: true });
    let now = 0;
    for (; finished.size < 1_000 && now < 600_000; now += 100) await clock.advance(100);
    assert.ok(now <= lasts * 20, `took ${now} ms`);
    await end();
  });
}

Deno.test("members of a frozen node take no workers again after each change of all", async () => {
  const { clock, queue, waits, end } = load({
    lasts: (key) => key.includes("frozen") ? 15_000 : 50,
    outcome: (key) => key.includes("frozen") ? { kind: "retry", reason: "timed out" } : done,
    workers: 48,
    workersForFailing: 12,
    workersForSlow: 96,
    groupOf,
  });
  const edit = (): void => {
    for (let i = 0; i < 110; i++) queue.add(`ns/frozen${i}`, { fresh: true, urgent: false });
  };
  edit();
  await clock.advance(120_000);
  const waited: number[] = [];
  for (let round = 0; round < 5; round++) {
    edit();
    await clock.advance(20);
    queue.add(`ns/new${round}`, { fresh: true });
    await clock.advance(5_000);
    waited.push(waits.get(`ns/new${round}`) ?? Infinity);
  }
  assert.ok(longest(waited) <= 20, `waited ${waited}`);
  await end();
});

Deno.test("who was slow and is not any more stands with the others again", async () => {
  let ms = 5_000;
  const { clock, queue, runsOf, end } = load({ lasts: () => ms, workersForSlow: 4, workersForFailing: 1 });
  for (const key of ["a", "b"]) queue.add(key);
  await clock.advance(5_100);
  ms = 100;
  for (const key of ["a", "b"]) queue.add(key);
  await clock.advance(400);
  assert.deepEqual(
    ["a", "b"].map((key) => runsOf(key).length),
    [2, 2],
    "one after the other: one place for the slow",
  );
  for (const key of ["a", "b"]) queue.add(key);
  await clock.advance(15);
  assert.equal(queue.running, 2);
  await end();
});

Deno.test("a key forgotten while it runs leaves nothing, and runs alone when it comes back", async () => {
  const { clock, queue, runsOf, end } = load({
    lasts: () => 100,
    outcome: () => ({ kind: "retry", reason: "gone" }),
  });
  queue.add("a");
  await clock.advance(20);
  queue.forget("a");
  await clock.advance(60_000);
  assert.equal(runsOf("a").length, 1);
  assert.deepEqual(clock.waiting(), []);
  queue.add("a");
  await clock.advance(20);
  queue.forget("a");
  queue.add("a");
  await clock.advance(50);
  assert.equal(queue.running, 1);
  await clock.advance(110);
  assert.equal(runsOf("a").length, 3, "what was asked for since is done once the first run has ended");
  queue.forget("a");
  await end();
});

Deno.test("upkeep leaves workers to those who are waited for, though it was there first", async () => {
  const { clock, queue, waits, end } = load({ lasts: () => 1_000, workers: 8, workersForUpkeep: 4 });
  for (let i = 0; i < 100; i++) queue.add(`upkeep${i}`);
  await clock.advance(500);
  assert.equal(queue.running, 4);
  for (let i = 0; i < 4; i++) queue.add(`new${i}`, { fresh: true });
  await clock.advance(20);
  assert.equal(queue.running, 8);
  assert.ok(longest([0, 1, 2, 3].map((i) => waits.get(`new${i}`) ?? Infinity)) <= 20);
  await end();
});
