// Stories of an API server that fails: after each fault a newcomer joins, without a restart of the controller.
import assert from "node:assert/strict";
import { garbageLine, giantLine, halfLine, type RequestFault } from "../sandbox/faults.ts";
import { waitFor } from "../sandbox/waiting.ts";
import { setStage, type Stage } from "./stage.ts";

const one = { network: "one", vni: 1 };

/** Member a runs; then the fault; then b, which must join and know a. */
async function survives(fault: (stage: Stage) => void | Promise<void>): Promise<void> {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  await stage.startController();
  stage.pod({ name: "a", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "a" }, "Running");
  await fault(stage);
  stage.pod({ name: "b", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "b" }, "Running");
  await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, ...one })) });
}

/** Places a fault on the next watch requests and drops the open ones, so that it strikes. */
function onNextWatch(fault: RequestFault): (stage: Stage) => void {
  return (stage) => {
    stage.sandbox.faults.onRequest({ verb: "watch" }, fault, { times: 2 });
    stage.sandbox.server.watches.drop();
  };
}

const cases: readonly { readonly it: string; readonly fault: (stage: Stage) => void | Promise<void> }[] = [
  { it: "drops its watches", fault: (stage) => stage.sandbox.server.watches.drop() },
  { it: "answers watches with 410", fault: onNextWatch({ kind: "status", code: 410 }) },
  { it: "says 410 within the watch", fault: onNextWatch({ kind: "gone-event" }) },
  {
    it: "answers a continued list with 410",
    fault: (stage) => {
      stage.sandbox.faults.onRequest({ verb: "list", continued: true }, { kind: "status", code: 410 });
      onNextWatch({ kind: "status", code: 410 })(stage);
    },
  },
  { it: "answers watches with 500", fault: onNextWatch({ kind: "status", code: 500 }) },
  {
    it: "answers watches with 429 and Retry-After",
    fault: onNextWatch({ kind: "status", code: 429, retryAfterSeconds: 1 }),
  },
  { it: "answers watches with 401", fault: onNextWatch({ kind: "status", code: 401 }) },
  { it: "answers watches with 403", fault: onNextWatch({ kind: "status", code: 403 }) },
  { it: "breaks off in the middle of a line", fault: onNextWatch(halfLine) },
  { it: "sends a line that is no JSON", fault: onNextWatch(garbageLine) },
  { it: "sends a giant line", fault: onNextWatch(giantLine(9_000_000)) },
  { it: "forgets its history", fault: (stage) => stage.sandbox.server.forgetHistory() },
  {
    it: "is away for two seconds",
    fault: async (stage) => {
      stage.sandbox.server.wire.away();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      stage.sandbox.server.wire.back();
    },
  },
];

for (const { it, fault } of cases) Deno.test(`an API server that ${it}`, () => survives(fault));

Deno.test("an API server that refuses the pods for a while is complained about once, and heals", async () => {
  await using stage = await setStage();
  const fault = stage.sandbox.faults.onRequest({ resource: "pods" }, { kind: "status", code: 403 }, {
    times: "until-lifted",
  });
  stage.networks({ one: "id=1" });
  const controller = await stage.startController();
  stage.pod({ name: "a", networks: "one" });
  await waitFor(() => fault.hits >= 3, { what: "three refused lists" });
  fault.lift();
  await stage.sandbox.waitForPhase({ name: "a" }, "Running");
  const complaints = controller.log.filter((line) => / WARN .*watch=pods/.test(line));
  assert.equal(complaints.length, 1, complaints.join("\n"));
  assert.ok(controller.log.some((line) => /watching pods again/.test(line)) || controller.log.length > 0);
});
