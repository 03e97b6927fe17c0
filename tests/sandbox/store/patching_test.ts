// What do patches make of objects, row by row?
import assert from "node:assert/strict";
import { applyPatch } from "./patching.ts";

const strategic = "application/strategic-merge-patch+json";
const merge = "application/merge-patch+json";
const json = "application/json-patch+json";

const cases: readonly {
  readonly it: string;
  readonly type: string;
  readonly target: unknown;
  readonly patch: unknown;
  readonly becomes: unknown;
}[] = [
  {
    it: "merge sets and removes",
    type: merge,
    target: { a: { b: 1, c: 2 } },
    patch: { a: { b: null, d: 3 } },
    becomes: { a: { c: 2, d: 3 } },
  },
  { it: "merge replaces lists", type: merge, target: { a: [1, 2] }, patch: { a: [3] }, becomes: { a: [3] } },
  {
    it: "strategic merge joins conditions by type",
    type: strategic,
    target: { conditions: [{ type: "A", status: "False", x: 1 }] },
    patch: { conditions: [{ type: "A", status: "True" }, { type: "B" }] },
    becomes: { conditions: [{ type: "A", status: "True", x: 1 }, { type: "B" }] },
  },
  {
    it: "strategic merge deletes by key",
    type: strategic,
    target: { containers: [{ name: "a" }, { name: "b" }] },
    patch: { containers: [{ name: "a", $patch: "delete" }], $setElementOrder: [] },
    becomes: { containers: [{ name: "b" }] },
  },
  {
    it: "add to a list's end",
    type: json,
    target: { a: [1] },
    patch: [{ op: "add", path: "/a/-", value: 2 }],
    becomes: { a: [1, 2] },
  },
  {
    it: "insert into a list",
    type: json,
    target: { a: [2] },
    patch: [{ op: "add", path: "/a/0", value: 1 }],
    becomes: { a: [1, 2] },
  },
  {
    it: "replace and remove",
    type: json,
    target: { a: 1, b: 2 },
    patch: [{ op: "replace", path: "/a", value: 3 }, { op: "remove", path: "/b" }],
    becomes: { a: 3 },
  },
  {
    it: "test, copy and move",
    type: json,
    target: { a: 1 },
    patch: [{ op: "test", path: "/a", value: 1 }, { op: "copy", from: "/a", path: "/b" }, {
      op: "move",
      from: "/a",
      path: "/c",
    }],
    becomes: { b: 1, c: 1 },
  },
];

for (const { it, type, target, patch, becomes } of cases) {
  Deno.test(`patch: ${it}`, () => assert.deepEqual(applyPatch(target, patch, type), becomes));
}

const refusals = [
  { it: "a failed test", type: json, patch: [{ op: "test", path: "/a", value: 2 }], code: 422 },
  { it: "nothing to remove", type: json, patch: [{ op: "remove", path: "/x/y" }], code: 422 },
  { it: "beyond a list's end", type: json, patch: [{ op: "add", path: "/l/5", value: 1 }], code: 422 },
  { it: "no list of operations", type: json, patch: {}, code: 400 },
  { it: "another format", type: "application/apply-patch+yaml", patch: {}, code: 415 },
];

for (const { it, type, patch, code } of refusals) {
  Deno.test(`patch refused: ${it}`, () => {
    assert.throws(() => applyPatch({ a: 1, l: [] }, patch, type), { code });
  });
}
