// Do frames and statuses of the Pod Exec API become the right outcomes? Real answers of a 1.36.3 cluster, and nonsense.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ExecOutcome } from "../../../lib/kube/exec/exec.ts";
import { outcomeOfRefusal, outcomeOfStatus, readFrame, stdinFrame } from "../../../lib/kube/exec/protocol.ts";
import { tries } from "../../tools/by_chance.ts";

const statuses: readonly { readonly it: string; readonly text: string; readonly outcome: ExecOutcome }[] = [
  { it: "success is ok", text: `{"metadata":{},"status":"Success"}`, outcome: { kind: "ok" } },
  {
    it: "an exit code is read from the causes",
    text: JSON.stringify({
      status: "Failure",
      reason: "NonZeroExitCode",
      message: "command terminated with non-zero exit code",
      details: { causes: [{ reason: "ExitCode", message: "137" }] },
    }),
    outcome: { kind: "exit", code: 137 },
  },
  {
    it: "a failure without a code is not taken for success",
    text: `{"status":"Failure","reason":"NonZeroExitCode","message":"m","details":{"causes":[]}}`,
    outcome: { kind: "unknown", reason: "an exit without a usable code: m" },
  },
  {
    it: "exit code 0 in a failure makes no sense",
    text:
      `{"status":"Failure","reason":"NonZeroExitCode","message":"m","details":{"causes":[{"reason":"ExitCode","message":"0"}]}}`,
    outcome: { kind: "unknown", reason: "an exit without a usable code: m" },
  },
  {
    it: "a missing program means that the container is not fit",
    text:
      `{"status":"Failure","reason":"InternalError","message":"exec: \\"nosuch\\": executable file not found in $PATH: unknown"}`,
    outcome: {
      kind: "not-ready",
      reason: `exec: "nosuch": executable file not found in $PATH: unknown`,
      programMissing: true,
    },
  },
  {
    it: "a container that has just ended is not ready",
    text: `{"status":"Failure","message":"failed to load task: no running task found: task x not found"}`,
    outcome: { kind: "not-ready", reason: "failed to load task: no running task found: task x not found" },
  },
  {
    it: "other internal errors are unknown: it may have run",
    text: `{"status":"Failure","reason":"InternalError","message":"stream broke"}`,
    outcome: { kind: "unknown", reason: "stream broke" },
  },
  {
    it: "a status that is no JSON is unknown",
    text: "oops",
    outcome: { kind: "unknown", reason: `the final status is not a JSON object: "oops"` },
  },
  {
    it: "a pod that went while the stream was opened is gone",
    text: `{"status":"Failure","code":404,"message":"pods \\"a\\" not found"}`,
    outcome: { kind: "gone", reason: `pods "a" not found` },
  },
];

for (const { it, text, outcome } of statuses) {
  Deno.test(`exec status: ${it}`, () => assert.deepEqual(outcomeOfStatus(text), outcome));
}

const refusals: readonly {
  readonly it: string;
  readonly status: number;
  readonly body: string;
  readonly outcome: ExecOutcome;
}[] = [
  {
    it: "no such pod",
    status: 404,
    body: `{"kind":"Status","message":"pods \\"nopod\\" not found","code":404}`,
    outcome: { kind: "gone", reason: `pods "nopod" not found` },
  },
  {
    it: "container not running yet (plain text)",
    status: 500,
    body: `container not found ("agent")\n`,
    outcome: { kind: "not-ready", reason: `"container not found (\\"agent\\")"` },
  },
  {
    it: "container not in the spec",
    status: 400,
    body: `{"message":"container x is not valid for pod a"}`,
    outcome: { kind: "rejected", status: 400, reason: "container x is not valid for pod a" },
  },
  {
    it: "kubelet not listening",
    status: 500,
    body: `{"message":"error dialing backend: dial tcp 10.0.0.1:10250: connect: connection refused"}`,
    outcome: {
      kind: "rejected",
      status: 500,
      reason: "error dialing backend: dial tcp 10.0.0.1:10250: connect: connection refused",
    },
  },
  {
    it: "no right",
    status: 403,
    body: `{"message":"pods \\"a\\" is forbidden: User \\"x\\" cannot get resource \\"pods/exec\\""}`,
    outcome: {
      kind: "rejected",
      status: 403,
      reason: `pods "a" is forbidden: User "x" cannot get resource "pods/exec"`,
    },
  },
  {
    it: "no common subprotocol (empty body)",
    status: 403,
    body: "",
    outcome: { kind: "rejected", status: 403, reason: "HTTP 403 with an empty body" },
  },
  {
    it: "a server that answers instead of switching",
    status: 200,
    body: "<html>",
    outcome: { kind: "rejected", status: 200, reason: `no switch to WebSocket: "<html>"` },
  },
];

for (const { it, status, body, outcome } of refusals) {
  Deno.test(`exec refusal: ${it}`, () => assert.deepEqual(outcomeOfRefusal({ status, body }), outcome));
}

Deno.test("exec frames: the first byte is the channel, and only three of them speak", () => {
  const kinds = [0, 1, 2, 3, 4, 5, 77, 255].map((channel) => readFrame(new Uint8Array([channel, 65])).kind);
  assert.deepEqual(kinds, ["other", "stdout", "stderr", "status", "other", "other", "other", "other"]);
  assert.deepEqual(readFrame(new Uint8Array()), { kind: "other" });
  assert.deepEqual(stdinFrame(new Uint8Array([65, 66])), new Uint8Array([0, 65, 66]));
});

Deno.test("exec protocol: no bytes and no text make it throw, and reasons stay short", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readFrame(bytes);
      const outcome = outcomeOfStatus(new TextDecoder().decode(bytes));
      assert.equal(outcome.kind, "unknown");
    }),
    tries(),
  );
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 100, max: 599 }), (body, status) => {
      outcomeOfStatus(body);
      const outcome = outcomeOfRefusal({ status, body });
      assert.ok("reason" in outcome && outcome.reason.length < 1200);
    }),
    tries(),
  );
  const long = outcomeOfRefusal({ status: 500, body: JSON.stringify({ message: "x".repeat(1e5) }) });
  assert.ok("reason" in long && long.reason.length < 1100);
});
