// Do the items of a list come out one by one, however its bytes are cut, and is nothing kept that is too long?
import assert from "node:assert/strict";
import fc from "fast-check";
import { createItemReader } from "../../../lib/kube/api/items.ts";
import { tries } from "../../tools/by_chance.ts";

interface Read {
  readonly items: readonly unknown[];
  readonly long: readonly string[];
  readonly rest: unknown;
}

function read(
  text: string,
  { size, itemLimit = 1e6 }: { readonly size: number; readonly itemLimit?: number },
): Read {
  const items: unknown[] = [];
  const long: string[] = [];
  const reader = createItemReader({
    itemLimit,
    onItem: (item) => items.push(JSON.parse(item)),
    onLong: (head) => long.push(head),
  });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) assert.ok(reader.push(bytes.subarray(at, at + size)));
  return { items, long, rest: JSON.parse(reader.rest()) };
}

const field = fc.constantFrom("items", "metadata", "kind", 'a"items', "\\items", "b");
const value = fc.jsonValue({ maxDepth: 4 });
const around = fc.dictionary(field, value);

Deno.test("items: any list, in any portions, with any indentation, gives what JSON.parse gives", () => {
  fc.assert(
    fc.property(
      around,
      fc.array(value),
      around,
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(0, 2),
      (...given) => {
        const [before, items, after, size, indent] = given;
        const { items: _before, ...first } = before;
        const { items: _after, ...last } = after;
        const whole = { ...first, items, ...last };
        const found = read(JSON.stringify(whole, null, indent), { size });
        assert.deepEqual(found.items, JSON.parse(JSON.stringify(items)));
        assert.deepEqual(found.rest, JSON.parse(JSON.stringify({ ...whole, items: [] })));
      },
    ),
    tries(500),
  );
});

Deno.test("items: one that is too long is told by its beginning, and those beside it come", () => {
  const big = { metadata: { name: "big" }, args: '\\"]},'.repeat(200) };
  const text = JSON.stringify({ items: [{ a: 1 }, big, { b: 2 }], metadata: { resourceVersion: "7" } });
  for (const size of [1, 7, 1000, 1e6]) {
    const { items, long, rest } = read(text, { size, itemLimit: 300 });
    assert.deepEqual(items, [{ a: 1 }, { b: 2 }]);
    assert.equal(long.length, 1);
    assert.match(long[0] ?? "", /^\{"metadata":\{"name":"big"\}/);
    assert.deepEqual(rest, { items: [], metadata: { resourceVersion: "7" } });
  }
});

Deno.test("items: other arrays, items elsewhere and no items are what they are", () => {
  const rows = [
    { x: [1, 2], items: null },
    { metadata: { items: [1] }, kind: "items" },
    {},
    { items: "items", list: ["items", [1]] },
    { items: [] },
    { items: { a: [1] } },
  ];
  for (const row of rows) {
    const found = read(JSON.stringify(row), { size: 3 });
    assert.deepEqual(found, { items: [], long: [], rest: row });
  }
});

Deno.test("items: an endless answer that is no list is given up", () => {
  const reader = createItemReader({ itemLimit: 10, onItem: () => {}, onLong: () => {} });
  const chunk = new Uint8Array(100_000).fill(97);
  let pushed = 0;
  while (reader.push(chunk)) pushed++;
  assert.ok(pushed < 12);
});

Deno.test("items: no bytes make the reader throw", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.uint8Array(), fc.constant(new TextEncoder().encode('{"items":[')))),
      (chunks) => {
        const reader = createItemReader({ itemLimit: 5, onItem: () => {}, onLong: () => {} });
        for (const chunk of chunks) reader.push(chunk);
        reader.rest();
      },
    ),
    tries(),
  );
});
