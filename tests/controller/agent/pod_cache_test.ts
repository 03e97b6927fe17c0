// What is remembered of pods is remembered once: equal entries of many pods are one object, however they came.
import assert from "node:assert/strict";
import { Memories } from "../../../lib/controller/agent/pod_cache.ts";
import type { Observation } from "../../../lib/overlay/observation.ts";

/** As if read from the kernel: fresh objects each time. */
const seen = (): Observation => ({
  links: [],
  routes: [],
  fdb: ["10.0.0.1", "10.0.0.2"].map((dst) => ({ dev: "west", mac: "00:00:00:00:00:00", dst })),
});

const believed = (memories: Memories, uid: string): Observation["fdb"] =>
  memories.of(uid).belief?.observation.fdb ?? [];

Deno.test("entries that are believed of two pods are the same objects", () => {
  const memories = new Memories();
  for (const uid of ["a", "b"]) {
    memories.believe(memories.of(uid), {
      belief: { containerId: "1", observation: seen(), at: 0 },
      doubts: 0,
    });
  }
  const [a, b] = [believed(memories, "a"), believed(memories, "b")];
  assert.equal(a.length, 2);
  for (const [at, entry] of a.entries()) assert.ok(entry === b[at]);
});

Deno.test("entries that an init agent leaves are shared while they wait, and when they are taken over", () => {
  const memories = new Memories();
  for (const uid of ["a", "b"]) memories.handOver(uid, { observation: seen(), podIPs: "10.0.0.9" });
  const waiting = ["a", "b"].map((uid) => memories.of(uid).handover?.observation.fdb[0]);
  assert.ok(waiting[0] !== undefined && waiting[0] === waiting[1]);
  for (const uid of ["a", "b"]) memories.takeOver(uid, { containerId: "2", podIPs: "10.0.0.9", at: 5 });
  assert.ok(believed(memories, "a")[1] === believed(memories, "b")[1]);
  assert.equal(memories.of("a").handover, undefined);
});

Deno.test("nothing is taken over into a sandbox with another pod IP", () => {
  const memories = new Memories();
  memories.handOver("a", { observation: seen(), podIPs: "10.0.0.9" });
  memories.takeOver("a", { containerId: "2", podIPs: "10.0.0.10", at: 5 });
  assert.equal(memories.of("a").belief, undefined);
});

Deno.test("what was seen before a doubt is not believed after it", () => {
  const memories = new Memories();
  const memory = memories.of("a");
  const { doubts } = memory;
  memories.doubt("a");
  memories.believe(memory, { belief: { containerId: "1", observation: seen(), at: 0 }, doubts });
  assert.equal(memory.belief, undefined);
});
