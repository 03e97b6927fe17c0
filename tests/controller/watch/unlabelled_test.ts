// Pods that have left the selection: are they asked about, all of them, and never many at once?
import assert from "node:assert/strict";
import { UnlabelledPods } from "../../../lib/controller/watch/unlabelled.ts";
import { type ApiClient, ApiError } from "../../../lib/kube/api/client.ts";
import { createLog } from "../../../lib/ops/log.ts";
import { type PodView, podView } from "../../../lib/member/pod.ts";
import { annotationKey, memberPod } from "../../member/member_pod.ts";
import { fakeClock } from "../../time/fake_clock.ts";

function pods(count: number): readonly PodView[] {
  return Array.from({ length: count }, (_, i) => podView(memberPod({ name: `p${i}` }), { annotationKey }));
}

/** Every tenth pod lives on. */
function world(): {
  readonly lookups: UnlabelledPods;
  readonly found: string[];
  readonly dropped: string[];
  readonly most: () => number;
} {
  let [open, most] = [0, 0];
  const [found, dropped]: [string[], string[]] = [[], []];
  const json: ApiClient["json"] = async ({ path }) => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open--;
    const name = path.split("/").at(-1) ?? "";
    if (name.endsWith("0")) return memberPod({ name });
    throw new ApiError({ kind: "status", status: 404, reason: "NotFound", message: "" }, "gone");
  };
  const clock = fakeClock();
  const lookups = new UnlabelledPods({
    client: { json, stream: () => Promise.reject(new Error("not used")), close: () => {} },
    clock,
    annotationKey,
    selector: "a=b",
    watchNamespaces: [],
    isKnown: () => false,
    signal: new AbortController().signal,
    onFound: ({ name }) => found.push(name),
    log: createLog({ level: "warn", format: "text", write: (line) => dropped.push(line), clock }),
  });
  return { lookups, found, dropped, most: () => most };
}

Deno.test("unlabelled: five thousand that are missing at once are asked about a few at a time, each of them", async () => {
  const { lookups, found, dropped, most } = world();
  for (const pod of pods(5_000)) lookups.lookUp(pod);
  await lookups.settled();
  assert.equal(found.length, 500);
  assert.deepEqual(dropped, []);
  assert.equal(most(), 8);
});

Deno.test("unlabelled: beyond a bound they are dropped, and named", async () => {
  const { lookups, found, dropped } = world();
  for (const pod of pods(10_020)) lookups.lookUp(pod);
  await lookups.settled();
  assert.equal(dropped.length, 12, "eight are asked about, ten thousand wait");
  assert.match(dropped[0] ?? "", /without its label.*member=default\/p10008/);
  assert.ok(found.length >= 1_000);
});

Deno.test("unlabelled: one that was being deleted is not asked about", async () => {
  const { lookups, found } = world();
  for (const pod of pods(1)) lookups.lookUp({ ...pod, deletion: { graceSeconds: 30 } });
  await lookups.settled();
  assert.deepEqual(found, []);
});
