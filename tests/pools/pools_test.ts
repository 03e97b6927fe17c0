// The arbiter on an API server: one write for all who wait, lost races, objects that are damaged, gone or another's.
import assert from "node:assert/strict";
import { objectOf } from "../../lib/pools/pool_object.ts";
import { configMaps } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { startSandbox } from "../sandbox/sandbox.ts";
import { timeLapse } from "../stories/time_lapse.ts";
import { emptyObjects, givenBy, startArbiter } from "./arbiter.ts";
import { type Asking, requestsOf } from "./requests.ts";

const wide = "id=5 subnet=10.0.0.0/16";
const object = { namespace: "kube-system", name: `pool-${objectOf("storage")}` };

function many(count: number, from = 0): readonly Asking[] {
  return Array.from({ length: count }, (_, at) => ({ pod: `p${from + at}` }));
}

Deno.test("1,000 members of one pool at once are one write", async () => {
  await using sandbox = await emptyObjects();
  await using arbiter = await startArbiter(sandbox, { requests: requestsOf(many(1_000), wide) });
  arbiter.changed();
  await waitFor(() => givenBy(arbiter).size === 1_000, { what: "all have addresses" });
  assert.deepEqual(arbiter.writes, ["written"]);
  assert.equal(new Set(givenBy(arbiter).values()).size, 1_000);
  arbiter.requests = requestsOf(many(999), wide);
  arbiter.changed();
  await waitFor(() => arbiter.writes.length === 2, { what: "the address of the one that went is freed" });
});

Deno.test("two that both think they lead, with other pods each, give no address twice", async () => {
  await using sandbox = await emptyObjects();
  const all = requestsOf(many(60), wide);
  await using one = await startArbiter(sandbox, { requests: all.slice(0, 30) });
  await using two = await startArbiter(sandbox, { requests: all.slice(30) });
  for (let round = 0; round < 5; round++) {
    for (const arbiter of [one, two]) arbiter.changed();
    await waitFor(() => [one, two].every((each) => givenBy(each).size === 30), {
      what: "all have addresses",
    });
    const given = [...givenBy(one).values(), ...givenBy(two).values()];
    assert.equal(new Set(given).size, 60);
    for (const arbiter of [one, two]) arbiter.reread();
  }
});

Deno.test("one that was frozen and wakes is refused, reads again, and gives what is left", async () => {
  await using sandbox = await emptyObjects();
  const all = requestsOf(many(3), "id=5 subnet=10.0.0.0/29");
  await using frozen = await startArbiter(sandbox, { requests: all.slice(0, 1) });
  frozen.changed();
  await waitFor(() => givenBy(frozen).size === 1, { what: "the first has its address" });
  await using other = await startArbiter(sandbox, { requests: all.slice(0, 2) });
  other.changed();
  await waitFor(() => givenBy(other).size === 2, { what: "another leads and gives one more" });
  // It knows of the third only, and nothing of the second.
  frozen.requests = [...all.slice(0, 1), ...all.slice(2)];
  frozen.changed();
  await waitFor(() => givenBy(frozen).size === 2, { what: "the third has its address" });
  assert.ok(frozen.writes.includes("outrun"));
  const given = [...givenBy(other).values(), givenBy(frozen).get("uid-p2")];
  assert.equal(new Set(given).size, 3, given.join());
});

Deno.test("one that does not lead reads and writes nothing", async () => {
  await using sandbox = await emptyObjects();
  let leads = false;
  await using arbiter = await startArbiter(sandbox, {
    requests: requestsOf(many(3), wide),
    isLeader: () => leads,
  });
  arbiter.changed();
  arbiter.reread();
  leads = true;
  arbiter.reread();
  await waitFor(() => givenBy(arbiter).size === 3, { what: "it leads" });
  assert.deepEqual(arbiter.writes, ["written"]);
});

Deno.test("rubbish in an object: it is named, nothing is given, nobody loses anything, and it stays as it is", async () => {
  await using sandbox = await emptyObjects();
  await using arbiter = await startArbiter(sandbox, { requests: requestsOf(many(3), wide) });
  arbiter.changed();
  await waitFor(() => givenBy(arbiter).size === 3, { what: "all have addresses" });
  const before = new Map(givenBy(arbiter));
  sandbox.patch(configMaps, object, { data: { storage: "held x\u0000 rubbish\n" } });
  arbiter.requests = requestsOf(many(4), wide);
  arbiter.reread();
  arbiter.changed();
  await waitFor(() => arbiter.answers.get("uid-p3")?.kind === "refused", { what: "the fourth is refused" });
  const refusal = arbiter.answers.get("uid-p3");
  assert.match(
    refusal?.kind === "refused" ? refusal.reason : "",
    /^ConfigMap kube-system\/pool-\d+ is damaged, key storage: line 1 cannot be read: .* remove the key/,
  );
  assert.deepEqual(givenBy(arbiter), before);
  assert.equal(
    sandbox.find(configMaps, object)?.["data"] !== undefined &&
      JSON.stringify(sandbox.find(configMaps, object)).includes("rubbish"),
    true,
  );
  assert.equal(arbiter.said.length, 1, arbiter.said.join("\n"));
  sandbox.patch(configMaps, object, { data: { storage: null } });
  arbiter.reread();
  await waitFor(() => givenBy(arbiter).size === 4, { what: "it is made again" });
  assert.deepEqual(new Map([...givenBy(arbiter)].slice(0, 3)), before);
});

Deno.test("an object that is deleted is missed by name, and holders keep theirs; created again it is filled again", async () => {
  await using sandbox = await emptyObjects();
  await using arbiter = await startArbiter(sandbox, { requests: requestsOf(many(2), wide) });
  arbiter.changed();
  await waitFor(() => givenBy(arbiter).size === 2, { what: "both have addresses" });
  const before = new Map(givenBy(arbiter));
  sandbox.delete(configMaps, object);
  arbiter.requests = requestsOf(many(3), wide);
  arbiter.reread();
  await waitFor(() => arbiter.answers.get("uid-p2")?.kind === "refused", { what: "the third is refused" });
  assert.match(arbiter.said.join(), /pool-\d+ is not there; apply the manifests again/);
  assert.deepEqual(givenBy(arbiter), before);
  sandbox.apply(JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: object }));
  arbiter.reread();
  await waitFor(() => givenBy(arbiter).size === 3, { what: "it is filled again" });
  assert.deepEqual(new Map([...givenBy(arbiter)].slice(0, 2)), before);
});

Deno.test("the objects of a controller with another annotation are not touched", async () => {
  await using sandbox = await emptyObjects();
  await using first = await startArbiter(sandbox, { requests: requestsOf(many(1), wide) });
  first.changed();
  await waitFor(() => givenBy(first).size === 1, { what: "the first has its address" });
  await using other = await startArbiter(sandbox, {
    requests: requestsOf(many(1, 7), wide),
    owner: "other.org/networks",
  });
  other.changed();
  await waitFor(() => other.answers.size === 1, { what: "the other is refused" });
  assert.match(other.said.join(), /is that of the controller of annotation "vxlan.travelping.com\/networks"/);
  assert.deepEqual(other.writes, []);
});

for (const verb of ["get", "update"] as const) {
  Deno.test(`a ${verb} that is not answered ends after its deadline; those who wait are told, and served by the next one`, async () => {
    await using sandbox = await emptyObjects();
    const stuck = sandbox.faults.onRequest({ verb, resource: "configmaps" }, { kind: "hang" });
    const clock = timeLapse(20);
    await using arbiter = await startArbiter(sandbox, { requests: requestsOf(many(3), wide), clock });
    arbiter.changed();
    await waitFor(() => arbiter.said.some((line) => line.includes("no whole answer within 10000 ms")), {
      what: "it says what it waited for",
    });
    await waitFor(() => givenBy(arbiter).size === 3, { what: "all have addresses" });
    const given = new Map(givenBy(arbiter));
    // What hung is served now: too late, for the object is another since.
    stuck.lift();
    arbiter.requests = requestsOf(many(4), wide);
    arbiter.changed();
    await waitFor(() => givenBy(arbiter).size === 4, { what: "a fourth has one" });
    for (const [uid, address] of given) assert.equal(givenBy(arbiter).get(uid), address, uid);
    assert.equal(new Set(givenBy(arbiter).values()).size, 4);
  });
}

Deno.test("a connection that is frozen ends a pass after its deadline, and keeps nobody from ending", async () => {
  await using sandbox = await emptyObjects();
  const clock = timeLapse(20);
  const arbiter = await startArbiter(sandbox, { requests: requestsOf(many(3), wide), clock });
  const thaw = sandbox.server.wire.freeze();
  arbiter.changed();
  const refused = (line: string): boolean => line.includes("no whole answer within 10000 ms");
  await waitFor(() => arbiter.said.some(refused), { what: "it says what it waited for" });
  thaw();
  await waitFor(() => givenBy(arbiter).size === 3, { what: "all have addresses" });
  // The end waits for what is under way, and aborts it: under a write, and under a connection that says nothing.
  const stuck = sandbox.faults.onRequest({ verb: "update", resource: "configmaps" }, { kind: "hang" });
  arbiter.requests = requestsOf(many(4), wide);
  arbiter.changed();
  await waitFor(() => stuck.hits > 0, { what: "a write is under way" });
  sandbox.server.wire.freeze();
  let ended = false;
  arbiter.close().then(() => ended = true);
  await waitFor(() => ended, { what: "it ends" });
});

Deno.test("rubbish that somebody takes out is noticed, though nobody else says anything", async () => {
  await using sandbox = await emptyObjects();
  sandbox.patch(configMaps, object, { data: { storage: "rubbish" } });
  const clock = timeLapse(20);
  await using arbiter = await startArbiter(sandbox, { requests: requestsOf(many(3), wide), clock });
  arbiter.changed();
  await waitFor(() => arbiter.said.some((line) => line.includes("is damaged")), { what: "it says so" });
  sandbox.patch(configMaps, object, { data: { storage: null } });
  await waitFor(() => givenBy(arbiter).size === 3, { what: "all have addresses" });
});

Deno.test("a cluster without pools needs no objects, whatever pods ask for", async () => {
  await using sandbox = await startSandbox({ dataPlane: "toy" });
  const requests = requestsOf(many(2), wide).map((request) => ({ ...request, subnets: [] }));
  await using arbiter = await startArbiter(sandbox, { requests });
  arbiter.changed();
  await waitFor(() => (sandbox.counters.requests["get configmaps"] ?? 0) > 0, { what: "it has looked" });
  // What can be given needs them.
  arbiter.requests = requestsOf(many(1), wide).map((request) => ({ ...request, network: "other" }));
  arbiter.changed();
  await waitFor(() => arbiter.said.length > 0, { what: "it says what is missing" });
  assert.deepEqual(arbiter.said.filter((line) => line.includes(object.name)), []);
});

Deno.test("whereabouts#207: when the pods cannot be listed nobody is freed, and when they can who has gone is", async () => {
  await using sandbox = await emptyObjects();
  await using first = await startArbiter(sandbox, { requests: requestsOf(many(2), wide) });
  first.changed();
  await waitFor(() => givenBy(first).size === 2, { what: "two have addresses" });
  await first.close();
  const failing = sandbox.faults.onRequest(
    { verb: "list", resource: "pods" },
    { kind: "status", code: 500 },
    {
      times: 3,
    },
  );
  await using second = await startArbiter(sandbox, { requests: requestsOf(many(1, 7), wide) });
  second.changed();
  await waitFor(() => failing.hits > 0, { what: "the pods cannot be listed" });
  const text = (): string =>
    String(
      sandbox.store.list(configMaps).find(({ metadata }) => metadata.name === object.name)?.["data"]
        ?.["storage" as never],
    );
  assert.doesNotMatch(text(), /^freed/m);
  await waitFor(() => givenBy(second).size === 1, { what: "the third has an address" });
  assert.deepEqual([...givenBy(second).values()], ["10.0.0.3"], "those of the others rest");
  assert.match(text(), /^freed uid-p0 10.0.0.1/m);
});
