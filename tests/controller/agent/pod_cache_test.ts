// What is remembered of pods: what may be relied on, what only was the last that was seen, and what a handover keeps.
import assert from "node:assert/strict";
import { type CachedState, PodCache, remember } from "../../../lib/controller/agent/pod_cache.ts";

const state: CachedState = {
  containerId: "1",
  podIPs: "10.0.0.9",
  kernel: { links: [], routes: [] },
  peers: new Map([["west", { peers: ["10.0.0.2"], neighbours: [] }]]),
  readBackAt: 600_000,
};

function cacheWith(changes: Partial<CachedState> = {}): PodCache {
  const cache = new PodCache();
  remember(cache.of("a"), { cached: { ...state, ...changes }, generation: 0 });
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
    happens: (cache) => cache.invalidate("a"),
    then: { ...state, readBackAt: -Infinity },
  },
  {
    it: "is known under the sidecar agent's id once the init agent was told to end, and read soon",
    happens: (cache) => {
      cache.handOver("a");
      cache.takeOver("a", { containerId: "2", podIPs: "10.0.0.9", at: 1_000 });
    },
    then: { ...state, containerId: "2", readBackAt: 6_000 },
  },
  {
    it: "events of the pod between the two agents are no doubt",
    happens: (cache) => {
      cache.handOver("a");
      cache.invalidate("a");
      cache.takeOver("a", { containerId: "2", podIPs: "10.0.0.9", at: 1_000 });
    },
    then: { ...state, containerId: "2", readBackAt: 6_000 },
  },
  {
    it: "nothing is taken over into a sandbox with another pod IP",
    happens: (cache) => {
      cache.handOver("a");
      cache.takeOver("a", { containerId: "2", podIPs: "10.0.0.10", at: 1_000 });
    },
    then: { ...state, handedOver: true },
  },
  {
    it: "nor by an agent that was made anew without a handover",
    happens: (cache) => cache.takeOver("a", { containerId: "2", podIPs: "10.0.0.9", at: 1_000 }),
    then: state,
  },
  { it: "a pod that is gone leaves nothing", happens: (cache) => cache.forget("a"), then: undefined },
];

for (const { it, happens, then } of cases) {
  Deno.test(`pod cache: ${it}`, () => {
    const cache = cacheWith();
    happens(cache);
    assert.deepEqual(cache.of("a").cached, then);
  });
}

Deno.test("pod cache: what was seen before a doubt is not relied on after it", () => {
  const cache = new PodCache();
  const pod = cache.of("a");
  const { generation } = pod;
  cache.invalidate("a");
  remember(pod, { cached: state, generation });
  assert.equal(pod.cached?.readBackAt, -Infinity);
});
