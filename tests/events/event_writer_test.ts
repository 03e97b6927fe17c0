// Events: one object for each text, counted, limited, and given up in the end; against a fake API and clock.
import assert from "node:assert/strict";
import { configMapEvents } from "../../lib/status/config_map_events.ts";
import { EventWriter } from "../../lib/events/event_writer.ts";
import type { Regarding, WantedEvent } from "../../lib/events/event_request.ts";
import type { Problem } from "../../lib/network/problem.ts";
import type { Log } from "../../lib/ops/log.ts";
import { coreEvents } from "../sandbox/api/resources.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";
import { StatusApi } from "../status/status_api.ts";

interface Desk {
  readonly clock: FakeClock;
  readonly api: StatusApi;
  readonly log: string[];
  readonly outcomes: Record<string, number>;
  readonly writer: EventWriter;
}

function desk(): Desk {
  const clock = fakeClock();
  const api = new StatusApi();
  const log: string[] = [];
  const outcomes: Record<string, number> = {};
  const say = (message: string): void => void log.push(message);
  const quiet: Log = { debug: say, info: say, warn: say };
  const writer = new EventWriter({
    client: api.client,
    clock,
    log: quiet,
    instance: "kube-vxlan-controller-0",
    onEvent: (outcome) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    },
  });
  return { clock, api, log, outcomes, writer };
}

function about(name: string, namespace = "default"): Regarding {
  return { kind: "Pod", uid: `uid-${name}`, namespace, name };
}

function warning(note: string, reason = "VxlanSetupFailed"): WantedEvent {
  return { reason, type: "Warning", note, dedupKey: note };
}

Deno.test("an Event has everything that events.k8s.io/v1 demands", async () => {
  const { clock, api, writer } = desk();
  writer.emit(about("a"), warning("Cannot do it"));
  await clock.advance(100);
  const [{ metadata, ...event } = assert.fail("no Event")] = api.events;
  assert.equal(metadata.namespace, "default");
  // After an upgrade too what is there is counted on.
  assert.equal(metadata.name, "a.c2b921cc565f7959");
  assert.deepEqual(event, {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "kube-vxlan-controller",
    reportingInstance: "kube-vxlan-controller-0",
    action: "JoinNetworks",
    reason: "VxlanSetupFailed",
    type: "Warning",
    note: "Cannot do it",
    regarding: { apiVersion: "v1", kind: "Pod", uid: "uid-a", namespace: "default", name: "a" },
  });
  await writer.close();
});

Deno.test("the same again is counted in the same object, another text is another object", async () => {
  const { clock, api, writer } = desk();
  for (const note of ["x", "x", "y", "x"]) {
    writer.emit(about("a"), warning(note));
    await clock.advance(5_000);
  }
  assert.deepEqual(api.told(), ["VxlanSetupFailed 1", "VxlanSetupFailed 3"]);
  await writer.close();
});

Deno.test("two texts by turns are written ever less often, and all of it is counted", async () => {
  const { clock, api, writer } = desk();
  const hours = async (count: number): Promise<number> => {
    const before = api.requests.length;
    for (let minute = 0; minute < count * 60; minute++) {
      writer.emit(about("a"), warning(minute % 2 === 0 ? "x" : "y"));
      await clock.advance(60_000);
    }
    return api.requests.length - before;
  };
  const written = [await hours(1), await hours(1), await hours(4)];
  assert.ok((written[0] ?? 0) <= 26, `${written} writes`);
  assert.ok((written[1] ?? 0) <= 4 && (written[2] ?? 0) <= 8, `${written} writes`);
  // Each was met 180 times; what has not been told yet is told with the next.
  await clock.advance(3_600_000);
  for (const note of ["x", "y"]) writer.emit(about("a"), warning(note));
  await clock.advance(1_000);
  assert.deepEqual(api.told(), ["VxlanSetupFailed 181", "VxlanSetupFailed 181"]);
  await writer.close();
});

Deno.test("what is the same but for its numbers is written as seldom as if it had none, and as it is then", async () => {
  const { clock, api, writer } = desk();
  for (let minute = 0; minute < 120; minute++) {
    writer.emit(about("a"), { ...warning(`port ${minute}`), dedupKey: "port" });
    await clock.advance(60_000);
  }
  assert.ok(api.requests.length <= 15, `${api.requests.length} writes`);
  assert.equal(new Set(api.events.map(({ note }) => note)).size, api.requests.length);
  const counted = api.told().reduce((sum, told) => sum + Number(told.split(" ")[1]), 0);
  assert.ok(counted > 60 && counted <= 120, `${counted} are counted`);
  await writer.close();
});

Deno.test("a text that was not met for long is written at once again", async () => {
  const { clock, api, writer } = desk();
  for (let minute = 0; minute < 60; minute++) {
    writer.emit(about("a"), warning("x"));
    await clock.advance(60_000);
  }
  await clock.advance(3 * 3_600_000);
  for (const later of [1, 2]) {
    const before = api.requests.length;
    writer.emit(about("a"), warning("x"));
    await clock.advance(5_000);
    assert.equal(api.requests.length, before + 1, `time ${later}`);
  }
  await writer.close();
});

Deno.test("what happens again before it is written is one write", async () => {
  const { clock, api, writer } = desk();
  for (let i = 0; i < 3; i++) writer.emit(about("a"), warning("x"));
  await clock.advance(1_000);
  assert.deepEqual(api.told(), ["VxlanSetupFailed 3"]);
  assert.equal(api.requests.length, 1);
  await writer.close();
});

Deno.test("after a restart the same text is counted on; an Event that has expired begins anew", async () => {
  const { clock, api, writer } = desk();
  writer.emit(about("a"), warning("x"));
  await clock.advance(100);
  const again = new EventWriter({
    client: api.client,
    clock,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
    instance: "other",
    onEvent: () => {},
  });
  again.emit(about("a"), warning("x"));
  await clock.advance(100);
  assert.deepEqual(api.told(), ["VxlanSetupFailed 2"]);
  for (const { metadata } of api.events) api.remove(coreEvents, metadata.name);
  await clock.advance(5_000);
  again.emit(about("a"), warning("x"));
  await clock.advance(100);
  assert.equal(api.events.length, 1);
  await writer.close();
  await again.close();
});

Deno.test("one object gets ten at once and then one a minute; others do not suffer", async () => {
  const { clock, api, outcomes, writer } = desk();
  for (let second = 0; second < 600; second++) {
    writer.emit(about("flapping"), warning(`try ${second}`));
    await clock.advance(1_000);
  }
  writer.emit(about("b"), warning("x"));
  await clock.advance(1_000);
  const flapping = api.count("POST events default/flapping");
  assert.ok(flapping >= 19 && flapping <= 20, `${flapping} Events`);
  assert.equal(api.count("POST events default/b"), 1);
  assert.equal((outcomes["written"] ?? 0) + (outcomes["dropped"] ?? 0), 601);
  await writer.close();
});

Deno.test("a rollout of thousands is written at 20 a second, and what is too much is dropped and counted", async () => {
  const { clock, api, outcomes, writer } = desk();
  for (let i = 0; i < 6_000; i++) writer.emit(about(`p${i}`), warning("x"));
  await clock.advance(100);
  assert.ok(api.requests.length <= 203, `${api.requests.length} at once`);
  await clock.advance(10_000);
  assert.ok(api.requests.length >= 350 && api.requests.length <= 405, `${api.requests.length} after 10 s`);
  assert.equal(outcomes["dropped"], 1_000);
  await writer.close();
});

Deno.test("of thousands only those are remembered that are not quiet, and what the others say again is counted on", async () => {
  const { clock, api, writer } = desk();
  for (let i = 0; i < 3_000; i++) {
    writer.emit(about(`p${i}`), warning("x"));
    await clock.advance(100);
  }
  assert.ok(writer.size >= 1_000 && writer.size <= 1_700, `${writer.size} remembered`);
  const name = api.events.find(({ metadata }) => metadata.name.startsWith("p0."))?.metadata.name;
  writer.emit(about("p0"), warning("x"));
  await clock.advance(1_000);
  assert.equal(api.count(`PATCH events default/${name}`), 1, "p0 was forgotten, and is found by its name");
  assert.equal(api.events.filter(({ metadata }) => metadata.name === name).length, 1);
  await writer.close();
});

const givenUp = [
  {
    it: "its namespace is being terminated",
    status: 403,
    message: "because it is being terminated",
    tries: 1,
    said: 0,
  },
  { it: "it is refused as it is", status: 422, message: "", tries: 1, said: 0 },
  { it: "the rule is missing", status: 403, message: "forbidden", tries: 1, said: 1 },
  { it: "the API server stays away", status: 0, message: "", tries: 6, said: 1 },
];
for (const { it, status, message, tries, said } of givenUp) {
  Deno.test(`an Event is given up when ${it}`, async () => {
    const { clock, api, log, outcomes, writer } = desk();
    api.fault = { resource: "events", status, message };
    writer.emit(about("a"), warning("x"));
    await clock.advance(600_000);
    assert.deepEqual([api.requests.length, outcomes["failed"], log.length], [tries, 1, said], log.join("\n"));
    writer.forget("uid-a");
    assert.equal(writer.size, 0);
    await writer.close();
  });
}

Deno.test("a missing rule is said once, Events are dropped for a minute, then written again", async () => {
  const { clock, api, log, outcomes, writer } = desk();
  api.addNamespace("locked");
  api.fault = { resource: "events", namespace: "locked", status: 403, message: "forbidden" };
  for (let second = 0; second < 300; second++) {
    writer.emit(about(`p${second}`, "locked"), warning("x"));
    await clock.advance(1_000);
  }
  assert.ok(api.requests.length <= 6, `${api.requests.length} requests`);
  assert.equal(log.length, 1, log.join("\n"));
  assert.match(log[0] ?? "", /the rule needs resource events \(events\.k8s\.io\) with create and patch/);
  writer.emit(about("free"), warning("x"));
  await clock.advance(100);
  assert.equal(outcomes["written"], 1, "another namespace does not suffer");
  api.fault = undefined;
  await clock.advance(120_000);
  writer.emit(about("late", "locked"), warning("x"));
  await clock.advance(100);
  assert.equal(outcomes["written"], 2);
  assert.match(log.at(-1) ?? "", /can be written again/);
  await writer.close();
});

Deno.test("entries of the ConfigMap that cannot be read get an Event each, when they come up", async () => {
  const { clock, api, writer } = desk();
  const leader = { is: false };
  const tell = configMapEvents({ events: writer, isLeader: () => leader.is });
  const configMap = { uid: "uid-cm", namespace: "kube-system", name: "kube-vxlan-controller" };
  const wrong = (key: string): Problem => ({
    kind: "invalid-option",
    source: { kind: "configmap", key, namespace: "kube-system", name: "kube-vxlan-controller" },
    message: `Cannot read ${key}`,
  });
  const see = async (...keys: readonly string[]): Promise<readonly string[]> => {
    tell({ configMap, problems: keys.map(wrong) });
    await clock.advance(1_000);
    return api.told();
  };
  assert.deepEqual(await see("one"), [], "a standby says nothing");
  leader.is = true;
  assert.deepEqual(await see("one"), ["VxlanInvalidOptions 1"]);
  assert.deepEqual(await see("one", "two"), ["VxlanInvalidOptions 1", "VxlanInvalidOptions 1"]);
  assert.deepEqual(await see("two"), ["VxlanInvalidOptions 1", "VxlanInvalidOptions 1"]);
  assert.deepEqual(await see("one", "two"), ["VxlanInvalidOptions 1", "VxlanInvalidOptions 2"]);
  tell({ configMap: undefined, problems: [] });
  await writer.close();
});

Deno.test("of a ConfigMap with many keys that cannot be read as many Events are written as an object may have at once", async () => {
  const { clock, api, writer, outcomes } = desk();
  const tell = configMapEvents({ events: writer, isLeader: () => true });
  const configMap = { uid: "uid-cm", namespace: "kube-system", name: "kube-vxlan-controller" };
  const problems = Array.from({ length: 1_000 }, (_, i): Problem => ({
    kind: "invalid-option",
    source: { kind: "configmap", key: `k${i}`, namespace: "kube-system", name: "kube-vxlan-controller" },
    message: "Cannot read it",
  }));
  tell({ configMap, problems });
  await clock.advance(1_000);
  assert.equal(api.told().length, 10);
  assert.deepEqual(outcomes, { written: 10 }, "none was dropped");
  await writer.close();
});
