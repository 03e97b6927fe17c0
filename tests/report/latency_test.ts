// How long do people wait: the stopwatch told of pods, looks and reports, with a clock that is told to move.
import assert from "node:assert/strict";
import type { PodReport } from "../../lib/report/report.ts";
import { JoinLatency, type Timed } from "../../lib/report/latency.ts";
import { count, type Counted, totals } from "../../lib/report/counts.ts";
import type { ProblemKind } from "../../lib/network/problem.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";

interface Bench {
  readonly clock: FakeClock;
  readonly watch: JoinLatency;
  readonly interfaces: readonly number[];
  readonly entries: readonly number[];
  /** The pod is there: in segment s unless said otherwise. */
  join(uid: string, given?: { readonly agentRuns?: boolean; readonly measured?: boolean }): void;
  leave(uid: string): void;
  /** One look at the pod that ends so. */
  look(uid: string, end?: Partial<PodReport>): void;
}

function bench(): Bench {
  const clock = fakeClock();
  const interfaces: number[] = [];
  const entries: number[] = [];
  const members = new Map<string, Timed>();
  const watch = new JoinLatency({
    clock,
    recordOf: (uid) => members.get(uid),
    whereabouts: { segmentsOf: (uid) => members.has(uid) ? ["s"] : [], membersOf: () => members.keys() },
    onInterfaceReady: (ms) => interfaces.push(ms),
    onPeerEntry: (ms) => entries.push(ms),
  });
  return {
    clock,
    watch,
    interfaces,
    entries,
    join: (uid, { agentRuns = true, measured = true } = {}) => {
      members.set(uid, members.get(uid) ?? {});
      watch.seen(uid, { agentRuns, measured });
    },
    leave: (uid) => members.delete(uid),
    look: (uid, end = {}) => {
      watch.looking(uid);
      watch.report(report(uid, end));
    },
  };
}

function report(uid: string, end: Partial<PodReport>): PodReport {
  const pod = { uid, namespace: "default", name: uid };
  return {
    pod,
    state: { kind: "ready" },
    holds: true,
    warnings: [],
    networks: [],
    entriesMissing: 0,
    ...end,
  };
}

function failing(kind: ProblemKind): Partial<PodReport> {
  const source = { kind: "pod", namespace: "default", pod: "x" } as const;
  return { state: { kind: "failing", problems: [{ kind, source, message: "no" }] }, holds: false };
}

const pod = (uid: string): PodReport["pod"] => ({ uid, namespace: "default", name: uid });
const addLink = [{ kind: "add-link" } as Parameters<JoinLatency["changed"]>[1][number]];

Deno.test("interface: from the agent running to the report that it holds, once", async () => {
  const { clock, watch, interfaces, join, look } = bench();
  join("a", { agentRuns: false });
  await clock.advance(5_000);
  join("a");
  await clock.advance(300);
  watch.changed(pod("a"), addLink);
  look("a");
  look("a");
  assert.deepEqual(interfaces, [300]);
  watch.close();
});

Deno.test("interface: what we only found as it was is not measured", async () => {
  const { clock, interfaces, join, look } = bench();
  join("a", { measured: false });
  await clock.advance(300);
  look("a");
  assert.deepEqual(interfaces, []);
});

const troubles: readonly { readonly kind: ProblemKind; readonly measured: readonly number[] }[] = [
  { kind: "setup-failed", measured: [1_000] },
  { kind: "unknown-network", measured: [] },
  { kind: "conflict", measured: [] },
];
for (const { kind, measured } of troubles) {
  Deno.test(`interface: the time of a pod with ${kind} ${measured.length > 0 ? "counts" : "is its author's"}`, async () => {
    const { clock, watch, interfaces, join, look } = bench();
    join("a");
    await clock.advance(500);
    look("a", failing(kind));
    await clock.advance(500);
    watch.changed(pod("a"), addLink);
    look("a");
    assert.deepEqual(interfaces, measured);
    watch.close();
  });
}

Deno.test("entry: when every peer was looked at since, to a quarter of a second", async () => {
  const { clock, entries, join, look } = bench();
  for (const uid of ["a", "b"]) join(uid, { measured: false });
  for (const uid of ["a", "b"]) look(uid);
  join("c");
  await clock.advance(1_000);
  look("a");
  await clock.advance(1_000);
  assert.deepEqual(entries, [], "b has not been looked at");
  look("b");
  await clock.advance(250);
  assert.deepEqual(entries, [2_250]);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("entry: a look that began before the newcomer was known does not count", async () => {
  const { clock, watch, entries, join, look } = bench();
  join("a", { measured: false });
  watch.looking("a");
  join("b");
  watch.report(report("a", {}));
  await clock.advance(250);
  assert.deepEqual(entries, []);
  look("a");
  await clock.advance(250);
  assert.deepEqual(entries, [500]);
});

Deno.test("entry: peers without an agent and failing ones are not waited for", async () => {
  const { clock, entries, join, look } = bench();
  join("a", { measured: false });
  join("b", { measured: false, agentRuns: false });
  join("c", { measured: false });
  look("c", failing("setup-failed"));
  join("d");
  look("a");
  await clock.advance(250);
  assert.deepEqual(entries, [250]);
});

Deno.test("entry: the first member of a network has nobody who must learn of it", async () => {
  const { clock, entries, join, look } = bench();
  join("a");
  look("a");
  await clock.advance(10_000);
  assert.deepEqual(entries, []);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("a newcomer that has gone is measured no more", async () => {
  const { clock, entries, join, leave, look } = bench();
  join("a", { measured: false });
  join("b");
  leave("b");
  look("a");
  await clock.advance(1_000);
  assert.deepEqual(entries, []);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("after the close no timer is left", async () => {
  const { clock, watch, entries, join, look } = bench();
  join("a", { measured: false });
  join("b");
  look("a");
  watch.close();
  assert.deepEqual(clock.waiting(), []);
  await clock.advance(1_000);
  assert.deepEqual(entries, []);
});

Deno.test("the counts are of the last report of each pod", () => {
  const records = new Map<string, Counted>([["a", {}], ["b", {}]]);
  const sums = (): readonly number[] => Object.values(totals(records.values()));
  const tell = (report: PodReport): void => count(records.get(report.pod.uid) ?? {}, report);
  tell(report("a", { ...failing("setup-failed"), entriesMissing: 3 }));
  tell(report("b", { ...failing("conflict"), entriesMissing: 4 }));
  assert.deepEqual(sums(), [2, 7]);
  const { entriesMissing: _none, ...waiting } = report("a", {});
  tell({ ...waiting, state: { kind: "waiting", reason: "no agent" } });
  assert.deepEqual(sums(), [1, 7]);
  tell(report("a", { entriesMissing: 1 }));
  assert.deepEqual(sums(), [1, 5]);
  const { entriesMissing: _, ...unseen } = report("a", failing("setup-failed"));
  tell(unseen);
  assert.deepEqual(sums(), [2, 5], "without a look at the kernel the last one counts");
  records.clear();
  assert.deepEqual(sums(), [0, 0]);
});
