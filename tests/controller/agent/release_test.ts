// How long is an agent waited for that was told to end, and what is tried then?
import assert from "node:assert/strict";
import { AgentClient } from "../../../lib/agents/agent_client.ts";
import type { Convergence } from "../../../lib/controller/agent/convergence.ts";
import { PodCache } from "../../../lib/controller/agent/pod_cache.ts";
import { Releaser } from "../../../lib/controller/agent/release.ts";
import { type AgentAddress, keepSessions, SessionPool } from "../../../lib/agents/session_pool.ts";
import { membership } from "../../../lib/member/member.ts";
import { noClusterNetworks } from "../../../lib/network/cluster_networks.ts";
import { podView } from "../../../lib/member/pod.ts";
import { type FakeClock, fakeClock } from "../../time/fake_clock.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";
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
  namespace: "default",
  pod: name,
  container: "vxlan-controller-agent-init",
  containerId: "1",
});

/** Agents that are told to end, and what is run in them. */
class Scene {
  readonly clock: FakeClock = fakeClock();
  readonly ran: string[] = [];
  readonly releaser: Releaser;

  constructor() {
    const { clock, ran } = this;
    const podCache = new PodCache();
    const toys = new ToyAgents();
    const pool = new SessionPool({
      clock,
      open: toys.open,
      limit: () => 4,
      keep: keepSessions,
      onLateStderr: () => {},
    });
    this.releaser = new Releaser({
      executor: {
        run: ({ command, target }) => {
          ran.push(`${target.pod}: ${command.join(" ")}`);
          return Promise.resolve({ outcome: { kind: "ok" }, stdout: "", stderr: "" });
        },
      },
      terminate: () => Promise.resolve(undefined),
      agents: new AgentClient({ tools: pool, ensureLeader: () => {}, onStep: () => {} }),
      pool,
      podCache,
      reporter: { report: () => {}, changed: () => {}, released: () => {}, forget: () => {} },
      clock,
      ensureLeader: () => {},
      ending: new AbortController().signal,
    });
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
      result: nothingLeft,
    });
  }

  /** Released, and its status says so after this many ms. */
  async releasedIn(name: string, ms: number): Promise<void> {
    await this.release(name);
    await this.clock.advance(ms);
    this.releaser.ended(`uid-${name}`);
  }
}

Deno.test("an agent that still runs after five seconds is told in the old way too, then complained about", async () => {
  const scene = new Scene();
  const { clock, ran, releaser } = scene;
  const agent = agentOf("a");
  await scene.release("a");
  assert.deepEqual(await releaser.follow(agent), {
    kind: "wait",
    reason: "container vxlan-controller-agent-init was told to end",
    requeueAfter: 5_000,
  });
  await clock.advance(5_000);
  await releaser.follow(agent);
  assert.deepEqual(ran, ["a: kill -TERM 1", "a: touch /run/terminate"]);
  await clock.advance(5_000);
  await assert.rejects(releaser.follow(agent), /still runs after kill -TERM 1 and touch .*must end on TERM/);
});

Deno.test("where statuses come late nobody is told twice: the wait follows what others needed", async () => {
  const scene = new Scene();
  for (const [name, seconds] of [["a", 2], ["b", 4]] as const) await scene.releasedIn(name, seconds * 1000);
  await scene.release("c");
  await scene.clock.advance(9_000);
  const { kind } = await scene.releaser.follow(agentOf("c"));
  assert.equal(kind, "wait");
  assert.deepEqual(scene.ran.filter((command) => command.includes("touch")), []);
});

Deno.test("agents that are deaf to TERM make nobody wait longer", async () => {
  const scene = new Scene();
  for (const name of ["a", "b", "c"]) {
    await scene.release(name);
    await scene.clock.advance(5_000);
    await scene.releaser.follow(agentOf(name));
    scene.releaser.ended(`uid-${name}`);
  }
  assert.equal(scene.ran.filter((command) => command.includes("touch")).length, 3);
});
