// What fits into an object: nothing that is given, freed or remembered may make it larger than the API server takes.
import assert from "node:assert/strict";
import { drawTables } from "../../lib/pools/draw_tables.ts";
import { objectOf, objectRoom, poolObjects } from "../../lib/pools/pool_object.ts";
import { tableRoom, tableText } from "../../lib/pools/table_text.ts";
import { type Asking, PoolInTime, requestsOf } from "./requests.ts";

const one = "id=5 subnet=10.0.0.0/16";
const both = "id=5 subnet=10.0.0.0/16 subnet=fd00:1000:1000:1000::/64";

/** Pods of StatefulSets with names as long as they may be. */
function longNamed(count: number): readonly Asking[] {
  return Array.from({ length: count }, (_, at): Asking => ({
    pod: `${"x".repeat(244)}-${String(at).padStart(8, "0")}`,
    uid: `11111111-2222-3333-4444-${String(at).padStart(12, "0")}`,
    named: true,
  }));
}

Deno.test("a second family that does not fit is not given, and nobody loses the first", () => {
  const pool = new PoolInTime();
  const asking = longNamed(100);
  pool.pass(asking, one);
  const room = tableRoom(pool.table) + 1_000;
  const { answers, table } = pool.pass(asking, both, { room });
  assert.ok(tableText(table).length <= room, `${tableText(table).length} of ${room}`);
  const given = [...answers.values()].map((answer) => answer.kind === "given" ? answer.addresses.length : 0);
  assert.ok(given.includes(1) && given.includes(2) && !given.includes(0), given.join());
  const [last] = [...answers.values()].slice(-1);
  assert.match(last?.kind === "given" ? last.warning ?? "" : "", /another subnet now/);
});

Deno.test("all who hold something may go at once: what was given can be written as freed", () => {
  const pool = new PoolInTime();
  const asking = longNamed(2_000);
  const answers = [...pool.pass(asking, both).answers.values()];
  assert.ok(answers.some(({ kind }) => kind === "refused"), "it was filled");
  assert.ok(tableRoom(pool.table) <= objectRoom);
  pool.pass([], both);
  assert.equal(pool.table.held.size, 0);
  assert.ok(tableText(pool.table).length <= objectRoom, String(tableText(pool.table).length));
});

Deno.test("what is only remembered of a full object makes room for those who ask", () => {
  const pool = new PoolInTime();
  pool.pass(longNamed(2_000), both);
  pool.pass([], both);
  const others = Array.from({ length: 500 }, (_, at): Asking => ({ pod: `p${at}` }));
  const early = [...pool.pass(others, both).answers.values()];
  assert.ok(early.some(({ kind }) => kind === "refused"), "what rests is not forgotten");
  pool.now += 61;
  const late = [...pool.pass(others, both).answers.values()];
  assert.ok(late.every(({ kind }) => kind === "given"));
});

Deno.test("one network leaves to the others of its object what they need for what they have given", () => {
  const asking = longNamed(1_000);
  const requests = ["storage", "office"].flatMap((network) =>
    requestsOf(asking, both).map((request) => ({ ...request, network }))
  );
  const input = { known: new Map(), now: { earliest: 1_000, latest: 1_000 }, object: "x", frozen: undefined };
  const pass = (texts: ReadonlyMap<string, string>, asks: boolean): ReadonlyMap<string, string> => {
    const drawn = drawTables({
      ...{ ...input, texts, requests: asks ? requests : [] },
      ...{ isGone: () => true, onDamage: (_, reason) => reason },
    });
    return new Map([...drawn].flatMap(([network, { text }]) => text === undefined ? [] : [[network, text]]));
  };
  const bytes = (texts: ReadonlyMap<string, string>): number =>
    [...texts].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  const full = pass(new Map(), true);
  assert.equal(full.size, 2);
  assert.ok(bytes(full) <= objectRoom, String(bytes(full)));
  const freed = pass(full, false);
  assert.ok(bytes(freed) <= objectRoom, String(bytes(freed)));
});

Deno.test("10,000 members in 100 networks of two families fit into the objects, names as long as they may be", () => {
  const pool = new PoolInTime();
  pool.pass(longNamed(100), both);
  assert.equal(pool.table.held.size, 100);
  const each = tableRoom(pool.table);
  const networks = Array.from({ length: 100 }, (_, at) => objectOf(`network-${at}-${"x".repeat(40)}`));
  const most = Math.max(
    ...Array.from({ length: poolObjects }, (_, at) => networks.filter((of) => of === at).length),
  );
  assert.ok(most * each <= objectRoom, `${most} networks of ${each} bytes each`);
});

Deno.test("who lacks one of another subnet takes none from who needs only the first", () => {
  const pool = new PoolInTime();
  const narrow = "id=5 subnet=10.0.0.0/24 range=10.0.0.1-10.0.0.1 subnet=fd00::/64 range=fd00::1-fd00::1";
  const b: Asking = { pod: "b", created: "2026-02-01T00:00:00Z" };
  pool.pass([b], "id=5 subnet=fd00::/64 range=fd00::1-fd00::1");
  // The older one comes first, and finds no IPv6 address.
  const a: Asking = { pod: "a", created: "2025-01-01T00:00:00Z" };
  assert.deepEqual(pool.told([a, b], narrow), ["a: exhausted", "b: fd00::1,10.0.0.1"]);
});

Deno.test("of two families the one with the fewest left counts: else nobody would be told that it is used up", () => {
  const pool = new PoolInTime();
  const scarce = "id=5 subnet=10.0.0.0/24 range=10.0.0.1-10.0.0.2 subnet=fd00::/64";
  assert.deepEqual(pool.pass([{ pod: "a" }, { pod: "b" }], scarce).sizes, { total: 2, used: 2 });
  assert.deepEqual(pool.pass([{ pod: "a" }], scarce).sizes, { total: 2, used: 1 });
});

Deno.test("what is remembered of pods that may come back is given up for the one that does not fit else, at once", () => {
  const pool = new PoolInTime();
  const asking = longNamed(10);
  pool.pass(asking, one);
  pool.pass(asking.slice(0, 5), one);
  pool.now += 61;
  // More than half of it is in use, and what is remembered is under the mark from which on it goes by itself.
  const room = Math.ceil(tableRoom(pool.table) / 0.74);
  const others = longNamed(14).slice(10);
  const answers = [...pool.pass([...asking.slice(0, 5), ...others], one, { room }).answers.values()];
  assert.ok(answers.every(({ kind }) => kind === "given"), JSON.stringify(answers));
  assert.ok(tableRoom(pool.table) <= room);
});
