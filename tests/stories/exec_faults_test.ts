// Stories of execs that fail: refused, hung, dropped, flooding, killed. The pod gets there, and holds up nobody.
import assert from "node:assert/strict";
import { programImage } from "../member/member_pod.ts";
import { planesWithProgram } from "../sandbox/kubelet/available_planes.ts";
import type { ExecFault, ExecMatch } from "../sandbox/faults/faults.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { bothNetworks, membersOf, one, running, said, startPair } from "./scenes.ts";
import { setStage } from "./stage.ts";
import { timeLapse } from "./time_lapse.ts";

interface FaultyExec {
  readonly it: string;
  readonly match?: ExecMatch;
  readonly fault: ExecFault;
  readonly times?: number;
  /** How much faster time runs: the patience with one exchange is 10 s. */
  readonly faster?: number;
}

const cases: readonly FaultyExec[] = [
  { it: "are refused by RBAC", fault: { kind: "refuse", code: 403 }, times: 2 },
  { it: "are refused by an admission policy", fault: { kind: "refuse", code: 422 }, times: 2 },
  { it: "meet an overloaded API server", fault: { kind: "refuse", code: 429 }, times: 2 },
  {
    it: "meet a kubelet that has just started and knows no pods",
    fault: { kind: "refuse", code: 404 },
    times: 2,
  },
  { it: "meet a broken API server", fault: { kind: "refuse", code: 500 }, times: 2 },
  { it: "flood their output", fault: { kind: "flood", bytes: 3_000_000 } },
  { it: "answer slowly", fault: { kind: "slow", delay: 100 }, times: 4 },
  { it: "hang", fault: { kind: "hang" }, times: 2, faster: 20 },
  { it: "hang in the order to end", match: { command: ["kill"] }, fault: { kind: "hang" }, faster: 10 },
  { it: "are dropped before the first line", fault: { kind: "drop", afterLines: 0 } },
  { it: "are closed without a status", fault: { kind: "close-without-status", afterLines: 1 } },
  { it: "lose their process at once", fault: { kind: "kill-process", afterLines: 0 } },
  {
    it: "lose the connection while the pod is released",
    match: { command: ["kill"] },
    fault: { kind: "drop", afterLines: 0 },
  },
  {
    it: "are refused while the pod is released",
    match: { command: ["kill"] },
    fault: { kind: "refuse", code: 500 },
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

/** The same for the one exec of our program. Five lines observe, and two more are about the program: a restart, the end. */
const casesOfProgram: readonly FaultyExec[] = [
  ...cases.filter(({ match }) => match === undefined),
  ...[1, 2, 3, 4, 6, 8, 10, 12].flatMap((afterLines) =>
    (["drop", "kill-process", "close-without-status"] as const).map((kind) => ({
      it: `lose the program after ${afterLines} lines (${kind})`,
      match: { command: ["vxlan-agent"] },
      fault: { kind, afterLines } as const,
    }))
  ),
  {
    it: "hang in the program",
    match: { command: ["vxlan-agent"] },
    fault: { kind: "hang" },
    times: 2,
    faster: 20,
  },
];
const planeWithProgram = planesWithProgram.at(-1) ?? "toy";

for (
  const { it, match = {}, fault, times = 1, faster = 1, options } of [
    ...cases.map((each) => ({ ...each, options: {} })),
    ...casesOfProgram.map((each) => ({
      ...each,
      it: `${each.it}, with the program`,
      options: { agentImage: programImage, dataPlane: planeWithProgram },
    })),
  ]
) {
  Deno.test(`execs that ${it}`, async () => {
    await using stage = await setStage(options);
    stage.networks(bothNetworks);
    stage.pod({ name: "a", networks: "one ip=10.1.0.1/24" });
    stage.pod({ name: "b", networks: "one", form: "native" });
    const placed = stage.sandbox.faults.onExec(match, fault, { times });
    await stage.startController({ clock: timeLapse(faster) });
    await running(stage, ["a", "b"]);
    await stage.holds({ members: [{ pod: "a", ...one, addresses: ["10.1.0.1/24"] }, { pod: "b", ...one }] });
    assert.ok(placed.hits > 0, "the fault has struck");
  });
}

Deno.test("execs that RBAC refuses are complained about once for each pod, with the reason, and heal", async () => {
  await using stage = await setStage();
  stage.networks(bothNetworks);
  const fault = stage.sandbox.faults.onExec({}, { kind: "refuse", code: 403, message: "no rights to exec" }, {
    times: "until-lifted",
  });
  const controller = await stage.startController();
  stage.pod({ name: "a", networks: "one" });
  assert.match(await said(controller, /WARN.*member=default\/a/), /403.*no rights to exec/);
  await waitFor(() => fault.hits >= 6, { what: "it has tried again and again" });
  assert.equal(controller.log.filter((line) => line.includes("WARN")).length, 1, controller.log.join("\n"));
  fault.lift();
  await running(stage, ["a"]);
  await said(controller, /recovered.*member=default\/a/);
  await stage.holds({ members: membersOf(one, ["a"]) });
});

Deno.test("a session that dies between two members is replaced", async () => {
  await using stage = await setStage();
  const controller = await startPair(stage);
  stage.sandbox.server.wire.away();
  await said(controller, /WARN.*watch=pods/);
  stage.sandbox.server.wire.back();
  stage.pod({ name: "c", networks: "one" });
  await running(stage, ["c"]);
  await stage.holds({ members: membersOf(one, ["a", "b", "c"]) });
});

Deno.test("a pod whose execs hang holds up nobody: fifty others join", async () => {
  await using stage = await setStage({ dataPlane: "toy" });
  stage.networks(bothNetworks);
  const stuck = stage.sandbox.faults.onExec({ pod: "stuck" }, { kind: "hang" }, { times: "until-lifted" });
  await stage.startController({ limits: { shutdown: 100 } });
  stage.pod({ name: "stuck", networks: "two" });
  await waitFor(() => stuck.hits > 0, { what: "the first exec hangs" });
  const names = Array.from({ length: 50 }, (_, i) => `p${i}`);
  for (const name of names) stage.pod({ name, networks: "one" });
  await running(stage, names);
  await stage.holds({ members: membersOf(one, names) });
});

Deno.test("pods that hang in greater number than there are workers hold up nobody", async () => {
  await using stage = await setStage();
  stage.networks(bothNetworks);
  const stuck = stage.sandbox.faults.onExec({ namespace: "stuck" }, { kind: "hang" }, {
    times: "until-lifted",
  });
  const limits = { shutdown: 100, workers: 4, workersForFailing: 2 };
  await stage.startController({ limits, clock: timeLapse(20) });
  for (let i = 0; i < 8; i++) stage.pod({ name: `s${i}`, namespace: "stuck", networks: "two" });
  await waitFor(() => stuck.hits >= 8, { what: "all of them hang" });
  const names = ["a", "b", "c"];
  for (const name of names) stage.pod({ name, networks: "one" });
  await running(stage, names);
  await stage.holds({ members: membersOf(one, names) });
});
