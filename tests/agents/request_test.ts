// Is what the agent's program answers to one request bounded in pieces as well as in bytes?
import assert from "node:assert/strict";
import { FrameReader } from "../../lib/agents/frames.ts";
import { Request } from "../../lib/agents/request.ts";

const encoder = new TextEncoder();

for (
  const [it, frame] of [
    ["notes without a text", "note 1 0\n\n"],
    ["refusals without a text", "err 1 0\n\n"],
    ["answers of one byte", "out 1 1\nx\n"],
  ] as const
) {
  Deno.test(`a flood of frames ends the request: ${it}`, () => {
    const request = new Request({ lines: 1, cap: 1 << 20, token: "1" });
    const [one] = new FrameReader().push(encoder.encode(frame));
    assert.ok(one);
    let taken = 0;
    assert.throws(() => {
      for (; taken < 1_000_000; taken++) request.take(one);
    }, RangeError);
    assert.ok(taken <= (1 << 20) / 256 + 4, `${taken} frames`);
  });
}

Deno.test("each of thousands of lines may be refused", async () => {
  const lines = 5_000;
  const request = new Request({ lines, cap: 1 << 20, token: "1" });
  for (let number = 1; number <= lines; number++) {
    request.take({ kind: "err", number, payload: encoder.encode("RTNETLINK answers: File exists") });
    request.take({ kind: "note", number, payload: encoder.encode("Error: exists") });
  }
  request.take({ kind: "end", number: lines + 1, payload: encoder.encode("1") });
  assert.equal((await request.answered)?.said.length, 2 * lines);
});

Deno.test("a stream in single bytes gives the same frames", () => {
  const text = `out 1 5\nab\ncd\n${`out 1 32768\n${"x".repeat(32768)}\n`}end 2 1\n7\n`;
  const reader = new FrameReader();
  const frames = [...encoder.encode(text)].flatMap((byte) => reader.push(new Uint8Array([byte])));
  assert.deepEqual(frames.map(({ kind, payload }) => [kind, payload.length]), [
    ["out", 5],
    ["out", 32768],
    ["end", 1],
  ]);
});
