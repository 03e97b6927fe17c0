// Does the local copy stay true under every fault? A table: what the server says, what the handler hears, what is asked.
import assert from "node:assert/strict";
import { turn } from "../../time/fake_clock.ts";
import { abc, bookmark, errorEvent, event, quiet, stage, thing } from "./reflector_stage.ts";
import { httpError, type Scripted } from "../api/scripted_client.ts";

/** Stories that need no more than time: after `wait` ms this was heard and asked. */
const stories: readonly {
  readonly it: string;
  readonly script: readonly Scripted[];
  readonly wait: number;
  readonly heard: readonly string[];
  readonly asked: readonly string[];
}[] = [
  {
    it: "a list in pages is one list",
    script: [
      { list: [thing("a", "1")], version: "10", next: "more" },
      { list: [thing("b", "2")], version: "10" },
      quiet,
    ],
    wait: 0,
    heard: ["replaced a@1 b@2"],
    asked: ["list limit=500", "list limit=500 continue=more", "watch 10"],
  },
  {
    it: "events become news by what is known, not by what they are called",
    script: [abc, {
      watch: [
        event("ADDED", thing("a", "1")),
        event("ADDED", thing("b", "3")),
        event("MODIFIED", thing("c", "4")),
        event("DELETED", thing("a", "5")),
        event("DELETED", thing("a", "5")),
        event("DELETED", thing("x", "6")),
        event("ADDED", thing("a", "7")),
      ],
      then: "silence",
    }],
    wait: 0,
    heard: ["replaced a@1 b@2", "modified b@3", "added c@4", "deleted a", "added a@7"],
    asked: ["list limit=500", "watch 10"],
  },
  {
    it: "a dropped watch goes on where it was, bookmarks included",
    script: [abc, { watch: [event("ADDED", thing("c", "11")), bookmark("15")], then: "drop" }, quiet],
    wait: 800,
    heard: ["replaced a@1 b@2", "added c@11", "trouble dropped, again in 800"],
    asked: ["list limit=500", "watch 10", "watch 15"],
  },
  {
    it: "half a line at the end is nothing",
    script: [abc, { watch: [event("ADDED", thing("c", "11")), `{"type":"ADDED","obj`], then: "drop" }, quiet],
    wait: 800,
    heard: ["replaced a@1 b@2", "added c@11", "trouble dropped, again in 800"],
    asked: ["list limit=500", "watch 10", "watch 11"],
  },
  {
    it: "watches that end at once again and again are no hot loop",
    script: [abc, ...Array.from({ length: 20 }, () => ({ watch: [], then: "end" }) as const)],
    wait: 10_000,
    heard: [
      "replaced a@1 b@2",
      "trouble expected, again in 800",
      "trouble expected, again in 1600",
      "trouble expected, again in 3200",
      "trouble expected, again in 6400",
    ],
    asked: ["list limit=500", "watch 10", "watch 10", "watch 10", "watch 10"],
  },
  {
    it: "410 as an ERROR event: list anew",
    script: [abc, { watch: [errorEvent({ code: 410, reason: "Expired" })], then: "silence" }, {
      list: [thing("b", "2")],
      version: "20",
    }, quiet],
    wait: 800,
    heard: ["replaced a@1 b@2", "trouble gone, again in 800", "replaced b@2"],
    asked: ["list limit=500", "watch 10", "list limit=500", "watch 20"],
  },
  {
    it: "410 as an HTTP answer: list anew",
    script: [abc, httpError(410), { list: [thing("b", "2")], version: "20" }, quiet],
    wait: 800,
    heard: ["replaced a@1 b@2", "trouble gone, again in 800", "replaced b@2"],
    asked: ["list limit=500", "watch 10", "list limit=500", "watch 20"],
  },
  {
    it: "410 on a page: nothing of that list counts, the list begins again",
    script: [
      { list: [thing("old", "1")], version: "10", next: "more" },
      httpError(410),
      { list: [thing("a", "1")], version: "20" },
      quiet,
    ],
    wait: 800,
    heard: ["trouble gone, again in 800", "replaced a@1"],
    asked: ["list limit=500", "list limit=500 continue=more", "list limit=500", "watch 20"],
  },
  {
    it: "410 on a page for the second time: everything at once",
    script: [
      { list: [], version: "10", next: "x" },
      httpError(410),
      { list: [], version: "11", next: "y" },
      httpError(410),
      { list: [thing("a", "1")], version: "20" },
      quiet,
    ],
    wait: 2400,
    heard: ["trouble gone, again in 800", "trouble gone, again in 1600", "replaced a@1"],
    asked: [
      "list limit=500",
      "list limit=500 continue=x",
      "list limit=500",
      "list limit=500 continue=y",
      "list",
      "watch 20",
    ],
  },
  {
    it: "429 with a time to wait",
    script: [abc, httpError(429, { retryAfter: 5000 }), quiet],
    wait: 5000,
    heard: ["replaced a@1 b@2", "trouble too-many-requests, again in 5000"],
    asked: ["list limit=500", "watch 10", "watch 10"],
  },
  {
    it: "429 as an ERROR event with a time to wait",
    script: [
      abc,
      { watch: [errorEvent({ code: 429, details: { retryAfterSeconds: 4 } })], then: "silence" },
      quiet,
    ],
    wait: 4000,
    heard: ["replaced a@1 b@2", "trouble too-many-requests, again in 4000"],
    asked: ["list limit=500", "watch 10", "watch 10"],
  },
  {
    it: "504 for a version that is too large: list anew, without a version",
    script: [abc, httpError(504, { message: "Timeout: Too large resource version: 10, current: 3" }), {
      list: [thing("a", "1")],
      version: "3",
    }, quiet],
    wait: 800,
    heard: ["replaced a@1 b@2", "trouble gone, again in 800", "replaced a@1"],
    asked: ["list limit=500", "watch 10", "list limit=500", "watch 3"],
  },
  {
    it: "an overloaded server is not listed on top",
    script: [abc, httpError(503), httpError(502), quiet],
    wait: 2400,
    heard: ["replaced a@1 b@2", "trouble server-error, again in 800", "trouble server-error, again in 1600"],
    asked: ["list limit=500", "watch 10", "watch 10", "watch 10"],
  },
  {
    it: "a version that fails again and again is doubted",
    script: [abc, ...Array.from({ length: 6 }, () => httpError(503)), {
      list: [thing("a", "1")],
      version: "20",
    }, quiet],
    wait: 100_000,
    heard: [
      "replaced a@1 b@2",
      ...[800, 1600, 3200, 6400, 12_800, 25_600].map((wait) => `trouble server-error, again in ${wait}`),
      "replaced a@1",
      "healed",
    ],
    asked: ["list limit=500", ...Array.from({ length: 6 }, () => "watch 10"), "list limit=500", "watch 20"],
  },
  {
    it: "401 and 403 are waited out",
    script: [httpError(401), httpError(403), abc, httpError(403), quiet],
    wait: 5600,
    heard: [
      "trouble unauthorized, again in 800",
      "trouble forbidden, again in 1600",
      "replaced a@1 b@2",
      "trouble forbidden, again in 3200",
    ],
    asked: ["list limit=500", "list limit=500", "list limit=500", "watch 10", "watch 10"],
  },
  {
    it: "an unreachable server is waited for, up to 30 s at a time",
    script: Array.from({ length: 9 }, () => ({ fails: { kind: "unreachable", reason: "x" } }) as const),
    wait: 0.8e3 + 1.6e3 + 3.2e3 + 6.4e3 + 12.8e3 + 25.6e3 + 30e3,
    heard: [0.8e3, 1.6e3, 3.2e3, 6.4e3, 12.8e3, 25.6e3, 30e3, 30e3].map((ms) =>
      `trouble unreachable, again in ${ms}`
    ),
    asked: Array.from({ length: 8 }, () => "list limit=500"),
  },
  {
    it: "an unknown type is counted, and nothing stops",
    script: [abc, { watch: [event("SPARKLE", {}), event("ADDED", thing("c", "11"))], then: "silence" }],
    wait: 0,
    heard: ["replaced a@1 b@2", `unreadable: an event of the unknown type "SPARKLE"`, "added c@11"],
    asked: ["list limit=500", "watch 10"],
  },
  {
    it: "a line that is no event may have been one: list anew",
    script: [
      abc,
      { watch: ["garbage\n"], then: "silence" },
      { list: [thing("a", "1")], version: "20" },
      quiet,
    ],
    wait: 800,
    heard: [
      "replaced a@1 b@2",
      `unreadable: not an event: "garbage"`,
      "trouble malformed, again in 800",
      "replaced a@1",
    ],
    asked: ["list limit=500", "watch 10", "list limit=500", "watch 20"],
  },
  {
    it: "an object that cannot be read stops nothing; its last good state stays",
    script: [
      { list: [thing("a", "1"), thing("b", "2"), thing("x", "3", { bad: true })], version: "10" },
      {
        watch: [
          event("MODIFIED", thing("a", "11", { bad: true })),
          event("ADDED", thing("c", "12")),
          errorEvent({ code: 410 }),
        ],
        then: "silence",
      },
      { list: [thing("a", "11", { bad: true }), thing("c", "12")], version: "20" },
      { watch: [event("DELETED", thing("a", "21", { bad: true }))], then: "silence" },
    ],
    wait: 800,
    heard: [
      `unreadable: "x": bad`,
      "replaced a@1 b@2",
      `unreadable: "a": bad`,
      "added c@12",
      "trouble gone, again in 800",
      `unreadable: "a": bad`,
      "replaced a@1 c@12",
      `unreadable: "a": bad`,
      "deleted a",
    ],
    asked: ["list limit=500", "watch 10", "list limit=500", "watch 20"],
  },
  {
    it: "a suddenly empty list is confirmed before it counts",
    script: [abc, httpError(410), { list: [], version: "20" }, { list: [], version: "21" }, quiet],
    wait: 2800,
    heard: ["replaced a@1 b@2", "trouble gone, again in 800", "replaced"],
    asked: ["list limit=500", "watch 10", "list limit=500", "list limit=500", "watch 21"],
  },
  {
    it: "a suddenly empty list that was a mistake tears nothing down",
    script: [abc, httpError(410), { list: [], version: "20" }, abc, quiet],
    wait: 2800,
    heard: ["replaced a@1 b@2", "trouble gone, again in 800", "replaced a@1 b@2"],
    asked: ["list limit=500", "watch 10", "list limit=500", "list limit=500", "watch 10"],
  },
  {
    it: "a list that cannot be confirmed tears nothing down",
    script: [abc, httpError(410), { list: [], version: "20" }, httpError(503)],
    wait: 2800,
    heard: ["replaced a@1 b@2", "trouble gone, again in 800", "trouble server-error, again in 1600"],
    asked: ["list limit=500", "watch 10", "list limit=500", "list limit=500"],
  },
  {
    it: "a first list that is empty is simply empty",
    script: [{ list: [], version: "5" }, quiet],
    wait: 0,
    heard: ["replaced"],
    asked: ["list limit=500", "watch 5"],
  },
  {
    it: "an answer that is no list is not an empty list",
    script: [{ answer: { kind: "Status", metadata: {} } }, {
      answer: { metadata: { resourceVersion: "1" } },
    }],
    wait: 800,
    heard: ["trouble malformed, again in 800", "trouble malformed, again in 1600"],
    asked: ["list limit=500", "list limit=500"],
  },
  {
    it: "pages that go round in circles end",
    script: [
      { list: [], version: "1", next: "x" },
      { list: [], version: "1", next: "x" },
    ],
    wait: 0,
    heard: ["trouble malformed, again in 800"],
    asked: ["list limit=500", "list limit=500 continue=x"],
  },
  {
    it: "silence for 90 s: a new watch from the same place; twice: a list",
    script: [abc, quiet, quiet, { list: [thing("a", "1")], version: "5" }, quiet],
    wait: 182_000,
    heard: [
      "replaced a@1 b@2",
      "trouble idle, again in 800",
      "healed",
      "trouble idle, again in 800",
      "replaced a@1",
    ],
    asked: ["list limit=500", "watch 10", "watch 10", "list limit=500", "watch 5"],
  },
];

for (const story of stories) {
  Deno.test(`reflector: ${story.it}`, async () => {
    await using on = stage(story.script);
    for (let count = 0; count < 5; count++) await turn();
    await on.clock.advance(story.wait);
    for (let count = 0; count < 5; count++) await turn();
    assert.deepEqual(on.heard, story.heard);
    assert.deepEqual(on.client.asked, story.asked);
  });
}
