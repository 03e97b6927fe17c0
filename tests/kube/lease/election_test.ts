// Does at most one replica write at any time, whatever happens to clocks, processes, requests and the Lease itself?
import assert from "node:assert/strict";
import fc from "fast-check";
import { type LeaderElection, runLeaderElection } from "../../../lib/kube/lease/election.ts";
import { type FakeClock, fakeClock } from "../../time/fake_clock.ts";
import { InProcessApi } from "../../sandbox/api/in_process.ts";
import { freezable, type FreezableClock } from "../../time/freezable.ts";
import { type Fault, LeaseObject } from "./lease_object.ts";
import { tries } from "../../tools/by_chance.ts";

interface Candidate {
  readonly name: string;
  readonly clock: FreezableClock;
  readonly election: LeaderElection;
  /** Told by the callbacks, in order. */
  readonly told: string[];
  fault: Fault;
  /** Ends it as SIGTERM does. */
  leave(): void;
}

interface World {
  readonly clock: FakeClock;
  readonly leases: LeaseObject;
  readonly candidates: Candidate[];
  join(name: string): Candidate;
  /** Lets `ms` pass, and fails when two may write at the same time. */
  pass(ms: number): Promise<void>;
  writers(): readonly string[];
}

const works: Fault = { kind: "none" };

function createWorld(): World {
  const clock = fakeClock({ chance: [0.1, 0.9, 0.4] });
  const leases = new LeaseObject(new InProcessApi(clock));
  const candidates: Candidate[] = [];
  const writers = (): readonly string[] =>
    candidates.filter(({ election }) => election.isLeader()).map(({ name }) => name);
  const atMostOne = (): void => assert.ok(writers().length <= 1, `two may write: ${writers().join(", ")}`);

  return {
    clock,
    leases,
    candidates,
    writers,
    join: (name) => {
      const candidate = createCandidate(name, { clock, leases, onStarted: atMostOne });
      candidates.push(candidate);
      return candidate;
    },
    pass: async (ms) => {
      for (let left = ms; left > 0; left -= 500) {
        await clock.advance(Math.min(left, 500));
        atMostOne();
      }
    },
  };
}

function createCandidate(
  name: string,
  { clock: time, leases, onStarted }: {
    readonly clock: FakeClock;
    readonly leases: LeaseObject;
    readonly onStarted: () => void;
  },
): Candidate {
  const clock = freezable(time);
  const abort = new AbortController();
  const told: string[] = [];
  const election = runLeaderElection({
    client: leases.client({ clock, fault: () => candidate.fault }),
    clock,
    lease: { namespace: "kube-system", name: "kube-vxlan-controller" },
    identity: name,
    signal: abort.signal,
    onStarted: () => {
      told.push("started");
      onStarted();
    },
    onStopped: (reason) => told.push(`stopped: ${reason}`),
    onHolder: (holder) => told.push(`holder: ${holder}`),
    onTrouble: (reason) => told.push(`trouble: ${reason}`),
    onHealed: () => told.push("healed"),
  });
  const candidate: Candidate = { name, clock, election, told, fault: works, leave: () => abort.abort() };
  return candidate;
}

/** Ends everybody and checks that nothing is left ticking. */
async function end(world: World): Promise<void> {
  for (const candidate of world.candidates) {
    candidate.fault = works;
    if (candidate.clock.frozen) candidate.clock.thaw();
    candidate.leave();
  }
  await world.pass(6_000);
  await Promise.all(world.candidates.map(({ election }) => election.done));
  assert.deepEqual(world.clock.waiting(), []);
}

/** `a` leads, `b` waits. */
async function pair(): Promise<{ readonly world: World; readonly a: Candidate; readonly b: Candidate }> {
  const world = createWorld();
  const a = world.join("a");
  await world.pass(1_000);
  const b = world.join("b");
  await world.pass(20_000);
  assert.deepEqual(world.writers(), ["a"]);
  return { world, a, b };
}

Deno.test("the first candidate leads at once, the second waits and says for whom", async () => {
  const { world, a, b } = await pair();
  assert.deepEqual(a.told, ["started"]);
  assert.deepEqual(b.told, ["holder: a"]);
  assert.equal(world.leases.spec["leaseDurationSeconds"], 15);
  assert.equal(world.leases.spec["leaseTransitions"], 0);
  assert.match(String(world.leases.spec["renewTime"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  await end(world);
});

Deno.test("a leader that ends gives the Lease back, and the other takes it at its next look", async () => {
  const { world, a, b } = await pair();
  a.leave();
  await world.clock.advance(0);
  assert.equal(a.election.isLeader(), false, "over before the Lease is given back");
  assert.equal(world.leases.spec["holderIdentity"], "a");
  await world.pass(3_000);
  await a.election.done;
  assert.ok(world.leases.requests.includes("PUT"), "given back: an update with an empty holder");
  assert.deepEqual(world.writers(), ["b"]);
  assert.equal(world.leases.spec["leaseTransitions"], 1);
  assert.deepEqual(a.told, ["started", "stopped: this replica ends"]);
  assert.deepEqual(b.told, ["holder: a", "started"]);
  await end(world);
});

Deno.test("a leader that ends while its renewal is under way still gives the Lease back", async () => {
  const { world, a } = await pair();
  a.fault = { kind: "lost" };
  const puts = world.leases.requests.length;
  while (!world.leases.requests.slice(puts).includes("PUT a")) await world.clock.advance(100);
  a.fault = works;
  a.leave();
  await world.clock.advance(0);
  await world.clock.advance(100);
  await a.election.done;
  assert.equal(world.leases.spec["holderIdentity"], "");
  assert.equal(world.leases.spec["leaseDurationSeconds"], 1);
  await end(world);
});

Deno.test("a leader that is killed is followed after the lease duration, not before", async () => {
  const { world, a } = await pair();
  a.clock.freeze();
  await world.pass(10_000);
  assert.deepEqual(world.writers(), []);
  await world.pass(10_000);
  assert.deepEqual(world.writers(), ["b"]);
  await end(world);
});

Deno.test("a leader stopped for a minute and woken may not write before it has asked again", async () => {
  const { world, a } = await pair();
  a.clock.freeze();
  await world.pass(60_000);
  assert.deepEqual(world.writers(), ["b"]);
  assert.equal(a.election.isLeader(), false, "known before any of its timers has run");
  a.clock.thaw();
  assert.equal(a.election.isLeader(), false);
  await world.pass(10_000);
  assert.deepEqual(world.writers(), ["b"]);
  assert.deepEqual(a.told, [
    "started",
    "stopped: the Lease could not be renewed for 10 s",
    "holder: b",
  ]);
  await end(world);
});

Deno.test("a leader alone, stopped and woken, leads again after one renewal", async () => {
  const world = createWorld();
  const a = world.join("a");
  await world.pass(5_000);
  a.clock.freeze();
  await world.pass(60_000);
  assert.equal(a.election.isLeader(), false);
  a.clock.thaw();
  assert.equal(a.election.isLeader(), false);
  await world.pass(3_000);
  assert.equal(a.election.isLeader(), true);
  await end(world);
});

Deno.test("an answer that comes after the deadline gives no right to write", async () => {
  const { world, a } = await pair();
  const before = world.leases.requests.length;
  while (!world.leases.requests.slice(before).includes("PUT a")) await world.clock.advance(1);
  a.clock.freeze();
  await world.pass(11_000);
  a.clock.thaw();
  assert.equal(a.election.isLeader(), false);
  await world.clock.advance(1);
  assert.equal(a.election.isLeader(), false);
  await end(world);
});

const jumps = [
  { it: "two hours ahead", by: 7_200_000 },
  { it: "two hours back", by: -7_200_000 },
];
for (const { it, by } of jumps) {
  Deno.test(`the wall clock jumps ${it}: nobody loses or takes the lead`, async () => {
    const { world, a, b } = await pair();
    world.clock.shiftWall(by);
    await world.pass(60_000);
    assert.deepEqual(world.writers(), ["a"]);
    assert.deepEqual([a.told, b.told], [["started"], ["holder: a"]]);
    await end(world);
  });
}

const outages: readonly { readonly it: string; readonly fault: Fault; readonly says: string }[] = [
  { it: "the API server is away", fault: { kind: "unreachable" }, says: "connection refused" },
  { it: "requests hang", fault: { kind: "hang" }, says: "no answer in time" },
  { it: "answers are lost", fault: { kind: "lost" }, says: "no answer in time" },
  { it: "access is forbidden", fault: { kind: "status", status: 403 }, says: "status 403" },
  {
    it: "the server is overloaded and asks to wait",
    fault: { kind: "status", status: 429, retryAfter: 3_600_000 },
    says: "status 429",
  },
];
for (const { it, fault, says } of outages) {
  Deno.test(`${it} for a minute: said once, nobody writes, and the election goes on afterwards`, async () => {
    const { world, a, b } = await pair();
    a.fault = b.fault = fault;
    await world.pass(12_000);
    assert.deepEqual(world.writers(), []);
    await world.pass(48_000);
    const troubles = a.told.filter((line) => line.startsWith("trouble") && line.includes(says));
    assert.ok(troubles.length >= 1 && troubles.length <= 2, "at most once for reading and for writing");
    a.fault = b.fault = works;
    await world.pass(30_000);
    assert.equal(world.writers().length, 1);
    assert.ok(a.told.includes("healed"));
    await end(world);
  });
}

Deno.test("an outage shorter than the deadline costs nothing", async () => {
  const { world, a } = await pair();
  a.fault = { kind: "unreachable" };
  await world.pass(6_000);
  a.fault = works;
  await world.pass(30_000);
  assert.deepEqual(world.writers(), ["a"]);
  assert.equal(a.told.includes("started", 1), false);
  await end(world);
});

Deno.test("one renewal whose answer is lost does not end the lead", async () => {
  const { world, a } = await pair();
  a.fault = { kind: "lost" };
  await world.pass(2_500);
  a.fault = works;
  await world.pass(30_000);
  assert.deepEqual(world.writers(), ["a"]);
  assert.equal(a.told.filter((line) => line === "started").length, 1);
  await end(world);
});

const edits: readonly { readonly it: string; readonly edit: (leases: LeaseObject) => void }[] = [
  { it: "deleted", edit: (leases) => leases.delete() },
  { it: "emptied", edit: (leases) => leases.edit({ holderIdentity: "" }) },
  { it: "stripped of its holder", edit: (leases) => leases.edit({ holderIdentity: null }) },
  { it: "filled with nonsense", edit: (leases) => leases.edit({ holderIdentity: 7, renewTime: {} }) },
  { it: "backdated", edit: (leases) => leases.edit({ renewTime: "2001-01-01T00:00:00.000000Z" }) },
  { it: "made very long", edit: (leases) => leases.edit({ leaseDurationSeconds: 1e9 }) },
  { it: "made very short", edit: (leases) => leases.edit({ leaseDurationSeconds: 1 }) },
];
for (const { it, edit } of edits) {
  Deno.test(`the Lease is ${it} by hand: its leader mends it and leads on`, async () => {
    const { world, a } = await pair();
    edit(world.leases);
    await world.pass(30_000);
    assert.deepEqual(world.writers(), ["a"]);
    assert.equal(world.leases.spec["holderIdentity"], "a");
    assert.equal(world.leases.spec["leaseDurationSeconds"], 15);
    assert.deepEqual(a.told, ["started"]);
    await end(world);
  });
}

Deno.test("the Lease is given to a stranger by hand: the leader stops, somebody leads again later", async () => {
  const { world, a } = await pair();
  world.leases.edit({ holderIdentity: "nobody" });
  await world.pass(3_000);
  assert.deepEqual(world.writers(), []);
  assert.deepEqual(a.told, ["started", 'stopped: the Lease is held by "nobody"', "holder: nobody"]);
  await world.pass(20_000);
  assert.equal(world.writers().length, 1);
  await end(world);
});

Deno.test("the Lease is given to the other by hand: nobody writes until everybody must know", async () => {
  const { world } = await pair();
  world.leases.edit({ holderIdentity: "b" });
  await world.pass(2_500);
  assert.deepEqual(world.writers(), []);
  await world.pass(12_000);
  assert.deepEqual(world.writers(), []);
  await world.pass(8_000);
  assert.equal(world.writers().length, 1);
  await end(world);
});

Deno.test("the Lease is deleted while its leader stands still: the other waits until that one must know", async () => {
  const { world, a } = await pair();
  a.clock.freeze();
  world.leases.delete();
  await world.pass(14_000);
  assert.equal(world.leases.object, undefined);
  await world.pass(6_000);
  assert.deepEqual(world.writers(), ["b"]);
  await end(world);
});

Deno.test("an old record is restored by hand: the one who wrote it does not take it for its own", async () => {
  const { world, a, b } = await pair();
  a.clock.freeze();
  await world.pass(20_000);
  assert.deepEqual(world.writers(), ["b"]);
  const old = world.leases.spec;
  b.clock.freeze();
  a.clock.thaw();
  await world.pass(20_000);
  b.clock.thaw();
  await world.pass(5_000);
  assert.deepEqual(world.writers(), ["a"]);
  a.clock.freeze();
  world.leases.edit(old);
  await world.pass(9_000);
  assert.equal(b.election.isLeader(), false);
  await end(world);
});

Deno.test("labels and fields of others in the Lease survive", async () => {
  const world = createWorld();
  world.leases.replace({
    metadata: { labels: { team: "net" } },
    spec: { holderIdentity: "", leaseDurationSeconds: 1, strategy: "OldestEmulationVersion" },
  });
  world.join("a");
  await world.pass(3_000);
  assert.deepEqual(world.writers(), ["a"]);
  assert.equal(world.leases.spec["strategy"], "OldestEmulationVersion");
  const metadata = JSON.stringify(world.leases.object?.["metadata"]);
  assert.match(metadata, /"team":"net"/);
  await end(world);
});

Deno.test("durations in the wrong order are refused", () => {
  assert.throws(
    () =>
      runLeaderElection({
        client: new InProcessApi(fakeClock()).client,
        clock: fakeClock(),
        lease: { namespace: "n", name: "l" },
        identity: "a",
        durations: { lease: 10_000, renewDeadline: 15_000, retry: 2_000 },
        signal: new AbortController().signal,
        onStarted: () => {},
        onStopped: () => {},
      }),
    /Cannot elect a leader: durations 10000, 15000, 2000 ms/,
  );
});

/** Something that befalls candidate number `who`. */
interface Mishap {
  readonly what: "freeze" | "thaw" | "unreachable" | "hang" | "lost" | "works" | "wall" | "edit";
  readonly who: number;
  /** Milliseconds that pass afterwards. */
  readonly then: number;
}

Deno.test("whatever befalls three candidates, never do two write, and in the end one does", async () => {
  const mishap: fc.Arbitrary<Mishap> = fc.record({
    what: fc.constantFrom("freeze", "thaw", "unreachable", "hang", "lost", "works", "wall", "edit"),
    who: fc.integer({ min: 0, max: 2 }),
    then: fc.integer({ min: 0, max: 25_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(mishap, { minLength: 3, maxLength: 12 }), async (mishaps) => {
      const world = createWorld();
      for (const name of ["a", "b", "c"]) world.join(name);
      await world.pass(5_000);
      for (const one of mishaps) await befall(world, one);
      for (const candidate of world.candidates) {
        candidate.fault = works;
        if (candidate.clock.frozen) candidate.clock.thaw();
      }
      await world.pass(25_000);
      assert.equal(world.writers().length, 1);
      await end(world);
    }),
    tries(8),
  );
});

async function befall(world: World, { what, who, then }: Mishap): Promise<void> {
  const candidate = world.candidates[who];
  assert.ok(candidate);
  switch (what) {
    case "freeze":
      candidate.clock.freeze();
      break;
    case "thaw":
      if (candidate.clock.frozen) candidate.clock.thaw();
      break;
    case "wall":
      world.clock.shiftWall((who - 1) * 7_200_000);
      break;
    case "edit":
      handEdit(world.leases, who);
      break;
    case "unreachable":
    case "hang":
    case "lost":
      candidate.fault = { kind: what };
      break;
    case "works":
      candidate.fault = works;
      break;
    default:
      what satisfies never;
  }
  await world.pass(then);
}

function handEdit(leases: LeaseObject, how: number): void {
  if (how === 0) leases.delete();
  if (how === 1) leases.edit({ holderIdentity: "b" });
  if (how === 2) leases.edit({ holderIdentity: "", leaseDurationSeconds: 15 });
}
