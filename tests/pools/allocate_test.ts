// Who is given which address: one test for each rule, bugs of others among them.
import assert from "node:assert/strict";
import { readTable, tableText } from "../../lib/pools/table_text.ts";
import type { PoolClaim } from "../../lib/network/pool_request.ts";
import { type Asking, PoolInTime, requestsOf } from "./requests.ts";

const three = "id=5 subnet=10.0.0.0/24 range=10.0.0.10-10.0.0.12";
const a: Asking = { pod: "a" };
const b: Asking = { pod: "b" };
const c: Asking = { pod: "c" };
const d: Asking = { pod: "d" };
const db0: Asking = { pod: "db-0", named: true };
const db1: Asking = { pod: "db-1", named: true };

Deno.test("pool: each gets one, the oldest first, and what is not there is said with numbers", () => {
  const pool = new PoolInTime();
  assert.deepEqual(pool.told([a, b, c, d], three), [
    "a: 10.0.0.10",
    "b: 10.0.0.11",
    "c: 10.0.0.12",
    "d: exhausted",
  ]);
  const { answers, sizes } = pool.pass([a, b, c, d], three);
  assert.deepEqual(answers.get("uid-d"), {
    kind: "refused",
    problem: "exhausted",
    reason:
      "its pool is exhausted: all 3 addresses of 10.0.0.10-10.0.0.12 are in use, or freed less than 60 s ago; " +
      "the pod follows when one comes free; widen range=… or subnet=…, or delete pods",
  });
  assert.deepEqual(sizes, { total: 3, used: 3 });
});

Deno.test("pool: the order in which pods are named does not count, their age does", () => {
  const pool = new PoolInTime();
  const old: Asking = { pod: "z", created: "2025-01-01T00:00:00Z" };
  assert.deepEqual(pool.told([a, b, old], three), ["a: 10.0.0.11", "b: 10.0.0.12", "z: 10.0.0.10"]);
});

Deno.test("pool: network, broadcast, excluded addresses and gateways are given to nobody", () => {
  const text = "id=5 subnet=10.0.0.0/29 exclude=10.0.0.2,10.0.0.4-10.0.0.5 route=10.9.0.0/16:10.0.0.1";
  const pool = new PoolInTime();
  assert.deepEqual(pool.told([a, b, c], text), ["a: 10.0.0.3", "b: 10.0.0.6", "c: exhausted"]);
  assert.deepEqual(pool.pass([a, b, c], text).sizes, { total: 2, used: 2 });
});

Deno.test("pool: the smallest subnets give what hosts may have of them, and one with nothing left says why", () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["subnet=10.0.0.0/30", ["a: 10.0.0.1", "b: 10.0.0.2", "c: exhausted"]],
    ["subnet=10.0.0.0/31", ["a: 10.0.0.0", "b: 10.0.0.1", "c: exhausted"]],
    ["subnet=10.0.0.5/32", ["a: 10.0.0.5", "b: exhausted", "c: exhausted"]],
    ["subnet=fd00::/126", ["a: fd00::1", "b: fd00::2", "c: fd00::3"]],
    ["subnet=fd00::/127", ["a: fd00::", "b: fd00::1", "c: exhausted"]],
    ["subnet=fd00::5/128", ["a: fd00::5", "b: exhausted", "c: exhausted"]],
    ["subnet=10.0.0.0/24 range=10.0.0.254-10.0.0.255", ["a: 10.0.0.254", "b: exhausted", "c: exhausted"]],
    ["subnet=10.0.0.0/31 subnet=fd00::5/128", ["a: 10.0.0.0,fd00::5", "b: exhausted", "c: exhausted"]],
  ];
  for (const [text, told] of rows) {
    assert.deepEqual(new PoolInTime().told([a, b, c], `id=5 ${text}`), told, text);
  }
  const { answers } = new PoolInTime().pass([a], "id=5 subnet=10.0.0.0/24 exclude=10.0.0.0/24");
  assert.deepEqual(answers.get("uid-a"), {
    kind: "refused",
    problem: "exhausted",
    reason:
      "its pool is exhausted: range=… and exclude=… leave no address of subnet=10.0.0.0/24 that could be given",
  });
});

Deno.test("pool: a freed address rests for 60 s by the earliest time, then the one freed first comes first", () => {
  const pool = new PoolInTime();
  pool.pass([a, b, c], three);
  pool.pass([a, c], three);
  pool.now += 30;
  pool.pass([c], three);
  assert.deepEqual(pool.told([c, d], three), ["c: 10.0.0.12", "d: exhausted"]);
  pool.now += 29;
  assert.equal(pool.pass([c, d], three).nextFree, 1_060);
  assert.deepEqual(pool.told([c, d], three), ["c: 10.0.0.12", "d: exhausted"]);
  pool.now += 1;
  assert.deepEqual(pool.told([c, d], three), ["c: 10.0.0.12", "d: 10.0.0.11"], "b went before a");
});

Deno.test("pool: what was never given goes before what was freed", () => {
  const pool = new PoolInTime();
  pool.pass([a], three);
  pool.pass([], three);
  pool.now += 3_600;
  assert.deepEqual(pool.told([b, c, d], three), ["b: 10.0.0.11", "c: 10.0.0.12", "d: 10.0.0.10"]);
});

Deno.test("pool: a clock that is not known exactly lengthens the rest", () => {
  const pool = new PoolInTime();
  pool.pass([a, b, c], three);
  pool.pass([a, b], three, { now: { earliest: 1_000, latest: 1_005 } });
  assert.deepEqual(
    pool.told([a, b, d], three, { now: { earliest: 1_064, latest: 1_099 } }).at(-1),
    "d: exhausted",
  );
  assert.deepEqual(
    pool.told([a, b, d], three, { now: { earliest: 1_065, latest: 1_099 } }).at(-1),
    "d: 10.0.0.12",
  );
});

Deno.test("pool: a StatefulSet's pod has its address again: deleted, rescheduled, scaled down and up", () => {
  const pool = new PoolInTime();
  assert.deepEqual(pool.told([db0, db1], three), ["db-0: 10.0.0.10", "db-1: 10.0.0.11"]);
  const again: Asking = { ...db1, uid: "another" };
  assert.deepEqual(pool.told([db0, again], three), ["db-0: 10.0.0.10", "db-1: 10.0.0.11"]);
  pool.pass([db0], three);
  pool.now += 86_400;
  assert.deepEqual(
    pool.told([db0, a], three),
    ["db-0: 10.0.0.10", "a: 10.0.0.12"],
    "while there is another one",
  );
  assert.deepEqual(pool.told([db0, a, { ...db1, uid: "a third" }], three).at(-1), "db-1: 10.0.0.11");
});

Deno.test("pool: a StatefulSet's address is given on when there is no other", () => {
  const pool = new PoolInTime();
  pool.pass([db0, a, b], three);
  pool.pass([a, b], three);
  pool.now += 60;
  assert.deepEqual(pool.told([a, b, c], three).at(-1), "c: 10.0.0.10");
  assert.deepEqual(pool.told([a, b, c, { ...db0, uid: "again" }], three).at(-1), "db-0: exhausted");
});

Deno.test("whereabouts#176: the old pod's deletion does not free what the new pod of its name has", () => {
  const pool = new PoolInTime();
  pool.pass([db0], three);
  const fresh: Asking = { ...db0, uid: "fresh", created: "2026-02-01T00:00:00Z" };
  assert.deepEqual(pool.told([db0, fresh], three).at(-1), "db-0: 10.0.0.10");
  assert.deepEqual(pool.told([fresh], three), ["db-0: 10.0.0.10"]);
  assert.equal(pool.table.freed.length, 0);
});

Deno.test("whereabouts#207: who is not known yet is not freed because nobody has seen it", () => {
  const pool = new PoolInTime();
  pool.pass([a], three);
  pool.told([b], three, { isGone: () => false });
  assert.deepEqual([...pool.table.held.keys()], ["uid-a", "uid-b"]);
});

Deno.test("kube-ovn 52b01c0: a StatefulSet's address outlives a restart while the pod is away", () => {
  const pool = new PoolInTime();
  pool.pass([db0, db1], three);
  pool.pass([db0], three);
  const read = readTable(tableText(pool.table));
  assert.ok(read.kind === "table");
  const restarted = new PoolInTime();
  restarted.table = read.table;
  restarted.now += 3_600;
  assert.deepEqual(restarted.told([db0, a, { ...db1, uid: "back" }], three), [
    "db-0: 10.0.0.10",
    "a: 10.0.0.12",
    "db-1: 10.0.0.11",
  ]);
});

const both = "id=5 subnet=10.0.0.0/24 subnet=fd00:10::/64 range=10.0.0.10-10.0.0.11,fd00:10::10-fd00:10::10";

Deno.test("kube-ovn#3050: of two families a pod gets both or none", () => {
  const pool = new PoolInTime();
  assert.deepEqual(pool.told([a, b], both), ["a: 10.0.0.10,fd00:10::10", "b: exhausted"]);
  assert.deepEqual([...pool.table.held.keys()], ["uid-a"]);
  const { answers } = pool.pass([a, b], both);
  const answer = answers.get("uid-b");
  assert.match(answer?.kind === "refused" ? answer.reason : "", /all 1 addresses of fd00:10::10 are in use/);
});

Deno.test("pool: an address of a pod's own is taken out while the pod lives", () => {
  const pool = new PoolInTime();
  const own: Asking = { pod: "own", own: ["10.0.0.10"] };
  assert.deepEqual(pool.told([own, a, b, c], three), ["a: 10.0.0.11", "b: 10.0.0.12", "c: exhausted"]);
  assert.deepEqual(pool.told([a, b, c], three).at(-1), "c: 10.0.0.10");
});

Deno.test("pool: a holder is not evicted by an address of a pod's own, and nobody else gets it after", () => {
  const pool = new PoolInTime();
  pool.pass([a], three);
  const own: Asking = { pod: "own", own: ["10.0.0.10"] };
  assert.deepEqual(pool.told([a, own, b], three), ["a: 10.0.0.10", "b: 10.0.0.11"]);
  pool.pass([own, b], three);
  pool.now += 600;
  assert.deepEqual(pool.told([own, b, c, d], three).slice(1), ["c: 10.0.0.12", "d: exhausted"]);
});

Deno.test("pool: another subnet is for new pods; the others keep theirs, with a warning", () => {
  const pool = new PoolInTime();
  pool.pass([a, db0], three);
  const moved = "id=5 subnet=10.1.0.0/24";
  const { answers } = pool.pass([a, db0, b], moved);
  assert.deepEqual(pool.told([a, db0, b], moved), ["a: 10.0.0.10", "db-0: 10.0.0.11", "b: 10.1.0.1"]);
  const answer = answers.get("uid-a");
  assert.match(
    answer?.kind === "given" ? answer.warning ?? "" : "",
    /address 10.0.0.10 is outside of the network's pool/,
  );
  assert.deepEqual(pool.told([a, { ...db0, uid: "replaced" }, b], moved)[1], "db-0: 10.1.0.2");
});

Deno.test("pool: a range that has shrunk takes nothing away", () => {
  const pool = new PoolInTime();
  pool.pass([a, b, c], three);
  const shrunk = "id=5 subnet=10.0.0.0/24 range=10.0.0.10-10.0.0.11";
  assert.deepEqual(pool.told([a, b, c, d], shrunk), [
    "a: 10.0.0.10",
    "b: 10.0.0.11",
    "c: 10.0.0.12",
    "d: exhausted",
  ]);
  assert.deepEqual(pool.pass([a, b, c], shrunk).sizes, { total: 2, used: 2 });
});

Deno.test("pool: a second family comes to those who are there, as far as it goes", () => {
  const pool = new PoolInTime();
  const one = "id=5 subnet=10.0.0.0/24 range=10.0.0.10-10.0.0.11";
  pool.pass([a, b], one);
  assert.deepEqual(pool.told([a, b], both), ["a: 10.0.0.10,fd00:10::10", "b: 10.0.0.11"]);
});

const borneOut = (...addresses: string[]): PoolClaim => ({ kind: "borne out", addresses });

Deno.test("lost table: who had an address has it again, before anybody else gets one", () => {
  const pool = new PoolInTime();
  const asking: readonly Asking[] = [d, { ...a, claim: borneOut("10.0.0.10") }, {
    ...db0,
    claim: borneOut("10.0.0.11"),
  }];
  assert.deepEqual(pool.told(asking, three), ["d: 10.0.0.12", "a: 10.0.0.10", "db-0: 10.0.0.11"]);
});

Deno.test("lost table: who was not looked at yet keeps its address from others, and waits", () => {
  const pool = new PoolInTime();
  const unseen: Asking = { ...a, claim: { kind: "unseen", addresses: ["10.0.0.10"] } };
  assert.deepEqual(pool.told([b, unseen, c, d], three), [
    "b: 10.0.0.11",
    "a: …",
    "c: 10.0.0.12",
    "d: exhausted",
  ]);
});

Deno.test("lost table: what two claim is given to neither, nor to a third", () => {
  const pool = new PoolInTime();
  const asking = [a, b].map((one) => ({ ...one, claim: borneOut("10.0.0.10") }));
  assert.deepEqual(pool.told([...asking, c], three), ["a: conflict", "b: conflict", "c: 10.0.0.11"]);
  const answer = pool.pass([...asking, c], three).answers.get("uid-a");
  assert.deepEqual(
    answer?.kind === "refused" && answer.reason,
    'the pod has 10.0.0.10, of which the network\'s pool knows nothing, and so has "default/b": replace the pods that must not have it',
  );
});

Deno.test("lost table: a claim outside of the range, or to what another holds, is a conflict", () => {
  const pool = new PoolInTime();
  pool.pass([b], three);
  const asking: readonly Asking[] = [
    b,
    { ...a, claim: borneOut("10.0.0.99") },
    { ...c, claim: borneOut("10.0.0.10") },
    { ...d, claim: borneOut("192.168.0.1") },
  ];
  assert.deepEqual(pool.told(asking, three), ["b: 10.0.0.10", "a: conflict", "c: conflict", "d: conflict"]);
});

Deno.test("lost table: who claims many addresses takes one out", () => {
  const pool = new PoolInTime();
  const greedy: Asking = {
    ...a,
    claim: { kind: "unseen", addresses: ["10.0.0.10", "10.0.0.11", "10.0.0.12"] },
  };
  assert.deepEqual(pool.told([greedy, b, c], three), ["a: …", "b: 10.0.0.11", "c: 10.0.0.12"]);
});

Deno.test("frozen: holders and claims keep theirs, and nobody is given anything", () => {
  const pool = new PoolInTime();
  pool.pass([b], three);
  const asking: readonly Asking[] = [b, { ...a, claim: borneOut("10.0.0.11") }, c];
  const before = pool.table;
  assert.deepEqual(pool.told(asking, three, { frozen: "it is damaged" }), [
    "b: 10.0.0.10",
    "a: 10.0.0.11",
    "c: setup-failed",
  ]);
  assert.deepEqual([...before.held.keys()], ["uid-b"]);
});

Deno.test("capacity: what does not fit is refused with the number, and nothing of it is given", () => {
  const pool = new PoolInTime();
  const room = tableText({ ...pool.pass([a, b], three).table }).length + 10;
  const { answers } = pool.pass([a, b, c], three, { room });
  const answer = answers.get("uid-c");
  assert.equal(
    answer?.kind === "refused" && answer.reason,
    "ConfigMap kube-system/kube-vxlan-controller-pool-3 is full: it has 2 addresses of this network, and with one " +
      "more it would be larger than an object may be",
  );
  assert.deepEqual([...pool.table.held.keys()], ["uid-a", "uid-b"]);
});

Deno.test("pool: what is remembered of freed addresses stays bounded, and the order stays that of their age", () => {
  const pool = new PoolInTime();
  const wide = "id=5 subnet=10.0.0.0/16";
  const many = Array.from({ length: 2_000 }, (_, at): Asking => ({ pod: `p${at}` }));
  pool.pass(many, wide);
  pool.pass([], wide);
  assert.equal(pool.table.freed.length, 2_000, "they rest");
  pool.now += 61;
  pool.pass([], wide);
  assert.equal(pool.table.freed.length, 512);
});

Deno.test("lost table: what we have told a pod ourselves it keeps, whatever became of the pool", () => {
  const pool = new PoolInTime();
  const told: Asking = { ...a, claim: { kind: "told", addresses: ["10.0.0.10/24"] } };
  assert.deepEqual(pool.told([told, b], "id=5 subnet=10.1.0.0/24"), ["a: 10.0.0.10", "b: 10.1.0.1"]);
});

Deno.test("whereabouts#485: pods that are being deleted hold theirs until they are gone, and those who wait follow", () => {
  const pool = new PoolInTime();
  pool.pass([a, b, c], three);
  assert.deepEqual(pool.told([a, b, c, d], three).at(-1), "d: exhausted");
  const { nextFree } = pool.pass([b, c, d], three);
  assert.equal(nextFree, pool.now + 60, "it is known when to look again");
  pool.now += 60;
  assert.deepEqual(pool.told([b, c, d], three).at(-1), "d: 10.0.0.10");
});

Deno.test("pool: what was freed of one whose kernel still has it is its own again, and nobody else's", () => {
  const pool = new PoolInTime();
  pool.pass([a, b, c], three);
  pool.pass([b, c], three);
  pool.now += 61;
  const [leftover] = requestsOf([a], three);
  assert.ok(leftover !== undefined);
  const requests = [...requestsOf([b, c, d], three), { ...leftover, subnets: [] }];
  const { answers, table } = pool.pass([], three, { requests });
  assert.equal(answers.get("uid-d")?.kind, "refused");
  assert.deepEqual(table.held.get("uid-a")?.addresses.map(({ address }) => address), ["10.0.0.10"]);
  assert.equal(pool.pass([], three, { requests }).isChanged, false);
});

Deno.test("pool: a StatefulSet's pod that is orphaned, and adopted again, keeps its address: its holder has another name", () => {
  const pool = new PoolInTime();
  assert.deepEqual(pool.told([db0, a], three), ["db-0: 10.0.0.10", "a: 10.0.0.11"]);
  const told: PoolClaim = { kind: "told", addresses: ["10.0.0.10/24"] };
  const orphan: Asking = { pod: "db-0", claim: told };
  assert.deepEqual(pool.told([orphan, a, b], three), ["db-0: 10.0.0.10", "a: 10.0.0.11", "b: 10.0.0.12"]);
  assert.deepEqual([...pool.table.held.keys()].sort(), ["uid-a", "uid-b", "uid-db-0"]);
  assert.deepEqual(pool.told([{ ...db0, claim: told }, a, b], three)[0], "db-0: 10.0.0.10");
  const restarted: Asking = { pod: "db-0", claim: { kind: "unseen", addresses: ["10.0.0.10"] } };
  assert.deepEqual(pool.told([restarted, a, b, c], three), [
    "db-0: …",
    "a: 10.0.0.11",
    "b: 10.0.0.12",
    "c: exhausted",
  ]);
});
