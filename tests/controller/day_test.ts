// Does a day go by without anything piling up? The whole controller on a fast clock: pods come and go, the wall clock jumps.
import assert from "node:assert/strict";
import { Controller } from "../../lib/controller/controller.ts";
import { createLogReporter, joinReporters } from "../../lib/report/log_reporter.ts";
import { defaultLimits } from "../../lib/controller/settings.ts";
import { runLeaderElection } from "../../lib/kube/lease/election.ts";
import { createLog } from "../../lib/ops/log.ts";
import { EventWriter } from "../../lib/status/event_writer.ts";
import { StatusWriter } from "../../lib/status/status_writer.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";
import { annotationKey, label, memberPod, membershipSettings } from "../member/member_pod.ts";
import { MemoryApi } from "./memory_api.ts";
import { ToyAgents } from "./agent/toy_agents.ts";

const hour = 3_600_000;
const members = 8;

interface Program {
  readonly clock: FakeClock;
  readonly api: MemoryApi;
  readonly toys: ToyAgents;
  /** What it logged. */
  readonly lines: readonly string[];
  readonly leadership: readonly string[];
  readonly controller: Controller;
  readonly status: StatusWriter;
  readonly events: EventWriter;
  readonly end: () => Promise<void>;
}

/** The whole program but its wire, its process and its command line. */
function startProgram(): Program {
  const clock = fakeClock({ chance: [0.1, 0.9, 0.5, 0.3, 0.7] });
  const api = new MemoryApi(clock);
  const toys = new ToyAgents();
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line), clock });
  const stop = new AbortController();
  const over = new AbortController();
  const leadership: string[] = [];
  const election = runLeaderElection({
    client: api.client,
    clock,
    lease: { namespace: "kube-system", name: "kube-vxlan-controller" },
    identity: "me",
    signal: over.signal,
    onStarted: () => {
      leadership.push("started");
      controller.reconcileAll({ spread: 0 });
    },
    onStopped: (reason) => leadership.push(`stopped: ${reason}`),
  });
  const isLeader = (): boolean => election.isLeader();
  const events = new EventWriter({ client: api.client, clock, log, instance: "me", onEvent: () => {} });
  const status = new StatusWriter({
    client: api.client,
    events,
    clock,
    log,
    annotationKey,
    parts: "all",
    isLeader,
    shown: (uid) => controller.shown(uid),
    onWritten: () => {},
  });
  const controller: Controller = new Controller({
    membership: membershipSettings,
    selector: `${label}=true`,
    watchNamespaces: [],
    limits: defaultLimits,
  }, {
    client: api.client,
    executor: { run: () => Promise.reject(new Error("these pods have native sidecars")) },
    openSession: toys.open,
    clock,
    log,
    reporter: joinReporters([createLogReporter(log), status]),
    isLeader,
  });
  const running = controller.run(stop.signal);
  return {
    ...{ clock, api, toys, lines, leadership, controller, status, events },
    end: async () => {
      stop.abort();
      await running;
      await status.close();
      await events.close();
      over.abort();
      await election.done;
    },
  };
}

Deno.test("a day: pods come and go, the wall clock jumps, and nothing piles up", async () => {
  const program = startProgram();
  const { clock, api, toys, controller, status, events } = program;
  api.put("configmaps", {
    metadata: { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" },
    data: { west: "id=101" },
  });
  const alive: string[] = [];
  let born = 0;
  const come = (): void => {
    const name = `p${born++}`;
    const pod = memberPod({
      name,
      uid: `uid-${name}`,
      networks: "west",
      ip: `10.0.1.${born % 200 + 1}`,
      form: "native",
    });
    api.put("pods", pod);
    alive.push(name);
  };
  const sizes = (): readonly number[] => [
    clock.waiting().length,
    api.watching,
    controller.state().sessions,
    status.size,
    events.size,
  ];
  for (let i = 0; i < members; i++) come();
  const settled: (readonly number[])[] = [];
  for (let elapsed = 0; elapsed < 24 * 6; elapsed++) {
    await clock.advance(hour / 6);
    // Two pods of eight are replaced every ten minutes.
    for (let i = 0; i < 2; i++) {
      api.delete("pods", `default/${alive.shift()}`);
      come();
    }
    if (elapsed === 36) clock.shiftWall(2 * hour);
    if (elapsed === 72) clock.shiftWall(-4 * hour);
    await clock.advance(45_000);
    settled.push(sizes());
  }
  const first = settled.slice(0, 72).reduce(larger);
  const second = settled.slice(72).reduce(larger);
  assert.deepEqual(
    second.map((size, at) => size <= (first[at] ?? 0)),
    first.map(() => true),
    `${first} then ${second}`,
  );
  assert.deepEqual(program.leadership, ["started"]);
  assert.equal(controller.state().members, members);
  for (const name of alive) {
    const { stdout } = toys.kernel(`uid-${name}`).run(["bridge", "fdb", "show", "dev", "west"]);
    assert.equal(
      JSON.parse(stdout).filter((entry: { readonly dst?: string }) => entry.dst).length,
      members - 1,
    );
  }
  assert.equal(program.lines.filter((line) => / (WARN|ERROR) /.test(line)).join("\n"), "");
  // A list of pods every ten minutes; each pod is written once, and its Event once.
  assert.ok((api.counts.get("GET pods") ?? 0) < 24 * 7, `${api.counts.get("GET pods")} lists`);
  assert.equal(api.counts.get("PATCH pods/status"), born);
  assert.equal(api.counts.get("POST events"), born);
  await program.end();
  assert.deepEqual(clock.waiting(), []);
});

function larger(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((value, at) => Math.max(value, b[at] ?? 0));
}
