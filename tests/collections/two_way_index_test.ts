// Who has which keys: found from both sides, and kept once for all that have the same.
import assert from "node:assert/strict";
import { marks, TwoWayIndex } from "../../lib/collections/two_way_index.ts";

Deno.test("those with the same keys share one list, and who changes leaves the others theirs", () => {
  const index = new TwoWayIndex<true>();
  for (const uid of ["a", "b", "c"]) index.put(uid, marks(["x", "y"]));
  assert.equal(index.of("a"), index.of("c"));
  assert.deepEqual(index.put("b", marks(["y"])), ["x"]);
  assert.deepEqual([index.of("a"), index.of("b"), index.of("c")], [["x", "y"], ["y"], ["x", "y"]]);
  assert.deepEqual([...index.at("x").keys()], ["a", "c"]);
  for (const uid of ["a", "b", "c"]) index.put(uid, new Map());
  assert.deepEqual([index.of("a"), [...index.sizes()]], [[], []]);
});

Deno.test("another value of a key is a change, the same keys in another order are none", () => {
  const index = new TwoWayIndex<number>();
  index.put("a", new Map([["x", 1], ["y", 2]]));
  assert.deepEqual(index.put("a", new Map([["y", 2], ["x", 1]])), []);
  assert.deepEqual(index.put("a", new Map([["x", 3], ["y", 2]])), ["x"]);
  assert.deepEqual([index.get("a", "x"), index.get("a", "y"), index.get("b", "x")], [3, 2, undefined]);
});

Deno.test("a key that one has alone, then two, then one again, then nobody", () => {
  const index = new TwoWayIndex<number>();
  const seen = (): unknown => [[...index.at("x")], index.get("b", "x"), [...index.sizes()]];
  index.put("a", new Map([["x", 1]]));
  assert.deepEqual(seen(), [[["a", 1]], undefined, [["x", 1]]]);
  assert.deepEqual(index.put("a", new Map([["x", 2]])), ["x"]);
  assert.deepEqual(index.put("b", new Map([["x", 3]])), ["x"]);
  assert.deepEqual(seen(), [[["a", 2], ["b", 3]], 3, [["x", 2]]]);
  assert.deepEqual(index.put("a", new Map()), ["x"]);
  assert.deepEqual(seen(), [[["b", 3]], 3, [["x", 1]]]);
  assert.deepEqual(index.put("c", new Map()), []);
  assert.deepEqual(index.put("b", new Map()), ["x"]);
  assert.deepEqual(seen(), [[], undefined, []]);
});
