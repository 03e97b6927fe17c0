// Does a stream of bytes become the same lines, however it is cut?
import assert from "node:assert/strict";
import fc from "fast-check";
import { createLineReader } from "../../lib/text/line_reader.ts";
import { tries } from "../tools/by_chance.ts";

Deno.test("lines: any cutting of the bytes gives the same lines", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme" }).map((line) => line.replaceAll("\n", ""))),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (lines, cuts) => {
        const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
        const reader = createLineReader();
        const got: string[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 1;
          got.push(...reader.push(bytes.subarray(at, at + size)));
          at += size;
        }
        assert.deepEqual(got, lines.map((line) => line.replace(/^\uFEFF/, "")));
        assert.equal(reader.pendingBytes, 0);
      },
    ),
    tries(),
  );
});

Deno.test("lines: what is not ended yet is counted, not given", () => {
  const reader = createLineReader();
  assert.deepEqual(reader.push(new TextEncoder().encode("a\nbc")), ["a"]);
  assert.equal(reader.pendingBytes, 2);
  assert.deepEqual(reader.push(new TextEncoder().encode("d\n")), ["bcd"]);
});

Deno.test("lines: a chunk that its owner uses again does not change what was kept", () => {
  const reader = createLineReader();
  const chunk = new TextEncoder().encode("kept");
  reader.push(chunk);
  chunk.fill(88);
  assert.deepEqual(reader.push(new TextEncoder().encode("\n")), ["kept"]);
});

Deno.test("lines: bytes that are no UTF-8 become replacement characters", () => {
  assert.deepEqual(createLineReader().push(new Uint8Array([255, 65, 10])), ["\uFFFDA"]);
});
