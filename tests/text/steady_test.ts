// What of a text is the same the next time?
import assert from "node:assert/strict";
import { steady } from "../../lib/text/steady.ts";

const rows: readonly (readonly [text: string, steady: string])[] = [
  ["dial tcp 10.244.0.7:34567->10.0.0.1:10250: i/o timeout", "dial tcp #># i/o timeout"],
  ["container 3f1a0c9e2d not running since 2026-11-27T10:00:00Z", "container # not running since #"],
  ["dump took 130 ms", "dump took # ms"],
  ["the API server answered 403 Forbidden", "the API server answered 403 Forbidden"],
  ["HTTP 500 with an empty body, request 17", "HTTP 500 with an empty body, request #"],
  ["it ended: exit status 255", "it ended: exit status 255"],
  ["unexpected status code: 502, after 3 tries", "unexpected status code: 502, after # tries"],
  ["closed by the other side (code 1006)", "closed by the other side (code 1006)"],
  ["status 20260712", "status #"],
  ["answered 10.0.0.1", "answered #"],
  ["it was refused (403): no reason given", "it was refused (403): no reason given"],
  ["exit status=2", "exit status=2"],
  ["exited with 137 after 12 s", "exited with 137 after # s"],
  ["Permission denied (os error 13)", "Permission denied (os error 13)"],
  ["bind failed: errno -98", "bind failed: errno -98"],
  ['{"code":403,"uid":"17"}', '{"code":403,"uid":"#"}'],
  ["statusCode=503", "statusCode=503"],
  ["HTTP/1.1 502 Bad Gateway", "HTTP/1.1 502 Bad Gateway"],
  ['Cannot find device "eth1"', 'Cannot find device "eth1"'],
  ["no IPv6 route", "no IPv6 route"],
  ["no digit", "no digit"],
  ["unexpected answer: got 503", "unexpected answer: got 503"],
  ["expected 101, got 403 after 7 s", "expected #, got 403 after # s"],
  ["the webhook returned 500", "the webhook returned 500"],
  ["received 429 from 10.0.0.1", "received 429 from #"],
  ["failed with 502", "failed with 502"],
  ["wanted HTTP 200, got: 504", "wanted HTTP 200, got: 504"],
  ["got 5 answers of 17", "got # answers of #"],
  ["received 12345 bytes", "received # bytes"],
  ["got 10.0.0.5", "got #"],
];

// A pod chooses it: looked at more than once for each character, megabytes would take hours.
Deno.test("steady: megabytes of one word, of statuses, of blanks behind one", () => {
  for (
    const [piece, last] of [["x", ""], ["status ", ""], ["status:", ""], ["got ", ""], [" ", "status"], [
      "1",
      "",
    ]] as const
  ) {
    const text = last + piece.repeat(2_000_000 / piece.length);
    assert.equal(steady(text).replace("#", "").length > 0, piece !== "1");
  }
});

for (const [text, expected] of rows) {
  Deno.test(`steady: ${text}`, () => assert.equal(steady(text), expected));
}
