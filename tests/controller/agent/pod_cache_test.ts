// What is remembered of pods: what may be relied on, what only was the last that was seen, and what a handover keeps.
import assert from "node:assert/strict";
import { type CachedState, PodCache } from "../../../lib/controller/agent/pod_cache.ts";

const state: CachedState = {
  unasked: [],
  containerId: "1",
  podIPs: "10.0.0.9",
  kernel: { links: [], routes: [] },
  peers: new Map([["west", { peers: ["10.0.0.2"], neighbours: [] }]]),
  readBackAt: 600_000,
};

function cacheWith(changes: Partial<CachedState> = {}): PodCache {
  const cache = new PodCache();
  cache.remember({ ...state, ...changes }, 0);
  return cache;
}

const cases: readonly {
  readonly it: string;
  readonly happens: (cache: PodCache) => void;
  readonly then: Partial<CachedState> | undefined;
}[] = [
  { it: "stays as it was", happens: () => {}, then: state },
  {
    it: "a doubt makes it due, though it stays the last that was seen",
    happens: (cache) => cache.invalidate(),
    then: { ...state, readBackAt: -Infinity },
  },
  {
    it: "is known under the sidecar agent's id once the init agent was told to end, and read soon",
    happens: (cache) => {
      cache.handOver();
      cache.takeOver({ containerId: "2", podIPs: "10.0.0.9" }, 1_000);
    },
    then: { ...state, containerId: "2", readBackAt: 6_000 },
  },
  {
    it: "events of the pod between the two agents are no doubt",
    happens: (cache) => {
      cache.handOver();
      cache.invalidate();
      cache.takeOver({ containerId: "2", podIPs: "10.0.0.9" }, 1_000);
    },
    then: { ...state, containerId: "2", readBackAt: 6_000 },
  },
  {
    it: "nothing is taken over into a sandbox with another pod IP",
    happens: (cache) => {
      cache.handOver();
      cache.takeOver({ containerId: "2", podIPs: "10.0.0.10" }, 1_000);
    },
    then: { ...state, handedOver: true },
  },
  {
    it: "nor by an agent that was made anew without a handover",
    happens: (cache) => cache.takeOver({ containerId: "2", podIPs: "10.0.0.9" }, 1_000),
    then: state,
  },
];

for (const { it, happens, then } of cases) {
  Deno.test(`pod cache: ${it}`, () => {
    const cache = cacheWith();
    happens(cache);
    assert.deepEqual(cache.cached, then);
  });
}

Deno.test("pod cache: what was seen before a doubt is not relied on after it", () => {
  const cache = new PodCache();
  const { generation } = cache;
  cache.invalidate();
  cache.remember(state, generation);
  assert.equal(cache.cached?.readBackAt, -Infinity);
});
