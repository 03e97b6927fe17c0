// Pods that are sought: until all is known, with one line for all of them, and none once the program stops.
import assert from "node:assert/strict";
import { PodSearch } from "../../../lib/kube/watch/pod_search.ts";
import type { SoughtPod } from "../../../lib/kube/watch/find_pods.ts";
import { InProcessApi } from "../../sandbox/api/in_process.ts";
import { pods } from "../../sandbox/api/resources.ts";
import { label, memberPod } from "../../member/member_pod.ts";
import { type FakeClock, fakeClock } from "../../time/fake_clock.ts";

interface World {
  readonly api: InProcessApi;
  readonly clock: FakeClock;
  readonly search: PodSearch<unknown>;
  /** "uid-p0 gone", in order. */
  readonly found: string[];
  readonly said: string[];
  readonly stop: AbortController;
}

function world(): World {
  const clock = fakeClock();
  const api = new InProcessApi(clock);
  const stop = new AbortController();
  const [found, said]: [string[], string[]] = [[], []];
  const search = new PodSearch<unknown>({
    client: api.client,
    ...{ clock, namespaces: [], labelSelector: `${label}=true`, signal: stop.signal },
    read: (pod) => pod,
    onFinding: (uid, { kind }) => found.push(`${uid} ${kind}`),
    onTrouble: (message) => said.push(message),
  });
  return { api, clock, search, found, said, stop };
}

function add({ search }: World, count: number): void {
  for (let i = 0; i < count; i++) search.add(pod(i));
}

function pod(at: number): SoughtPod {
  return { uid: `uid-p${at}`, namespace: "default", name: `p${at}` };
}

/** Turns of the loop, and no time. */
async function turns({ clock }: World, count = 50): Promise<void> {
  for (let i = 0; i < count; i++) await clock.advance(0);
}

Deno.test("search: what comes in one turn is sought together, what comes meanwhile next", async () => {
  const on = world();
  add(on, 5_000);
  await Promise.resolve();
  await Promise.resolve();
  on.search.add(pod(5_000));
  await turns(on);
  await on.search.settled();
  assert.equal(on.found.length, 5_001);
  assert.deepEqual([on.api.count("LIST"), on.api.count("GET")], [1, 1]);
  assert.deepEqual(on.said, []);
});

for (
  const { status, retryAfter, first } of [
    { status: 403, first: 5 },
    { status: 410, first: 5 },
    { status: 429, retryAfter: 17, first: 17 },
    { status: 429, retryAfter: 100_000, first: 120 },
    { status: 503, first: 5 },
    { status: 0, first: 5 },
  ]
) {
  for (const count of [3, 300]) {
    const fault = retryAfter === undefined ? `${status}` : `${status}, again after ${retryAfter} s`;
    Deno.test(`search: ${count}, answered with ${fault}: one line, less and less often, until it is known`, async () => {
      const on = world();
      let isDown = true;
      on.api.befall = () => isDown ? { status, ...(retryAfter !== undefined && { retryAfter }) } : undefined;
      add(on, count);
      await turns(on);
      const once = on.api.requests.length;
      assert.equal(once, count === 3 ? 3 : 1);
      await on.clock.advance(first * 750 - 1);
      assert.equal(on.api.requests.length, once);
      for (let minute = 0; minute < 60; minute++) await on.clock.advance(60_000);
      assert.deepEqual(on.found, [], "nothing is known of anybody");
      const rounds = on.api.requests.length / once;
      assert.ok(rounds > 20 && rounds < 100, `${rounds} rounds in an hour`);
      assert.equal(on.said.length, 1);
      const names = count === 3 ? '"default/p2"$' : '"default/p9" and 290 more$';
      assert.match(on.said[0] ?? "", new RegExp(`^Cannot find out which of ${count} pods .*${names}`));
      isDown = false;
      await on.clock.advance(120_000);
      await turns(on);
      assert.equal(on.found.length, count);
      assert.deepEqual(on.clock.waiting(), []);
    });
  }
}

Deno.test("search: one who is never answered keeps no other from being found", async () => {
  const on = world();
  on.api.befall = ({ name }) => name === "p1" ? { status: 500 } : undefined;
  add(on, 3);
  await turns(on);
  assert.deepEqual(on.found, ["uid-p0 gone", "uid-p2 gone"]);
  on.search.add(pod(7));
  await on.clock.advance(60_000);
  assert.deepEqual(on.found, ["uid-p0 gone", "uid-p2 gone", "uid-p7 gone"]);
  assert.equal(on.said.length, 1);
  on.stop.abort();
  await on.search.settled();
});

Deno.test("search: it ends with the program, in a list as in a pause, and nothing is said of that", async () => {
  for (const at of [0, 3_750]) {
    const on = world();
    on.api.befall = () => {
      if (on.clock.now() >= at) on.stop.abort();
      return { status: 0 };
    };
    add(on, 300);
    await turns(on);
    await on.clock.advance(10_000);
    await on.search.settled();
    assert.equal(on.said.length, at === 0 ? 0 : 1);
    assert.deepEqual([on.found, on.clock.waiting()], [[], []]);
    const before = on.api.requests.length;
    on.search.add(pod(1));
    await on.clock.advance(600_000);
    assert.equal(on.api.requests.length, before);
  }
});

Deno.test("search: who comes back and goes again while it is asked for is asked for again", async () => {
  const on = world();
  const labels = { [label]: "true" };
  const lives = memberPod({ name: "p0", uid: "uid-p0" });
  on.api.put(pods, { ...lives, metadata: { ...lives.metadata, labels } });
  let asked = 0;
  on.api.befall = ({ verb }) => {
    if (verb === "list" && ++asked === 1) {
      on.search.add(pod(0));
      queueMicrotask(() => on.api.put(pods, { ...lives, metadata: { ...lives.metadata, labels: {} } }));
    }
    return undefined;
  };
  add(on, 1);
  await turns(on);
  assert.deepEqual(on.found, ["uid-p0 passed", "uid-p0 lives"]);
});

Deno.test("search: beyond a hundred thousand that wait more are refused, in one line", async () => {
  const on = world();
  on.api.befall = () => ({ status: 0 });
  add(on, 100_500);
  await turns(on);
  assert.match(on.said[0] ?? "", /100000 wait for an answer; of those that come now.*give it the label/);
  assert.match(on.said[1] ?? "", /which of 100000 pods/);
  assert.equal(on.said.length, 2);
  on.stop.abort();
  await on.search.settled();
});
