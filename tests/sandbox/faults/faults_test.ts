// Does each fault do what it says, and end when it is lifted?
import assert from "node:assert/strict";
import { call, WatchReader } from "../api/api_client.ts";
import { garbageLine, giantLine, halfLine, type RequestFault } from "./faults.ts";
import { Sandbox, startSandbox } from "../sandbox.ts";
import { waitFor } from "../tools/waiting.ts";

const list = "/api/v1/configmaps";
const watch = `${list}?watch=true`;

function story(name: string, tell: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ dataPlane: "toy" });
    await tell(sandbox);
  });
}

function put(sandbox: Sandbox, name: string): void {
  sandbox.apply(`{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}`);
}

story("error answers, so often and no oftener", async ({ server, faults }) => {
  const cases: readonly {
    readonly code: number;
    readonly reason: string;
    readonly retryAfterSeconds?: number;
  }[] = [
    { code: 401, reason: "Unauthorized" },
    { code: 403, reason: "Forbidden" },
    { code: 410, reason: "Expired" },
    { code: 429, reason: "TooManyRequests", retryAfterSeconds: 3 },
    { code: 500, reason: "InternalError" },
    { code: 503, reason: "ServiceUnavailable" },
  ];
  for (const { reason, ...fault } of cases) {
    const placed = faults.onRequest({ verb: "list", resource: "configmaps" }, { kind: "status", ...fault }, {
      times: 2,
    });
    assert.equal((await call(server.url, { path: `${list}/` })).status, fault.code, "first");
    const second = await call(server.url, { path: list });
    assert.deepEqual([second.status, second.json.reason], [fault.code, reason]);
    assert.equal(second.headers.get("retry-after"), fault.retryAfterSeconds?.toString() ?? null);
    assert.equal((await call(server.url, { path: list })).status, 200, "third");
    assert.equal(placed.hits, 2);
  }
});

story("a fault strikes only what it matches, until it is lifted", async ({ server, faults }) => {
  const fault: RequestFault = { kind: "status", code: 410 };
  const placed = faults.onRequest({ verb: "list", continued: true }, fault, { times: "until-lifted" });
  assert.equal((await call(server.url, { path: list })).status, 200);
  const page = `${list}?limit=1&continue=x`;
  for (const _ of [1, 2, 3]) assert.equal((await call(server.url, { path: page })).status, 410);
  assert.equal(placed.hits, 3);
  placed.lift();
  await call(server.url, { path: page });
  assert.equal(placed.hits, 3);
});

story("a request hangs until the fault is lifted", async ({ server, faults }) => {
  const placed = faults.onRequest({ verb: "list" }, { kind: "hang" });
  let answered = false;
  const answer = call(server.url, { path: list }).finally(() => answered = true);
  await waitFor(() => placed.hits === 1, { what: "the request has come in" });
  await call(server.url, { path: "/version" });
  assert.equal(answered, false);
  placed.lift();
  assert.equal((await answer).status, 200);
});

story("a request is cut off without an answer", async ({ server, faults }) => {
  faults.onRequest({ verb: "list" }, { kind: "drop" });
  await assert.rejects(call(server.url, { path: list }), TypeError);
  assert.equal((await call(server.url, { path: list })).status, 200);
});

story("410 in the stream of a new watch, and of an open one", async ({ server, faults }) => {
  faults.onRequest({ verb: "watch" }, { kind: "gone-event" });
  await using fresh = await WatchReader.open(server.url, watch);
  assert.deepEqual(await fresh.events(2), ["ERROR 410", undefined]);
  await using open = await WatchReader.open(server.url, watch);
  server.watches.expire();
  assert.deepEqual(await open.events(2), ["ERROR 410", undefined]);
});

story("history forgotten: old versions and lists under way get 410", async (sandbox) => {
  const { server } = sandbox;
  for (const name of ["a", "b"]) put(sandbox, name);
  const page = await call(server.url, { path: `${list}?limit=1` });
  const { resourceVersion, continue: token } = page.json.metadata;
  put(sandbox, "c");
  server.forgetHistory();
  await using old = await WatchReader.open(server.url, `${watch}&resourceVersion=${resourceVersion}`);
  assert.equal(await old.event(), "ERROR 410");
  assert.equal((await call(server.url, { path: `${list}?limit=1&continue=${token}` })).status, 410);
});

story("lines of a watch: half, garbage, giant", async (sandbox) => {
  const { server, faults } = sandbox;
  put(sandbox, "a");
  faults.onRequest({ verb: "watch" }, halfLine);
  await using half = await WatchReader.open(server.url, watch);
  await assert.rejects(half.line(), "the connection breaks within the line");
  faults.onRequest({ verb: "watch" }, garbageLine);
  await using garbage = await WatchReader.open(server.url, watch);
  assert.throws(JSON.parse.bind(JSON, await garbage.line() ?? ""));
  assert.equal(await garbage.event(), "ADDED a");
  faults.onRequest({ verb: "watch" }, giantLine(3_000_000));
  await using giant = await WatchReader.open(server.url, watch);
  assert.ok((await giant.line() ?? "").length > 3_000_000);
  assert.equal(await giant.event(), "ADDED a");
});

story("open watches dropped", async ({ server }) => {
  await using open = await WatchReader.open(server.url, watch);
  const line = open.line();
  server.watches.drop("configmaps");
  await assert.rejects(line);
});

story("open watches stalled, then released: nothing is lost", async (sandbox) => {
  const { server } = sandbox;
  await using open = await WatchReader.open(server.url, watch);
  const release = server.watches.stall();
  let seen = false;
  const event = open.event().finally(() => seen = true);
  put(sandbox, "a");
  // Another watch has it by now, so the stalled one would have had it too.
  await using other = await WatchReader.open(server.url, watch);
  assert.equal(await other.event(), "ADDED a");
  assert.equal(seen, false);
  release();
  assert.equal(await event, "ADDED a");
});

story("the server away and back, on the same port and with its objects", async (sandbox) => {
  const { server } = sandbox;
  put(sandbox, "a");
  await using open = await WatchReader.open(server.url, watch);
  assert.equal(await open.event(), "ADDED a");
  server.wire.away();
  await assert.rejects(open.line());
  await assert.rejects(call(server.url, { path: list }), TypeError);
  server.wire.back();
  assert.equal((await call(server.url, { path: list })).json.items.length, 1);
});

story("the server frozen, as by SIGSTOP, and thawed", async ({ server }) => {
  const thaw = server.wire.freeze();
  const before = server.counters.requests["list configmaps"] ?? 0;
  let answered = false;
  const answer = call(server.url, { path: list }).finally(() => answered = true);
  const impatient = AbortSignal.timeout(100);
  await assert.rejects(fetch(server.url + list, { signal: impatient }));
  assert.deepEqual([answered, server.counters.requests["list configmaps"] ?? 0], [false, before]);
  thaw();
  assert.equal((await answer).status, 200);
});
