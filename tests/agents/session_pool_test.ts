// Are sessions shared, bounded and closed: one per pod and tool, the longest idle gives way, none is left.
import assert from "node:assert/strict";
import { AgentExecs } from "../../lib/agents/agent_execs.ts";
import { type AgentAddress, type Purpose, SessionPool } from "../../lib/agents/session_pool.ts";
import type { ExecOutcome } from "../../lib/kube/exec/exec.ts";
import type { ExecSession } from "../../lib/kube/exec/session.ts";
import type { Tool } from "../../lib/overlay/step.ts";
import { onAbort } from "../../lib/time/clock.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";

interface FakeSession extends ExecSession {
  alive: boolean;
  readonly name: string;
}

function scene(limit: number | (() => number) = 2, isForAll = true): {
  readonly clock: FakeClock;
  readonly pool: SessionPool;
  readonly opened: FakeSession[];
  readonly use: (pod: string, tool?: Tool, purpose?: Omit<Purpose, "tool">) => Promise<string>;
} {
  const clock = fakeClock();
  const opened: FakeSession[] = [];
  const pool = new SessionPool({
    clock,
    limit: () => ({ sessions: typeof limit === "number" ? limit : limit(), isForAll }),
    onLateStderr: () => {},
    keep: { ip: 5_000, ip6: 5_000, bridge: 30_000 },
    open: (agent, tool) => {
      const session: FakeSession = {
        name: `${agent.pod}/${tool}/${opened.length}`,
        alive: true,
        get open() {
          return this.alive;
        },
        exchange: () => Promise.reject(new Error("not used")),
        close(): Promise<void> {
          this.alive = false;
          return Promise.resolve();
        },
      };
      opened.push(session);
      return Promise.resolve(session);
    },
  });
  const use = (
    pod: string,
    tool: Tool = "bridge",
    purpose: Omit<Purpose, "tool"> = {},
  ): Promise<string> =>
    pool.with(agentOf(pod), {
      ...purpose,
      tool,
      use: (session) => Promise.resolve((session as FakeSession).name),
    });
  return { clock, pool, opened, use };
}

function agentOf(pod: string): AgentAddress {
  return { uid: pod, podIPs: ["10.0.0.1"], namespace: "default", pod, container: "agent", containerId: "1" };
}

Deno.test("a second use finds the session open", async () => {
  const { pool, use, opened } = scene();
  assert.equal(await use("a"), await use("a"));
  assert.equal(opened.length, 1);
  await pool.close();
});

Deno.test("an idle session is closed after its time", async () => {
  const { clock, pool, use, opened } = scene();
  await use("a");
  await clock.advance(29_000);
  assert.equal(opened[0]?.alive, true);
  await clock.advance(2_000);
  assert.equal(opened[0]?.alive, false);
  assert.equal(pool.open, 0);
  await pool.close();
});

for (
  const { it, isForAll, lasts, alive } of [
    { it: "no peer needs it", isForAll: true, lasts: false, alive: false },
    { it: "peers need it", isForAll: true, lasts: true, alive: true },
    { it: "peers need it, but not every pod can have one", isForAll: false, lasts: true, alive: false },
  ]
) {
  Deno.test(`a session of ip stays as long as one of bridge: ${it}: ${alive}`, async () => {
    const { clock, pool, use, opened } = scene(8, isForAll);
    await use("a", "ip", { lasts });
    // Whoever says nothing of it leaves it as it is.
    await use("a", "ip");
    await use("a");
    await clock.advance(29_000);
    assert.deepEqual(opened.map((each) => each.alive), [alive, true]);
    await clock.advance(2_000);
    assert.equal(pool.open, 0);
    await pool.close();
  });
}

Deno.test("a session that served its last look long ago serves lines about peers, and no look", async () => {
  const { clock, pool, use } = scene(8);
  const of = (purpose: Omit<Purpose, "tool">): Promise<string> => use("a", "ip", { lasts: true, ...purpose });
  assert.equal(await of({ isLook: true }), "a/ip/0");
  for (let turn = 0; turn < 2; turn++) {
    await clock.advance(20_000);
    assert.equal(await of({ isLook: true }), "a/ip/0");
  }
  for (let turn = 0; turn < 2; turn++) {
    await clock.advance(20_000);
    assert.equal(await of({}), "a/ip/0");
  }
  assert.equal(await of({ isLook: true }), "a/ip/1");
  assert.equal(pool.open, 1);
  await pool.close();
});

Deno.test("beyond the limit the longest idle one gives way", async () => {
  const { pool, use, opened } = scene(2);
  await use("a");
  await use("b");
  await use("a");
  await use("c");
  assert.deepEqual(opened.map(({ name, alive }) => [name, alive]), [
    ["a/bridge/0", true],
    ["b/bridge/1", false],
    ["c/bridge/2", true],
  ]);
  await pool.close();
});

for (const isForAll of [true, false]) {
  Deno.test(`what is under way in a pod keeps its other sessions (one for every pod: ${isForAll})`, async () => {
    const { clock, pool, use, opened } = scene(3, isForAll);
    const ended = Promise.withResolvers<void>();
    await use("a", "ip");
    await use("b", "ip");
    const underWay = pool.with(agentOf("a"), { tool: "bridge", use: () => ended.promise });
    await use("c", "ip");
    await clock.advance(11_000);
    assert.deepEqual(opened.filter(({ alive }) => alive).map(({ name }) => name), ["a/ip/0", "a/bridge/2"]);
    assert.equal(await use("a", "ip"), "a/ip/0");
    ended.resolve();
    await underWay;
    await clock.advance(11_000);
    assert.deepEqual(opened.filter(({ alive }) => alive).map(({ name }) => name), ["a/bridge/2"]);
    await pool.close();
  });
}

Deno.test("where something is under way in all pods, the longest idle one gives way all the same", async () => {
  const { pool, use, opened } = scene(2, false);
  const ended = Promise.withResolvers<void>();
  await use("a", "ip");
  const underWay = pool.with(agentOf("a"), { tool: "bridge", use: () => ended.promise });
  await use("b", "ip");
  assert.deepEqual(opened.filter(({ alive }) => alive).map(({ name }) => name), ["a/bridge/1", "b/ip/2"]);
  ended.resolve();
  await underWay;
  await pool.close();
});

Deno.test("beyond the limit a session of ip gives way before one of bridge that is idle for longer", async () => {
  const { pool, use, opened } = scene(2);
  await use("a");
  await use("b", "ip");
  await use("c");
  assert.deepEqual(opened.map(({ alive }) => alive), [true, false, true]);
  await pool.close();
});

Deno.test("where not every pod can have a session, looks under way keep theirs: ten thousand cost two execs each", async () => {
  const { clock, pool, use, opened } = scene(8, false);
  const pods = Array.from({ length: 50 }, (_, at) => `p${at}`);
  // Two at a time, each with pauses between its uses.
  for (let at = 0; at < pods.length; at += 2) {
    for (const tool of ["ip", "bridge", "ip", "bridge", "ip"] as const) {
      for (const pod of pods.slice(at, at + 2)) {
        await use(pod, tool);
        await clock.advance(5);
      }
    }
  }
  assert.equal(opened.length, 100);
  assert.equal(pool.open, 8);
  await pool.close();
});

Deno.test("when the limit comes down, the idle ones above it are closed at the next opening", async () => {
  const limits = { now: 4 };
  const { pool, use, opened } = scene(() => limits.now);
  for (const pod of ["a", "b", "c", "d"]) await use(pod);
  limits.now = 2;
  await use("e");
  assert.deepEqual(opened.map(({ alive }) => alive), [false, false, false, true, true]);
  await pool.close();
});

Deno.test("when all are in use the next waits until one is free", async () => {
  const { clock, pool, use } = scene(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = pool.with(agentOf("a"), { tool: "bridge", use: () => promise });
  const second = use("b");
  await clock.advance(10);
  assert.equal(pool.open, 1);
  resolve();
  await first;
  assert.equal(await second, "b/bridge/1");
  await pool.close();
});

Deno.test("a session that broke is not used again", async () => {
  const { pool, use, opened } = scene();
  await assert.rejects(
    pool.with(agentOf("a"), { tool: "bridge", use: () => Promise.reject(new Error("broken")) }),
    /broken/,
  );
  assert.equal(await use("a"), "a/bridge/1");
  assert.equal(opened[0]?.alive, false);
  await pool.close();
});

Deno.test("a session that died while idle is replaced", async () => {
  const { pool, use, opened } = scene();
  await use("a");
  if (opened[0]) opened[0].alive = false;
  assert.equal(await use("a"), "a/bridge/1");
  await pool.close();
});

Deno.test("a container made anew gets a session of its own", async () => {
  const { pool, use, opened } = scene();
  await use("a");
  await pool.with({ ...agentOf("a"), containerId: "2" }, { tool: "bridge", use: () => Promise.resolve() });
  assert.equal(opened.length, 2);
  await pool.close();
});

Deno.test("what is under way in a pod that is closed is broken off, and says why", async () => {
  const { pool, use, opened } = scene();
  await use("a");
  const silent = new Promise<never>(() => {});
  const asked = pool.with(agentOf("a"), { tool: "bridge", use: () => silent });
  await Promise.resolve();
  pool.closePod("a", "others wait");
  await assert.rejects(asked, {
    name: "SessionEnded",
    message: "others wait",
    outcome: { kind: "not-ready", reason: "others wait" },
  });
  assert.deepEqual([opened[0]?.alive, pool.open], [false, 0]);
  await use("a");
  assert.equal(opened.length, 2);
  await pool.close();
});

Deno.test("a session that is being opened is not waited for when its pod is closed", async () => {
  const given: AbortSignal[] = [];
  const pool = new SessionPool({
    clock: fakeClock(),
    limit: () => ({ sessions: 1, isForAll: true }),
    onLateStderr: () => {},
    keep: { ip: 5_000, ip6: 5_000, bridge: 30_000 },
    open: (_agent, _tool, { signal }) => {
      given.push(signal);
      return new Promise((_, reject) => onAbort(signal, () => reject(signal.reason)));
    },
  });
  const asked = pool.with(agentOf("a"), { tool: "ip", use: () => Promise.resolve() });
  pool.closePod("a", "others wait");
  await assert.rejects(asked, { message: "others wait" });
  assert.deepEqual(given.map(({ aborted }) => aborted), [true]);
  await pool.close();
});

Deno.test("an exec that hangs ends with its pod's sessions, and the next look begins a new one at once", async () => {
  const clock = fakeClock();
  const started: (AbortSignal | undefined)[] = [];
  const execs = new AgentExecs({
    clock,
    executor: {
      run: () => Promise.reject(new Error("not used")),
      start: ({ signal }) => {
        started.push(signal);
        const { promise, resolve } = Promise.withResolvers<{ readonly failed: ExecOutcome }>();
        if (signal !== undefined) {
          onAbort(signal, () => resolve({ failed: { kind: "unknown", reason: String(signal.reason) } }));
        }
        return promise;
      },
      close: () => {},
    },
  });
  const pool = new SessionPool({
    clock,
    limit: () => ({ sessions: 4, isForAll: true }),
    onLateStderr: () => {},
    keep: { ip: 5_000, ip6: 5_000, bridge: 30_000 },
    open: (agent, tool, options) => execs.open(agent, tool, options),
  });
  for (const turn of [1, 2]) {
    const asked = (["ip", "bridge"] as const).map((tool) =>
      pool.with(agentOf("a"), { tool, use: () => Promise.resolve() })
    );
    await clock.advance(0);
    assert.equal(started.length, turn, "one exec for both tools");
    pool.closePod("a", "others wait");
    for (const each of asked) await assert.rejects(each, { message: "others wait" });
    assert.equal(started.at(-1)?.aborted, true);
    await clock.advance(0);
  }
  await pool.close();
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("close leaves neither session nor timer", async () => {
  const { clock, pool, use, opened } = scene();
  await use("a");
  await use("b");
  await pool.close();
  assert.ok(opened.every(({ alive }) => !alive));
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("a session of one tool is closed by itself, and its successor waits for its end", async () => {
  const { pool, use, opened } = scene();
  await use("a");
  const ended = Promise.withResolvers<void>();
  if (opened[0]) opened[0].close = () => ended.promise;
  pool.closeSession(agentOf("a"), "ip");
  pool.closeSession(agentOf("a"), "bridge");
  const next = use("a");
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assert.equal(opened.length, 1);
  ended.resolve();
  assert.equal(await next, "a/bridge/1");
  await pool.close();
});
