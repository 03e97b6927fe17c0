// Does the reflector keep its times, and its head? What a table of answers cannot tell.
import assert from "node:assert/strict";
import fc from "fast-check";
import { createApiClient } from "../../../lib/kube/api/http.ts";
import { startReflector } from "../../../lib/kube/watch/reflector.ts";
import { createCollection } from "../../../lib/kube/watch/local_copy.ts";
import { metadataOf, readLongEvent, readWatchEvent } from "../../../lib/kube/watch/events.ts";
import { fakeClock, turn, until } from "../../time/fake_clock.ts";
import { abc, bookmark, event, project, quiet, stage, thing } from "./reflector_stage.ts";
import { httpError } from "../api/scripted_client.ts";
import { connectionTo, startStub } from "../api/stub_server.ts";
import { tries } from "../../tools/by_chance.ts";

Deno.test("reflector: a watch that has run its time is followed by the next at once, without trouble", async () => {
  await using on = stage([abc, quiet, quiet]);
  await turn();
  for (let minute = 1; minute <= 2; minute++) {
    await on.clock.advance(60_000);
    on.client.send(bookmark(String(minute)));
    await turn();
  }
  on.client.end();
  await turn();
  assert.deepEqual(on.heard, ["replaced a@1 b@2"]);
  assert.deepEqual(on.client.asked, ["list limit=500", "watch 10", "watch 2"]);
});

Deno.test("reflector: a server that never ends a watch is left 30 s after the time agreed", async () => {
  await using on = stage([abc, quiet, quiet]);
  await turn();
  for (let half = 1; half <= 5; half++) {
    assert.deepEqual(on.client.asked, ["list limit=500", "watch 10"]);
    await on.clock.advance(30_000);
    on.client.send(bookmark(String(half)));
    await turn();
  }
  assert.deepEqual(on.client.asked, ["list limit=500", "watch 10", "watch 4"]);
  assert.deepEqual(on.heard, ["replaced a@1 b@2"]);
});

/** What client-go does at these ends, but for the last: it waits for nothing there, and an empty server would be asked in circles. */
const cuts: readonly {
  readonly it: string;
  readonly after: number;
  readonly bringing?: unknown;
  readonly by: "end" | "drop";
  readonly waits: readonly number[];
}[] = [
  { it: "cut in order after 29 s", after: 29_000, by: "end", waits: [0, 0, 0, 0, 0, 0, 0] },
  { it: "reset after 29 s", after: 29_000, by: "drop", waits: [0, 0, 0, 0, 0, 0, 0] },
  { it: "cut in order after 1 s", after: 1_000, by: "end", waits: [0, 0, 0, 0, 0, 0, 0] },
  {
    it: "reset after 5 s, a bookmark each",
    after: 5_000,
    bringing: bookmark("20"),
    by: "drop",
    waits: [0, 0, 0, 0],
  },
  { it: "very short, and nothing came", after: 900, by: "end", waits: [800, 1600, 3200, 6400] },
  { it: "reset at once", after: 0, by: "drop", waits: [800, 1600, 3200, 6400] },
  {
    it: "reset after 0.4 s, a bookmark each",
    after: 400,
    bringing: bookmark("20"),
    by: "drop",
    waits: [800, 800, 800],
  },
];
for (const { it, after, bringing, by, waits } of cuts) {
  Deno.test(`reflector: a watch that is ${it} is followed by the next after ${waits.join(", ")} ms, and no list`, async () => {
    await using on = stage([abc, ...waits.map(() => quiet), quiet]);
    await turn();
    for (const [index, wait] of waits.entries()) {
      assert.equal(on.client.asked.length, index + 2);
      if (bringing !== undefined) on.client.send(bringing);
      await turn();
      await on.clock.advance(after);
      if (by === "end") on.client.end();
      else on.client.drop();
      await turn();
      if (wait > 0) {
        await on.clock.advance(wait - 1);
        assert.equal(on.client.asked.length, index + 2, `before ${wait} ms`);
        await on.clock.advance(1);
      }
    }
    assert.equal(on.client.asked.length, waits.length + 2);
    assert.deepEqual(on.client.asked.filter((each) => each.startsWith("list")), ["list limit=500"]);
    if (waits.includes(0)) assert.deepEqual(on.heard.filter((line) => /again in [1-9]/.test(line)), []);
  });
}

Deno.test("reflector: an event forgets the failures before it", async () => {
  const drop = { watch: [], then: "drop" } as const;
  await using on = stage([abc, drop, drop, drop, quiet, drop, quiet]);
  await turn();
  await on.clock.advance(800 + 1600 + 3200);
  on.client.send(bookmark("11"));
  await turn();
  await on.clock.advance(6_000);
  on.client.drop();
  await turn();
  assert.deepEqual(on.heard.slice(1), [
    "trouble dropped, again in 800",
    "trouble dropped, again in 1600",
    "trouble dropped, again in 3200",
    "healed",
    "trouble dropped, again in 0",
    "trouble dropped, again in 800",
  ]);
});

Deno.test("reflector: relist() ends the watch and lists, once, without trouble", async () => {
  await using on = stage([abc, quiet, { list: [thing("a", "1")], version: "20" }, quiet]);
  await turn();
  on.relist();
  on.relist();
  await turn();
  await turn();
  assert.deepEqual(on.heard, ["replaced a@1 b@2", "replaced a@1"]);
  assert.deepEqual(on.client.asked, ["list limit=500", "watch 10", "list limit=500", "watch 20"]);
});

Deno.test("reflector: relist() from within an event is not forgotten", async () => {
  const script = [abc, { watch: [event("ADDED", thing("c", "11"))], then: "silence" } as const, abc, quiet];
  const relists: (() => void)[] = [];
  await using on = stage(script, {
    onHeard: (line) => {
      if (line === "added c@11") relists.forEach((each) => each());
    },
  });
  relists.push(on.relist);
  for (let count = 0; count < 5; count++) await turn();
  assert.deepEqual(on.client.asked, ["list limit=500", "watch 10", "list limit=500", "watch 10"]);
});

Deno.test("reflector: a handler that throws is a fault of ours, and the list brings what it missed", async () => {
  const script = [abc, { watch: [event("ADDED", thing("c", "11"))], then: "silence" } as const, {
    list: [thing("c", "11")],
    version: "20",
  }, quiet];
  const onHeard = (line: string): void => {
    if (line === "added c@11") throw new Error("bug");
  };
  await using on = stage(script, { onHeard });
  await turn();
  await on.clock.advance(800);
  await turn();
  const heard = ["replaced a@1 b@2", "added c@11", "trouble malformed, again in 800", "replaced c@11"];
  assert.deepEqual(on.heard, heard);
});

Deno.test("reflector: events that come while a handler is at work wait for it, and then come in turn, each of them", async () => {
  const news = ["11", "12", "13"].map((version) => event("MODIFIED", thing("a", version)));
  const atWork: PromiseWithResolvers<void>[] = [];
  await using on = stage([abc, { watch: news, then: "silence" }], {
    onHeard: (line) => {
      if (!line.startsWith("modified")) return;
      atWork.push(Promise.withResolvers());
      return atWork.at(-1)?.promise;
    },
  });
  for (const version of ["11", "12", "13"]) {
    await turn();
    assert.equal(on.heard.at(-1), `modified a@${version}`);
    atWork.at(-1)?.resolve();
  }
});

Deno.test("reflector: a handler that fails after a while is a fault of ours too", async () => {
  const script = [abc, { watch: [event("ADDED", thing("c", "11"))], then: "silence" } as const, abc, quiet];
  await using on = stage(script, {
    onHeard: async (line) => {
      await turn();
      if (line === "added c@11") throw new Error("bug");
    },
  });
  await until(() => on.heard.length === 3, { what: "the fault" });
  await on.clock.advance(800);
  await turn();
  const heard = ["replaced a@1 b@2", "added c@11", "trouble malformed, again in 800", "replaced a@1 b@2"];
  assert.deepEqual(on.heard, heard);
});

/** A line longer than can be read, in portions. */
function longLine(type: string, name: string, version: string): readonly string[] {
  const metadata = { name, namespace: "ns", uid: `uid-${name}`, resourceVersion: version };
  const [before = "", after = ""] = JSON.stringify({ type, object: { metadata, args: "|" } }).split("|");
  return [before, ...Array.from({ length: 9 }, () => "\\u003c".repeat(200_000)), `${after}\n`];
}

Deno.test("reflector: an event longer than can be read is one object that cannot be, no list, and the next ones come", async () => {
  await using on = stage([
    abc,
    {
      watch: [
        ...longLine("MODIFIED", "a", "11"),
        ...longLine("ADDED", "z", "12"),
        event("ADDED", thing("c", "13")),
        ...longLine("DELETED", "b", "14"),
      ],
      then: "drop",
    },
    quiet,
  ]);
  for (let count = 0; count < 60; count++) await turn();
  await on.clock.advance(800);
  const unreadable = (name: string): string =>
    `unreadable: "ns/${name}" is longer than can be read (8388608 bytes of JSON)`;
  assert.deepEqual(on.heard.slice(0, 5), [
    "replaced a@1 b@2",
    unreadable("a"),
    unreadable("z"),
    "added c@13",
    unreadable("b"),
  ]);
  assert.ok(on.heard.includes("deleted b"));
  assert.deepEqual(on.client.asked, ["list limit=500", "watch 10", "watch 14"]);
});

Deno.test("watch events: what the beginning of a long one says", () => {
  const rows: readonly (readonly [head: string, uid: string, version: string])[] = [
    [
      '{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u","resourceVersion":"7","labels":{"uid":"x"}}',
      "u",
      "7",
    ],
    [
      '{"type": "ADDED", "object": {"metadata": {"name": "a\\"b", "uid" : "u", "resourceVersion":"7"',
      "u",
      "7",
    ],
    ['{"type":"ADDED","object":{"metadata":{"labels":{"uid":"x"},"uid":"u"}', "", ""],
    ['{"type":"ADDED","object":{"metadata":{"name":"a","uid":"u', "", ""],
    ["[[[[", "", ""],
  ];
  for (const [head, uid, version] of rows) {
    const read = readLongEvent(head);
    assert.ok(read.kind === "too-long");
    assert.deepEqual([metadataOf(read.object).uid, read.version], [uid, version], head);
  }
});

Deno.test("reflector: synced waits for the first whole list", async () => {
  await using on = stage([httpError(500), abc, quiet]);
  await turn();
  let synced = false;
  on.synced.then(() => synced = true);
  await turn();
  assert.equal(synced, false);
  await on.clock.advance(800);
  assert.equal(synced, true);
});

Deno.test("reflector: stopped while a list hangs or a wait runs, it is done at once", async () => {
  for (const script of [[], [httpError(500)]]) {
    await using on = stage(script);
    await turn();
    assert.equal(on.client.asked.length, 1);
  }
});

Deno.test("reflector: over a real connection, a drop in mid-line and a stop leave nothing behind", async () => {
  let watches = 0;
  const cut = new TextEncoder().encode(`${JSON.stringify(event("ADDED", thing("c", "11")))}\n{"type":"ADD`);
  await using server = startStub((request) => {
    if (!request.url.includes("watch=1")) {
      return Response.json({ metadata: { resourceVersion: "10" }, items: [] });
    }
    watches += 1;
    const body = new ReadableStream<Uint8Array>({
      start: (out) => out.enqueue(cut),
      pull: (out) => watches === 1 ? out.error(new Error("dropped on purpose")) : undefined,
    });
    return new Response(body);
  });
  const clock = fakeClock({ chance: 0 });
  const client = createApiClient(connectionTo(server.url), { clock });
  const stop = new AbortController();
  const heard: string[] = [];
  const reflector = startReflector(client, {
    what: "things",
    path: "/api/v1/things",
    labelSelector: "a=b,c",
    signal: stop.signal,
    project,
    handler: {
      replaced: (all) => void heard.push(`replaced ${all.length}`),
      added: ({ name }) => void heard.push(`added ${name}`),
      modified: () => void heard.push("modified"),
      deleted: () => void heard.push("deleted"),
      unreadable: (reason) => heard.push(reason),
    },
    onError: ({ end }) => heard.push(end),
  }, { clock });
  await until(() => heard.includes("dropped"), { what: "the drop to be seen" });
  await clock.advance(800);
  await until(() => watches === 2, { what: "the second watch" });
  stop.abort();
  await reflector.done;
  client.close();
  assert.deepEqual(heard, ["replaced 0", "added c", "dropped"]);
  const paths = server.requests.map((request) => request.replace(/^GET /, ""));
  assert.equal(paths[0], "/api/v1/things?labelSelector=a%3Db%2Cc&limit=500");
  const watch = "/api/v1/things?labelSelector=a%3Db%2Cc&watch=1&allowWatchBookmarks=true&resourceVersion=";
  assert.deepEqual(paths.slice(1), [`${watch}10&timeoutSeconds=120`, `${watch}11&timeoutSeconds=120`]);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("watch events: no line makes the reader throw", () => {
  const type = fc.constantFrom("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR", "X", "");
  const line = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.record({ type, object: fc.jsonValue() }).map((value) => JSON.stringify(value)),
    fc.record({ type, object: fc.record({ metadata: fc.jsonValue() }) }).map((value) =>
      JSON.stringify(value)
    ),
  );
  fc.assert(
    fc.property(line, (text) => {
      const { kind } = readWatchEvent(text);
      assert.ok(["present", "deleted", "bookmark", "error", "other", "malformed"].includes(kind));
    }),
    tries(),
  );
});

Deno.test("reflector: random bytes on the watch never end it, and never change what is known", async () => {
  const bytes = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constant("\n"), fc.constant("{}\n")));
  await fc.assert(
    fc.asyncProperty(bytes, async (noise) => {
      await using on = stage([abc, { watch: noise, then: "end" }, quiet]);
      for (let count = 0; count < noise.length + 5; count++) await turn();
      const news = on.heard.filter((line) => /^(added|modified|deleted|replaced)/.test(line));
      assert.deepEqual(news, ["replaced a@1 b@2"]);
      assert.match(on.heard.at(-1) ?? "", /^trouble (malformed|expected)/);
    }),
    tries(30),
  );
});

Deno.test("reflector: in a list, what is as it was is the same object as before", () => {
  const lists: (readonly unknown[])[] = [];
  const never = (): void => assert.fail("nothing but lists");
  const handler = { added: never, modified: never, deleted: never, unreadable: never };
  const collection = createCollection({
    project,
    handler: { ...handler, replaced: (all) => void lists.push(all) },
  });
  for (const version of ["1", "1", "2"]) {
    const list = collection.beginList();
    for (const name of ["a", "b"]) list.take(list.read(thing(name, name === "a" ? "1" : version)));
    list.accept();
  }
  const [first, second, third] = lists;
  assert.ok(first?.length === 2);
  assert.deepEqual(first.map((each, at) => each === second?.[at]), [true, true]);
  assert.deepEqual(first.map((each, at) => each === third?.[at]), [true, false]);
});
