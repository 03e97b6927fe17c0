// One pod, its toy kernel, and looks at it: what tests of converging share.
import assert from "node:assert/strict";
import { AgentClient } from "../../../lib/agents/agent_client.ts";
import { converge } from "../../../lib/controller/agent/converge.ts";
import type { Convergence } from "../../../lib/controller/agent/convergence.ts";
import { PodCache } from "../../../lib/controller/agent/pod_cache.ts";
import { ReadBudget } from "../../../lib/controller/agent/read_budget.ts";
import { type AgentAddress, SessionPool } from "../../../lib/agents/session_pool.ts";
import { membership } from "../../../lib/member/member.ts";
import { podView } from "../../../lib/member/pod.ts";
import { noClusterNetworks } from "../../../lib/network/cluster_networks.ts";
import { PeerChanges } from "../../../lib/overlay/plan/peers.ts";
import { type Neighbour, type WantedState, wantedState } from "../../../lib/overlay/wanted.ts";
import { annotationKey, memberPod, membershipSettings } from "../../member/member_pod.ts";
import { type FakeClock, fakeClock } from "../../time/fake_clock.ts";
import { ToyAgents } from "../../agents/toy_agents.ts";

export const uid = "uid-a";

const agent: AgentAddress = {
  uid,
  podIPs: ["10.0.0.1"],
  namespace: "default",
  pod: "a",
  container: "vxlan-controller-agent",
  containerId: "1",
};

/** How a look is asked for; default: of one network, west, by a pod that stays. */
export interface Look {
  readonly mayUseCache?: boolean;
  readonly isLeaving?: boolean;
  readonly networks?: string;
  readonly neighbours?: readonly Neighbour[];
  /** Of all its networks. */
  readonly neigh?: "static";
}

const none: readonly Neighbour[] = [];

/** The pod and its looks. */
export class Scene {
  readonly clock: FakeClock = fakeClock();
  readonly toys = new ToyAgents();
  readonly cache = new PodCache();
  readonly #pool = new SessionPool({
    clock: this.clock,
    open: this.toys.open,
    limit: () => ({ sessions: 4, isForAll: true }),
    onLateStderr: () => this.cache.invalidate(),
  });
  readonly #agents = new AgentClient({ tools: this.#pool, ensureLeader: () => {}, onStep: () => {} });
  readonly #peerChanges = new PeerChanges();
  readonly #budget = new ReadBudget({ clock: this.clock, members: () => 10 });

  look(
    peers: readonly string[],
    { mayUseCache = true, isLeaving = false, networks = "west id=101", neighbours = none, neigh }: Look = {},
  ): Promise<Convergence> {
    return converge({
      agents: this.#agents,
      agent,
      cache: this.cache,
      budget: this.#budget,
      peerChanges: this.#peerChanges,
      clock: this.clock,
      wanted: withNeigh(wantedFor(networks, peers, neighbours), neigh),
      mayUseCache,
      isLeaving,
      onlyLook: false,
      readEvery: 600_000,
    });
  }

  /** Looks whenever the last look says that it is time, for so long. */
  async follow(
    peers: readonly string[],
    { seconds, ...look }: Look & { readonly seconds: number },
  ): Promise<void> {
    const end = this.clock.now() + seconds * 1_000;
    for (let { lookIn } = await this.look(peers, look); this.clock.now() + lookIn <= end;) {
      await this.clock.advance(lookIn);
      ({ lookIn } = await this.look(peers, look));
    }
    await this.clock.advance(end - this.clock.now());
  }

  /** What somebody else does in the pod. */
  run(command: string): string {
    const { stdout, stderr } = this.toys.kernel(uid).run(command.split(" "));
    assert.equal(stderr, "");
    return stdout;
  }

  /** Destinations of all forwarding entries, with the MAC that leads there. */
  entries(): readonly string[] {
    const all: readonly { readonly mac: string; readonly dst?: string }[] = JSON.parse(
      this.run("bridge fdb show"),
    );
    return all.flatMap(({ mac, dst }) => dst === undefined ? [] : [`${mac} ${dst}`]).sort();
  }

  async close(): Promise<void> {
    await this.#pool.close();
    assert.deepEqual(this.clock.waiting(), []);
  }
}

/** What a pod with this annotation wants. */
export function wantedFor(
  networks: string,
  peers: readonly string[],
  neighbours: readonly Neighbour[] = none,
): WantedState {
  const pod = podView(memberPod({ name: "a", uid, networks, ip: "10.0.0.1" }), { annotationKey });
  const judged = membership(pod, {
    settings: membershipSettings,
    cluster: noClusterNetworks,
  });
  assert.ok(judged.kind === "member");
  return wantedState(judged.member, {
    annotationKey,
    peers: { peersOf: () => peers, neighboursOf: () => neighbours },
  });
}

function withNeigh(wanted: WantedState, neigh: "static" | undefined): WantedState {
  if (neigh === undefined) return wanted;
  return { ...wanted, interfaces: wanted.interfaces.map((each) => ({ ...each, neigh })) };
}

/** The flood entry of a peer. */
export function flood(ip: string): string {
  return `00:00:00:00:00:00 ${ip}`;
}
