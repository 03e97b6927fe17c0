// Does everybody who goes give its address back, whenever that is and whoever looks? On an API server of the sandbox.
import assert from "node:assert/strict";
import { Departures } from "../../lib/pools/departures.ts";
import { objectOf } from "../../lib/pools/pool_object.ts";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { timeLapse } from "../stories/time_lapse.ts";
import { fakeClock } from "../time/fake_clock.ts";
import { emptyObjects, givenBy, startArbiter } from "./arbiter.ts";
import { type Asking, requestsOf } from "./requests.ts";

const wide = "id=5 subnet=10.0.0.0/16";
const object = { namespace: "kube-system", name: `pool-${objectOf("storage")}` };

/** A pod that the arbiter's list has, and no kubelet touches. */
function podThere(sandbox: Sandbox, name: string): Asking {
  const [pod] = sandbox.apply(JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { a: "b" } },
    spec: { schedulerName: "none", containers: [{ name: "app", image: "app" }] },
  }));
  assert.ok(pod !== undefined);
  return { pod: name, uid: pod.metadata.uid };
}

/** The kubelet says that it has ended, and takes it away a moment later, if it is being deleted. */
function end(sandbox: Sandbox, { pod: name }: Asking, phase: "Succeeded" | "Failed"): void {
  const key = { resource: pods, namespace: "default", name };
  sandbox.store.update(key, "status", (pod) => ({ ...pod, status: { phase } }));
}

function text(sandbox: Sandbox): string {
  const data: unknown = sandbox.find(configMaps, object)?.["data"];
  return JSON.stringify(data ?? {});
}

/** Who holds an address in the object. */
async function hold(sandbox: Sandbox, holders: readonly Asking[]): Promise<void> {
  const wanted = holders.map(({ uid = "" }) => uid).sort().join();
  const found = (): string =>
    [...text(sandbox).matchAll(/held (\S+)/g)].map(([, holder]) => holder).sort().join();
  await waitFor(() => found() === wanted, {
    what: `these hold an address, and nobody else: ${wanted}`,
    state: () => text(sandbox),
  });
}

Deno.test("a pod that has ended gives its address back though its object stays, when the table was lost too", async () => {
  await using sandbox = await emptyObjects();
  const [stays, ends] = [podThere(sandbox, "stays"), podThere(sandbox, "ends")];
  await using arbiter = await startArbiter(sandbox, { requests: requestsOf([stays, ends], wide) });
  arbiter.changed();
  await hold(sandbox, [stays, ends]);
  sandbox.patch(configMaps, object, { data: null });
  end(sandbox, ends, "Failed");
  arbiter.requests = requestsOf([stays], wide);
  arbiter.changed();
  await hold(sandbox, [stays]);
  assert.match(text(sandbox), new RegExp(`freed ${ends.uid} 10.0.0.2/16`));
});

Deno.test("a pod that ended while nobody led gives its address back, though its object stays", async () => {
  await using sandbox = await emptyObjects();
  const [stays, ends] = [podThere(sandbox, "stays"), podThere(sandbox, "ends")];
  const first = await startArbiter(sandbox, { requests: requestsOf([stays, ends], wide) });
  first.changed();
  await hold(sandbox, [stays, ends]);
  await first.close();
  end(sandbox, ends, "Succeeded");
  await using second = await startArbiter(sandbox, { requests: requestsOf([stays], wide) });
  second.changed();
  await hold(sandbox, [stays]);
});

Deno.test("who goes while the pods are listed, and is in that list, gives its address back", async () => {
  await using sandbox = await emptyObjects();
  const [stays, goes] = [podThere(sandbox, "stays"), podThere(sandbox, "goes")];
  const all = [stays, goes, { pod: "gone", uid: "uid-gone" }];
  await using arbiter = await startArbiter(sandbox, { requests: requestsOf(all, wide) });
  arbiter.changed();
  await hold(sandbox, all);
  const listing = sandbox.faults.onRequest({ verb: "list", resource: "pods" }, { kind: "hang" });
  sandbox.patch(configMaps, object, { data: null });
  arbiter.requests = requestsOf([stays, goes], wide);
  arbiter.changed();
  await waitFor(() => listing.hits > 0, { what: "the pods are listed, for one of them is missing" });
  arbiter.requests = requestsOf([stays], wide);
  arbiter.changed();
  const isNoticed = (): boolean => !arbiter.answers.has(goes.uid ?? "");
  await waitFor(isNoticed, { what: "it is known that another has gone" });
  listing.lift();
  await hold(sandbox, [stays]);
});

Deno.test("who is unknown to us and lives keeps its address, and gives it back when it goes, though nobody tells us", async () => {
  await using sandbox = await emptyObjects();
  const [ours, others] = [podThere(sandbox, "ours"), podThere(sandbox, "others")];
  const first = await startArbiter(sandbox, { requests: requestsOf([others], wide) });
  first.changed();
  await hold(sandbox, [others]);
  await first.close();
  await using second = await startArbiter(sandbox, {
    requests: requestsOf([ours], wide),
    clock: timeLapse(20),
  });
  second.changed();
  await waitFor(() => givenBy(second).size === 1, { what: "ours has an address" });
  await hold(sandbox, [ours, others]);
  const lists = (): number => sandbox.counters.requests["list pods"] ?? 0;
  const before = lists();
  await waitFor(() => lists() > before, { what: "the pods are listed again" });
  await hold(sandbox, [ours, others]);
  sandbox.delete(pods, { name: others.pod, graceSeconds: 0 });
  await hold(sandbox, [ours]);
});

Deno.test("an object that somebody empties while nobody comes or goes is written again after ten minutes", async () => {
  await using sandbox = await emptyObjects();
  const clock = fakeClock();
  const wanted = [{ pod: "stays" }];
  await using arbiter = await startArbiter(sandbox, { requests: requestsOf(wanted, wide), clock });
  const holds = async (): Promise<boolean> => {
    await clock.advance(20);
    return text(sandbox).includes("held uid-stays uid-stays 10.0.0.1/16");
  };
  arbiter.changed();
  await waitFor(holds, { what: "it is written", state: () => text(sandbox) });
  await waitFor(async () => await holds() && givenBy(arbiter).size === 1, { what: "the answer has come" });
  sandbox.patch(configMaps, object, { data: null });
  await clock.advance(500_000);
  assert.equal(await holds(), false, "nothing has told us");
  await clock.advance(100_000);
  await waitFor(holds, { what: "it is written again", state: () => text(sandbox) });
});

Deno.test("who is in doubt is looked for after 10 s, then ever later up to 10 minutes; when nobody is, after 10 minutes", async () => {
  let now = 1_000;
  const departures = new Departures({ now: () => now });
  const read = (known: readonly string[], living: readonly string[]): Promise<void> =>
    departures.read({
      held: ["a", "b"],
      known: new Set(known),
      living: () => Promise.resolve(new Set(living)),
    });
  const waits: number[] = [];
  const look = async (known: readonly string[]): Promise<void> => {
    await read(known, ["b"]);
    departures.remain(["a", "b"]);
    waits.push((departures.readAgainAt - now) / 1000);
    now = departures.readAgainAt;
  };
  for (let count = 0; count < 8; count++) await look(["a"]);
  await look(["a", "b"]);
  await look(["a"]);
  assert.deepEqual(waits, [10, 20, 40, 80, 160, 320, 600, 600, 600, 10]);
});

Deno.test("who was known when the object was read is gone when it asks no more; who lives and is unknown is not", async () => {
  const departures = new Departures({ now: () => 0 });
  const living = (): Promise<ReadonlySet<string>> => Promise.resolve(new Set(["known", "other"]));
  await departures.read({ held: ["known", "other", "dead"], known: new Set(["known", "new"]), living });
  const gone = (): readonly string[] =>
    ["known", "other", "dead", "new"].filter((each) => departures.isGone(each));
  assert.deepEqual(gone(), ["known", "dead"]);
  departures.asks("new");
  assert.deepEqual(gone(), ["known", "dead", "new"]);
  departures.remain(["other"]);
  assert.equal(departures.readAgainAt, 10_000, "nobody tells us when it goes");
  departures.asks("other");
  departures.remain(["other"]);
  assert.equal(departures.readAgainAt, 600_000);
});
