// Stories of an API server that fails: after each fault a newcomer joins, without a restart of the controller.
import assert from "node:assert/strict";
import { garbageLine, giantLine, halfLine, type RequestFault } from "../sandbox/faults/faults.ts";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { membersOf, one, running, said, startPair } from "./scenes.ts";
import { type ControllerOverrides, type RunningController, setStage, type Stage } from "./stage.ts";
import { timeLapse } from "./time_lapse.ts";

interface FaultyServer {
  readonly it: string;
  readonly overrides?: ControllerOverrides;
  readonly fault: (stage: Stage, controller: RunningController) => void | Promise<void>;
}

/** Places a fault on the next watch requests and drops the open ones, so that it strikes. */
function onNextWatch(fault: RequestFault): (stage: Stage) => void {
  return (stage) => {
    stage.sandbox.faults.onRequest({ verb: "watch" }, fault, { times: 2 });
    stage.sandbox.server.watches.drop();
  };
}

const cases: readonly FaultyServer[] = [
  { it: "drops its watches", fault: (stage) => stage.sandbox.server.watches.drop() },
  { it: "ends its watches politely", fault: (stage) => stage.sandbox.server.watches.end() },
  {
    it: "says nothing more on its watches",
    // The watchdog waits for 90 s. Faster than that a busy machine does not answer execs in their 10 s.
    overrides: { clock: timeLapse(20) },
    fault: (stage) => {
      stage.sandbox.server.watches.stall();
    },
  },
  { it: "answers watches with 410", fault: onNextWatch({ kind: "status", code: 410 }) },
  { it: "says 410 when a watch begins", fault: onNextWatch({ kind: "gone-event" }) },
  { it: "says 410 within a watch", fault: (stage) => stage.sandbox.server.watches.expire() },
  {
    it: "answers a continued list with 410",
    fault: (stage) => {
      stage.sandbox.faults.onRequest({ verb: "list", continued: true }, { kind: "status", code: 410 });
      onNextWatch({ kind: "status", code: 410 })(stage);
    },
  },
  { it: "forgets its history", fault: (stage) => stage.sandbox.server.forgetHistory() },
  { it: "answers watches with 500", fault: onNextWatch({ kind: "status", code: 500 }) },
  {
    it: "answers watches with 429 and Retry-After",
    fault: onNextWatch({ kind: "status", code: 429, retryAfterSeconds: 1 }),
  },
  { it: "answers watches with 401", fault: onNextWatch({ kind: "status", code: 401 }) },
  { it: "answers watches with 403", fault: onNextWatch({ kind: "status", code: 403 }) },
  { it: "cuts the connection instead of an answer", fault: onNextWatch({ kind: "drop" }) },
  { it: "breaks off in the middle of a line", fault: onNextWatch(halfLine) },
  { it: "sends a line that is no JSON", fault: onNextWatch(garbageLine) },
  { it: "sends a giant line", fault: onNextWatch(giantLine(9_000_000)) },
  {
    it: "is away for a while",
    fault: async (stage, controller) => {
      stage.sandbox.server.wire.away();
      await said(controller, /WARN.*watch=pods.*trouble=unreachable|WARN.*trouble=unreachable.*watch=pods/);
      stage.sandbox.server.wire.back();
    },
  },
  {
    it: "is frozen for a while, with pods that go meanwhile",
    fault: async (stage) => {
      const thaw = stage.sandbox.server.wire.freeze();
      stage.pod({ name: "gone", networks: "one" });
      await stage.sandbox.waitForPod({ name: "gone" }, {
        what: "waits in its init agent",
        holds: (pod) => /"running"/.test(JSON.stringify(pod)),
      });
      stage.sandbox.delete(pods, { name: "gone", graceSeconds: 0 });
      thaw();
    },
  },
];

for (const { it, overrides = {}, fault } of cases) {
  Deno.test(`an API server that ${it}`, async () => {
    await using stage = await setStage();
    const controller = await startPair(stage, overrides);
    await fault(stage, controller);
    stage.pod({ name: "c", networks: "one" });
    await running(stage, ["c"]);
    await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
  });
}

Deno.test("pods that went while the API server was away are forgotten when it is back", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.sandbox.server.wire.away();
  await said(controller, /WARN.*watch=pods/);
  stage.sandbox.delete(pods, { name: "b", graceSeconds: 0 });
  stage.sandbox.server.wire.back();
  await stage.holds({ members: membersOf(one, ["a"]) });
});

for (const code of [401, 403, 500]) {
  Deno.test(`an API server that answers lists of pods with ${code} is complained about once, and heals`, async () => {
    await using stage = await setStage();
    const fault = stage.sandbox.faults.onRequest({ resource: "pods" }, { kind: "status", code }, {
      times: "until-lifted",
    });
    stage.networks({ one: "id=1" });
    const controller = await stage.startController({ clock: timeLapse(10) });
    stage.pod({ name: "a", networks: "one" });
    await waitFor(() => fault.hits >= 4, { what: "four refused lists" });
    fault.lift();
    await running(stage, ["a"]);
    await said(controller, /INFO.*watching pods again/);
    const complaints = controller.log.filter((line) => / WARN .*watch=pods/.test(line));
    assert.equal(complaints.length, 1, complaints.join("\n"));
  });
}

Deno.test("nothing is removed before pods and ConfigMap were each read once", async () => {
  await using stage = await setStage();
  const first = await startPair(stage);
  await first.stop();
  const fault = stage.sandbox.faults.onRequest({ resource: "configmaps" }, { kind: "status", code: 403 }, {
    times: "until-lifted",
  });
  stage.sandbox.counters.reset();
  const second = await stage.startController();
  await said(second, /WARN.*watch="?ConfigMap/);
  await waitFor(() => fault.hits >= 2, { what: "two refused lists" });
  assert.deepEqual(stage.sandbox.counters.execs(), []);
  fault.lift();
  await said(second, /watching: 2 members/);
  await stage.holds({ members: membersOf(one, ["a", "b"]) });
});
