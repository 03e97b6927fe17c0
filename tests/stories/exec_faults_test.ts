// Stories of execs that fail: refused, hung, dropped, flooding, killed. The pod gets there, and holds up nobody.
import assert from "node:assert/strict";
import type { ExecFault, ExecMatch } from "../sandbox/faults.ts";
import { waitFor } from "../sandbox/waiting.ts";
import { setStage } from "./stage.ts";

const one = { network: "one", vni: 1 };

const cases: readonly {
  readonly it: string;
  readonly match?: ExecMatch;
  readonly fault: ExecFault;
  readonly times?: number;
}[] = [
  { it: "are refused by RBAC", fault: { kind: "refuse", code: 403 }, times: 2 },
  { it: "are refused by an admission policy", fault: { kind: "refuse", code: 422 }, times: 2 },
  { it: "meet an overloaded API server", fault: { kind: "refuse", code: 429 }, times: 2 },
  { it: "meet a broken API server", fault: { kind: "refuse", code: 500 }, times: 2 },
  { it: "flood their output", fault: { kind: "flood", bytes: 3_000_000 } },
  { it: "answer slowly", fault: { kind: "slow", delay: 100 }, times: 4 },
  { it: "are dropped before the first line", fault: { kind: "drop", afterLines: 0 } },
  { it: "are closed without a status", fault: { kind: "close-without-status", afterLines: 1 } },
  { it: "lose their process at once", fault: { kind: "kill-process", afterLines: 0 } },
  {
    it: "lose the connection while the pod is released",
    match: { command: ["kill"] },
    fault: { kind: "drop", afterLines: 0 },
  },
  ...[1, 2, 3, 4, 5].map((afterLines) => ({
    it: `are dropped after ${afterLines} lines of ip`,
    match: { command: ["ip"] },
    fault: { kind: "drop", afterLines } as const,
  })),
  ...[1, 2].map((afterLines) => ({
    it: `lose their bridge after ${afterLines} lines`,
    match: { command: ["bridge"] },
    fault: { kind: "kill-process", afterLines } as const,
  })),
];

for (const { it, match = {}, fault, times = 1 } of cases) {
  Deno.test(`execs that ${it}`, async () => {
    await using stage = await setStage();
    stage.networks({ one: "id=1" });
    stage.pod({ name: "a", networks: "one ip=10.1.0.1/24" });
    stage.pod({ name: "b", networks: "one", form: "native" });
    const placed = stage.sandbox.faults.onExec(match, fault, { times });
    await stage.startController();
    for (const name of ["a", "b"]) await stage.sandbox.waitForPhase({ name }, "Running");
    await stage.holds({ members: [{ pod: "a", ...one, addresses: ["10.1.0.1/24"] }, { pod: "b", ...one }] });
    assert.ok(placed.hits > 0, "the fault has struck");
  });
}

Deno.test("a pod whose execs hang holds up nobody: fifty others join", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  const stuck = stage.sandbox.faults.onExec({ pod: "stuck" }, { kind: "hang" }, { times: "until-lifted" });
  const controller = await stage.startController();
  stage.pod({ name: "stuck", networks: "one" });
  const names = Array.from({ length: 50 }, (_, i) => `p${i}`);
  for (const name of names) stage.pod({ name, networks: "one" });
  for (const name of names) await stage.sandbox.waitForPhase({ name }, "Running");
  assert.ok(stuck.hits > 0);
  stuck.lift();
  await waitFor(() => controller.log.length > 0, { what: "a log" });
});
