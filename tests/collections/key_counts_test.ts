// How many have each key, as they come, change and go.
import assert from "node:assert/strict";
import { KeyCounts } from "../../lib/collections/key_counts.ts";

Deno.test("keys are counted once for each who has them, and told when they change", () => {
  const counts = new KeyCounts();
  assert.deepEqual(counts.put("a", ["x", "y", "x"]), ["x", "y"]);
  assert.deepEqual(counts.put("b", ["x"]), ["x"]);
  assert.deepEqual(counts.put("b", ["x"]), []);
  assert.deepEqual([counts.at("x"), counts.at("y"), counts.at("z")], [2, 1, 0]);
  assert.deepEqual(counts.put("a", ["z", "x"]), ["y", "z"]);
  assert.deepEqual([...counts.counts], [["x", 2], ["z", 1]]);
  assert.deepEqual([counts.put("a", []), counts.put("b", []), counts.put("c", [])], [["z", "x"], ["x"], []]);
  assert.deepEqual([...counts.counts], []);
});
