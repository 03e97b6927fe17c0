// Is every program that is started in an agent counted by its own name?
import assert from "node:assert/strict";
import { gatedExecutor } from "../../lib/cli/run/agent_exec.ts";
import { ExecTurns } from "../../lib/cli/run/exec_turns.ts";
import type { Executor } from "../../lib/kube/exec/exec.ts";
import { createMetrics } from "../../lib/ops/metrics.ts";
import { TokenBucket } from "../../lib/time/token_bucket.ts";
import { fakeClock } from "../time/fake_clock.ts";

const executor: Executor = {
  run: () => Promise.resolve({ outcome: { kind: "ok" }, stdout: "", stderr: "" }),
  start: () => Promise.resolve({ failed: { kind: "gone", reason: "no such pod" } }),
  close: () => {},
};

const rows = [
  { command: ["vxlan-agent"], tool: "agent" },
  { command: ["ip", "-batch", "-"], tool: "ip" },
  { command: ["bridge", "-batch", "-"], tool: "bridge" },
  { command: ["kill", "-TERM", "1"], tool: "kill" },
  { command: ["touch", "/run/terminate"], tool: "touch" },
  { command: ["something-new"], tool: "other" },
  { command: [], tool: "other" },
];

for (const { command, tool } of rows) {
  Deno.test(`an exec of ${command[0] ?? "nothing"} counts as ${tool}`, async () => {
    const clock = fakeClock();
    const metrics = createMetrics({ clock, version: "1" });
    const turns = new ExecTurns({ clock, limit: new TokenBucket({ clock, burst: 9, refill: 1 }) });
    const gated = gatedExecutor(executor, { metrics, clock, turns });
    await gated.run({ target: { namespace: "a", pod: "b", container: "c" }, command, deadline: 1 });
    const counted = (await metrics.render()).split("\n").filter((line) => /exec_total\{.* [1-9]/.test(line));
    assert.deepEqual(counted, [`kube_vxlan_controller_exec_total{tool="${tool}",outcome="ok"} 1`]);
  });
}
