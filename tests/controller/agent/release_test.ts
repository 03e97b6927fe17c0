// How long is an agent waited for that was told to end, and what is tried then?
import assert from "node:assert/strict";
import { AgentClient } from "../../../lib/agents/agent_client.ts";
import type { Convergence } from "../../../lib/controller/agent/convergence.ts";
import { PodCache } from "../../../lib/controller/agent/pod_cache.ts";
import { Releaser } from "../../../lib/controller/agent/release.ts";
import { type AgentAddress, SessionPool } from "../../../lib/agents/session_pool.ts";
import type { Outcome } from "../../../lib/queue/work_queue.ts";
import { membership } from "../../../lib/member/member.ts";
import { noClusterNetworks } from "../../../lib/network/cluster_networks.ts";
import { podView } from "../../../lib/member/pod.ts";
import { type FakeClock, fakeClock } from "../../time/fake_clock.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";
import type { ExecOutcome } from "../../../lib/kube/exec/exec.ts";
import { ToyAgents } from "../../agents/toy_agents.ts";

const nothingLeft: Convergence = {
  kernel: { links: [], routes: [] },
  obstacles: [],
  steps: [],
  refusals: [],
  lookIn: Infinity,
  applied: [],
  entriesMissing: 0,
};

const agentOf = (name: string): AgentAddress => ({
  uid: `uid-${name}`,
  podIPs: ["10.0.0.1"],
  namespace: "default",
  pod: name,
  container: "vxlan-controller-agent-init",
  containerId: "1",
});

/** Agents that are told to end, and what is run in them. */
class Scene {
  readonly clock: FakeClock = fakeClock();
  readonly toys = new ToyAgents();
  readonly ran: string[] = [];
  readonly releaser: Releaser;
  /** By name. */
  readonly caches = new Map<string, PodCache>();

  /** What an agent with our program answers to the order; without it there is none. */
  said?: ExecOutcome;

  constructor(said?: ExecOutcome) {
    if (said !== undefined) this.said = said;
    const { clock, ran } = this;
    const { toys } = this;
    const pool = new SessionPool({
      clock,
      open: toys.open,
      limit: () => ({ sessions: 4, isForAll: true }),
      onLateStderr: () => {},
    });
    this.releaser = new Releaser({
      executor: {
        run: ({ command, target }) => {
          ran.push(`${target.pod}: ${command.join(" ")}`);
          return Promise.resolve({ outcome: { kind: "ok" }, stdout: "", stderr: "" });
        },
      },
      terminate: ({ pod }) => {
        if (this.said !== undefined) ran.push(`${pod}: release`);
        return Promise.resolve(this.said);
      },
      agents: new AgentClient({ tools: pool, ensureLeader: () => {}, onStep: () => {} }),
      pool,
      reporter: { report: () => {}, changed: () => {}, released: () => {}, forget: () => {} },
      clock,
      ensureLeader: () => {},
      ending: new AbortController().signal,
    });
  }

  of(name: string): PodCache {
    const cache = this.caches.get(name) ?? new PodCache();
    this.caches.set(name, cache);
    return cache;
  }

  async follow(name: string): Promise<Outcome> {
    return await this.releaser.follow(this.of(name), agentOf(name));
  }

  async release(name: string): Promise<void> {
    const pod = podView(memberPod({ name, uid: `uid-${name}`, networks: "west id=1", ip: "10.0.0.1" }), {
      annotationKey,
    });
    const context = { settings: membershipSettings, cluster: noClusterNetworks };
    const judged = membership(pod, context);
    assert.ok(judged.kind === "member");
    await this.releaser.release(agentOf(name), {
      how: "terminate",
      member: judged.member,
      cache: this.of(name),
      result: nothingLeft,
    });
  }

  /** Released, and its status says so after this many ms. */
  async releasedIn(name: string, ms: number): Promise<void> {
    await this.release(name);
    await this.clock.advance(ms);
    this.releaser.ended(this.of(name));
  }
}

Deno.test("an agent that still runs after five seconds is told again, in the old way too, then complained about", async () => {
  const scene = new Scene();
  const { clock, ran } = scene;
  await scene.release("a");
  assert.deepEqual(await scene.follow("a"), {
    kind: "wait",
    reason: "container vxlan-controller-agent-init was told to end",
    requeueAfter: 5_000,
  });
  await clock.advance(5_000);
  await scene.follow("a");
  assert.deepEqual(ran, ["a: kill -TERM 1", "a: kill -TERM 1", "a: touch /run/terminate"]);
  await clock.advance(5_000);
  await assert.rejects(scene.follow("a"), /still runs after kill -TERM 1 and touch .*must end on TERM/);
});

Deno.test("where statuses come late nobody is told twice: the wait follows what others needed", async () => {
  const scene = new Scene();
  for (const [name, seconds] of [["a", 2], ["b", 4]] as const) await scene.releasedIn(name, seconds * 1000);
  await scene.release("c");
  await scene.clock.advance(9_000);
  const { kind } = await scene.follow("c");
  assert.equal(kind, "wait");
  assert.deepEqual(scene.ran.filter((command) => command.includes("touch")), []);
});

Deno.test("an agent with our program is told again, and nothing but that", async () => {
  const scene = new Scene({ kind: "ok" });
  await scene.release("a");
  await scene.clock.advance(5_000);
  await scene.follow("a");
  assert.deepEqual(scene.ran, ["a: release", "a: release"]);
});

Deno.test("an order whose connection was cut is repeated soon, whatever others needed", async () => {
  for (const said of [{ kind: "unknown", reason: "the connection was cut" }, { kind: "ok" }] as const) {
    const scene = new Scene(said);
    for (const name of ["a", "b"]) await scene.releasedIn(name, 8_000);
    await scene.release("c");
    await scene.clock.advance(5_000);
    await scene.follow("c");
    const orders = scene.ran.filter((line) => line === "c: release").length;
    assert.equal(orders, said.kind === "unknown" ? 2 : 1, said.kind);
  }
});

Deno.test("an agent that has ended, of which only the status is late, is no failure", async () => {
  const scene = new Scene({ kind: "unknown", reason: "the connection was cut" });
  for (const name of ["a", "b"]) await scene.releasedIn(name, 15_000);
  await scene.release("c");
  await scene.clock.advance(5_000);
  scene.said = { kind: "not-ready", reason: "container not running" };
  await scene.follow("c");
  await scene.clock.advance(20_000);
  assert.equal((await scene.follow("c")).kind, "wait");
});

Deno.test("an order that was lost is not repeated to the pod that has the name by then", async () => {
  for (const said of [undefined, { kind: "unknown", reason: "the connection was cut" }] as const) {
    const scene = new Scene(said);
    await scene.release("a");
    const ran = [...scene.ran];
    scene.toys.kernel("uid-a", ["10.0.0.9"]);
    await scene.clock.advance(5_000);
    await assert.rejects(
      scene.follow("a"),
      /none of its IPs \("10\.0\.0\.1"\) is on an interface .* it was replaced/,
    );
    assert.deepEqual(scene.ran, ran);
  }
});

Deno.test("agents that are deaf to TERM make nobody wait longer", async () => {
  const scene = new Scene();
  for (const name of ["a", "b", "c"]) {
    await scene.release(name);
    await scene.clock.advance(5_000);
    await scene.follow(name);
    scene.releaser.ended(scene.of(name));
  }
  assert.equal(scene.ran.filter((command) => command.includes("touch")).length, 3);
});
