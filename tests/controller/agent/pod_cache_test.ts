// What is remembered of pods is remembered once: equal entries of many pods are one object, however they came.
import assert from "node:assert/strict";
import { PodCache } from "../../../lib/controller/agent/pod_cache.ts";
import type { Observation } from "../../../lib/overlay/observation.ts";

/** As if read from the kernel: fresh objects each time. */
const seen = (): Observation => ({
  links: [],
  routes: [],
  fdb: ["10.0.0.1", "10.0.0.2"].map((dst) => ({ dev: "west", mac: "00:00:00:00:00:00", dst })),
});

const believed = (podCache: PodCache, uid: string): Observation["fdb"] =>
  podCache.of(uid).cached?.observation.fdb ?? [];

Deno.test("entries that are believed of two pods are the same objects", () => {
  const podCache = new PodCache();
  for (const uid of ["a", "b"]) {
    podCache.remember(podCache.of(uid), {
      cached: { containerId: "1", observation: seen(), at: 0 },
      generation: 0,
    });
  }
  const [a, b] = [believed(podCache, "a"), believed(podCache, "b")];
  assert.equal(a.length, 2);
  for (const [at, entry] of a.entries()) assert.ok(entry === b[at]);
});

Deno.test("entries that an init agent leaves are shared while they wait, and when they are taken over", () => {
  const podCache = new PodCache();
  for (const uid of ["a", "b"]) podCache.handOver(uid, { observation: seen(), podIPs: "10.0.0.9" });
  const waiting = ["a", "b"].map((uid) => podCache.of(uid).handover?.observation.fdb[0]);
  assert.ok(waiting[0] !== undefined && waiting[0] === waiting[1]);
  for (const uid of ["a", "b"]) podCache.takeOver(uid, { containerId: "2", podIPs: "10.0.0.9", at: 5 });
  assert.ok(believed(podCache, "a")[1] === believed(podCache, "b")[1]);
  assert.equal(podCache.of("a").handover, undefined);
});

Deno.test("nothing is taken over into a sandbox with another pod IP", () => {
  const podCache = new PodCache();
  podCache.handOver("a", { observation: seen(), podIPs: "10.0.0.9" });
  podCache.takeOver("a", { containerId: "2", podIPs: "10.0.0.10", at: 5 });
  assert.equal(podCache.of("a").cached, undefined);
});

Deno.test("what was seen before a doubt is not believed after it", () => {
  const podCache = new PodCache();
  const memory = podCache.of("a");
  const { generation } = memory;
  podCache.invalidate("a");
  podCache.remember(memory, { cached: { containerId: "1", observation: seen(), at: 0 }, generation });
  assert.equal(memory.cached, undefined);
});
