// What does bringing one pod to what is wanted cost, and what is believed, read back and doubted on the way?
import assert from "node:assert/strict";
import { AgentClient } from "../../../lib/controller/agent/agent_client.ts";
import { converge, type Convergence } from "../../../lib/controller/agent/converge.ts";
import { PodCache } from "../../../lib/controller/agent/pod_cache.ts";
import { type AgentAddress, keepSessions, SessionPool } from "../../../lib/controller/agent/session_pool.ts";
import { membership } from "../../../lib/member/member.ts";
import { noClusterNetworks } from "../../../lib/network/cluster_networks.ts";
import { podView } from "../../../lib/member/pod.ts";
import { type WantedState, wantedState } from "../../../lib/overlay/wanted.ts";
import { type FakeClock, fakeClock } from "../../time/fake_clock.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";
import { ToyAgents } from "./toy_agents.ts";

const uid = "uid-a";
const agent: AgentAddress = {
  uid,
  namespace: "default",
  pod: "a",
  container: "vxlan-controller-agent",
  containerId: "1",
};

/** One pod, its toy kernel, and looks at it. */
class Scene {
  readonly clock: FakeClock = fakeClock();
  readonly toys = new ToyAgents();
  readonly podCache = new PodCache();
  readonly #pool = new SessionPool({
    clock: this.clock,
    open: this.toys.open,
    limit: 4,
    keep: keepSessions,
  });
  readonly #agents = new AgentClient({ pool: this.#pool, ensureLeader: () => {}, onStep: () => {} });

  look(
    peers: readonly string[],
    { mayUseCache = true, networks = "west id=101" }: {
      readonly mayUseCache?: boolean;
      readonly networks?: string;
    } = {},
  ): Promise<Convergence> {
    return converge({
      agents: this.#agents,
      agent,
      memory: this.podCache.of(uid),
      podCache: this.podCache,
      clock: this.clock,
      wanted: wantedFor(networks, peers),
      mayUseCache,
    });
  }

  /** Destinations of all forwarding entries, with the MAC that leads there. */
  entries(): readonly string[] {
    const { stdout } = this.toys.kernel(uid).run(["bridge", "fdb", "show"]);
    const all: readonly { readonly mac: string; readonly dst?: string }[] = JSON.parse(stdout);
    return all.flatMap(({ mac, dst }) => dst === undefined ? [] : [`${mac} ${dst}`]).sort();
  }

  async close(): Promise<void> {
    await this.#pool.close();
    assert.deepEqual(this.clock.waiting(), []);
  }
}

function wantedFor(networks: string, peers: readonly string[]): WantedState {
  const pod = podView(memberPod({ name: "a", uid, networks, ip: "10.0.0.1" }), { annotationKey });
  const judged = membership(pod, {
    settings: membershipSettings,
    cluster: noClusterNetworks,
  });
  assert.ok(judged.kind === "member");
  return wantedState(judged.member, { annotationKey, peersOf: () => peers, mayRemove: true });
}

const flood = (ip: string): string => `00:00:00:00:00:00 ${ip}`;

Deno.test("the first look makes everything and reads it back; the next one sends nothing at all", async () => {
  const scene = new Scene();
  const first = await scene.look(["10.0.0.2"]);
  assert.deepEqual([first.remaining, first.obstacles, first.verifyIn], [[], [], undefined]);
  assert.deepEqual(scene.entries(), [flood("10.0.0.2")]);
  scene.toys.takeLines(uid);
  const second = await scene.look(["10.0.0.2"]);
  assert.deepEqual([second.applied, scene.toys.takeLines(uid)], [[], []]);
  await scene.close();
});

Deno.test("a peer that comes costs one line and the marker; it is read back once it is quiet", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.toys.takeLines(uid);
  const { verifyIn } = await scene.look(["10.0.0.2", "10.0.0.3"]);
  assert.equal(verifyIn, 2_000);
  assert.deepEqual(scene.toys.takeLines(uid), [
    "fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev west",
    "link show dev lo",
  ]);
  await scene.clock.advance(2_000);
  const quiet = await scene.look(["10.0.0.2", "10.0.0.3"]);
  assert.deepEqual([quiet.verifyIn, scene.toys.takeLines(uid)], [undefined, ["fdb show"]]);
  await scene.close();
});

Deno.test("an entry that somebody took away is found when it is quiet, and made again", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  await scene.look(["10.0.0.2", "10.0.0.3"]);
  scene.toys.kernel(uid).run(["bridge", "fdb", "del", "00:00:00:00:00:00", "dst", "10.0.0.2", "dev", "west"]);
  await scene.clock.advance(2_000);
  await scene.look(["10.0.0.2", "10.0.0.3"]);
  assert.deepEqual(scene.entries(), [flood("10.0.0.2"), flood("10.0.0.3")]);
  await scene.close();
});

Deno.test("what was learned of a peer that has gone goes within ten seconds, also in a rollout that is never quiet", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.toys.kernel(uid).learn({ dev: "west", mac: "02:00:00:00:00:02", dst: "10.0.0.2" });
  const peers: string[] = [];
  const learned = (): boolean => scene.entries().some((entry) => entry.startsWith("02:"));
  for (let second = 1; learned(); second++) {
    assert.ok(second <= 11, "what was learned is still there");
    peers.push(`10.0.1.${second}`);
    const { verifyIn = Infinity } = await scene.look(peers);
    // As the queue does: again when it says so, or when the next peer comes.
    if (verifyIn < 1_000) await scene.look(peers);
    assert.ok(!scene.entries().includes(flood("10.0.0.2")), "the flood entry does not wait for that");
    await scene.clock.advance(1_000);
  }
  assert.deepEqual(scene.entries(), peers.map(flood).sort());
  await scene.close();
});

Deno.test("an entry that the kernel learns again and again is no failure: it is looked at later and later", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.toys.meanwhile = (kernel) => kernel.learn({ dev: "west", mac: "02:00:00:00:00:09", dst: "10.0.0.9" });
  scene.podCache.invalidate(uid);
  const { opened } = scene.toys;
  const pauses: (number | undefined)[] = [];
  for (let i = 0; i < 9; i++) {
    const { remaining, relearnedIn } = await scene.look(["10.0.0.2"]);
    assert.deepEqual(remaining, []);
    pauses.push(relearnedIn);
  }
  assert.deepEqual(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 300].map((seconds) => seconds * 1000));
  assert.equal(scene.toys.opened, opened, "the sessions stay open");
  scene.toys.meanwhile = undefined;
  assert.equal((await scene.look(["10.0.0.2"])).relearnedIn, undefined);
  assert.deepEqual(scene.entries(), [flood("10.0.0.2")]);
  await scene.close();
});

Deno.test("a doubt that comes up makes the next look ask the kernel", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.toys.kernel(uid).run(["ip", "link", "del", "west"]);
  assert.deepEqual((await scene.look(["10.0.0.2"])).applied, []);
  scene.podCache.invalidate(uid);
  await scene.look(["10.0.0.2"]);
  assert.deepEqual(scene.entries(), [flood("10.0.0.2")]);
  await scene.close();
});

Deno.test("before a release nothing is believed", async () => {
  const scene = new Scene();
  await scene.look(["10.0.0.2"]);
  scene.toys.takeLines(uid);
  await scene.look(["10.0.0.2"], { mayUseCache: false });
  assert.deepEqual(scene.toys.takeWrites(uid), []);
  scene.toys.kernel(uid).run(["ip", "link", "del", "west"]);
  const { applied } = await scene.look(["10.0.0.2"], { mayUseCache: false });
  assert.ok(applied.length > 0);
  await scene.close();
});

Deno.test("what cannot be had is an obstacle and costs the pod's other networks nothing", async () => {
  const scene = new Scene();
  const result = await scene.look(["10.0.0.2"], { networks: "west id=101, east id=102 dev=eth7" });
  assert.deepEqual(result.obstacles.map(({ network }) => network), ["east"]);
  assert.deepEqual(scene.entries(), [flood("10.0.0.2")]);
  await scene.close();
});
