// What is written on pods, how often, and what happens when it cannot be: the writers against a fake API and clock.
import assert from "node:assert/strict";
import { EventWriter } from "../../lib/events/event_writer.ts";
import { joinReporters } from "../../lib/report/log_reporter.ts";
import type { PodReport, Reporter } from "../../lib/report/report.ts";
import { type StatusParts, StatusWriter } from "../../lib/status/status_writer.ts";
import { Store } from "../../lib/controller/store/store.ts";
import type { Log } from "../../lib/ops/log.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";
import { annotationKey, membershipSettings } from "../member/member_pod.ts";
import { StatusApi } from "./status_api.ts";
import {
  failing,
  former,
  podNamed,
  problem,
  ready,
  sharing,
  state,
  unseen,
  waiting,
} from "./sample_reports.ts";

interface Desk {
  readonly clock: FakeClock;
  readonly api: StatusApi;
  readonly log: string[];
  /** Events by what came of them. */
  readonly events: Record<string, number>;
  readonly writer: Reporter & Pick<StatusWriter, "size">;
  readonly eventWriter: EventWriter;
  isLeader: boolean;
  /** Interfaces are made in the pod, then the report comes. */
  make(report: PodReport): void;
  /** The program ends, and another one starts on the same cluster. */
  restart(): Promise<Desk>;
  close(): Promise<void>;
}

function desk(
  { parts = "all", api = new StatusApi(), clock = fakeClock() }: {
    readonly parts?: StatusParts;
    readonly api?: StatusApi;
    readonly clock?: FakeClock;
  } = {},
): Desk {
  const log: string[] = [];
  const events: Record<string, number> = {};
  const say = (message: string): void => void log.push(message);
  const quiet: Log = { debug: say, info: say, warn: say };
  const eventWriter = new EventWriter({
    client: api.client,
    clock,
    log: quiet,
    instance: "test",
    onEvent: (outcome) => {
      events[outcome] = (events[outcome] ?? 0) + 1;
    },
  });
  const self = { isLeader: true };
  const statusWriter = new StatusWriter({
    client: api.client,
    events: eventWriter,
    clock,
    log: quiet,
    annotationKey,
    parts,
    isLeader: () => self.isLeader,
    onWritten: () => {},
  });
  // The controller adds what the pod shows.
  const reporter = joinReporters([statusWriter], (uid) => api.view(uid.slice("uid-".length)) ?? {});
  const writer = {
    ...reporter,
    get size() {
      return statusWriter.size;
    },
  };
  const close = async (): Promise<void> => {
    await Promise.all([statusWriter.close(), eventWriter.close()]);
  };
  return Object.assign(self, {
    clock,
    api,
    log,
    events,
    writer,
    eventWriter,
    make: (report: PodReport): void => {
      writer.changed(report.pod, [{ kind: "add-link" } as Parameters<StatusWriter["changed"]>[1][number]]);
      writer.report(report);
    },
    restart: async (): Promise<Desk> => {
      await close();
      return desk({ parts, api, clock });
    },
    close,
  });
}

const unknown = problem("unknown-network", { network: "east", message: "Cannot give it: no id" });

Deno.test("a pod that becomes ready: one patch, one Event, and nothing more however often it is looked at", async () => {
  const { clock, api, make, writer, close } = desk();
  api.addPod("a");
  make(ready("a"));
  await clock.advance(1_000);
  for (let look = 0; look < 100; look++) {
    writer.report(ready("a"));
    await clock.advance(1_000);
  }
  assert.deepEqual(api.requests.map((request) => request.replace(/\.[0-9a-f]+$/, "")).sort(), [
    "PATCH pods/status default/a",
    "POST events default/a",
  ]);
  assert.equal(api.condition("a"), "True NetworksReady");
  await close();
});

Deno.test("broken, mended, broken in the same way: the condition turns, the Event is counted", async () => {
  const { clock, api, make, writer, close } = desk();
  api.addPod("a");
  for (const report of [failing("a", unknown), ready("a"), failing("a", unknown), ready("a")]) {
    make(report);
    await clock.advance(10_000);
  }
  assert.equal(api.condition("a"), "True NetworksReady");
  assert.deepEqual(api.told(), ["VxlanReady 2", "VxlanUnknownNetwork 2"]);
  assert.equal(api.count("PATCH pods/status"), 4);
  writer.report(ready("a"));
  await close();
});

Deno.test("the time of the condition is that of its turn, not of its words", async () => {
  const { clock, api, writer, close } = desk();
  api.addPod("a");
  writer.report(failing("a", unknown));
  await clock.advance(2_000);
  const turned = api.since("a");
  assert.equal(turned, "2026-01-01T00:00:01Z");
  writer.report(failing("a", problem("setup-failed")));
  await clock.advance(60_000);
  assert.equal(api.condition("a"), "False SetupFailed");
  assert.equal(api.since("a"), turned);
  await close();
});

Deno.test("a trouble that ends with the first retry is not written", async () => {
  const { clock, api, make, writer, close } = desk();
  api.addPod("a");
  make(ready("a"));
  await clock.advance(1_000);
  const before = api.requests.length;
  writer.report(failing("a", problem("setup-failed")));
  await clock.advance(500);
  writer.report(ready("a"));
  await clock.advance(60_000);
  assert.equal(api.requests.length, before);
  await close();
});

Deno.test("a trouble that changes its words with every try is written every ten seconds at most", async () => {
  const { clock, api, writer, close } = desk();
  api.addPod("a");
  for (let second = 0; second < 600; second++) {
    writer.report(failing("a", problem("setup-failed", { message: `Cannot: try ${second}` })));
    await clock.advance(1_000);
  }
  assert.ok(api.count("PATCH pods/status") <= 61, `${api.count("PATCH pods/status")} patches`);
  assert.ok(api.count("POST events") <= 10 + 10, `${api.count("POST events")} Events`);
  await close();
});

Deno.test("a pod that waits shows what it showed", async () => {
  const { clock, api, make, writer, close } = desk();
  api.addPod("a");
  writer.report(waiting("a"));
  await clock.advance(10_000);
  assert.deepEqual(api.requests, []);
  make(ready("a"));
  await clock.advance(1_000);
  writer.report(waiting("a"));
  await clock.advance(10_000);
  assert.equal(api.condition("a"), "True NetworksReady");
  await close();
});

Deno.test("a ready pod whose agent cannot be reached stays ready, and the reason is told", async () => {
  const { clock, api, make, writer, close } = desk();
  api.addPod("a");
  make(ready("a"));
  await clock.advance(1_000);
  const annotation = api.annotation("a");
  writer.report(unseen("a", problem("setup-failed", { message: "exec refused" })));
  await clock.advance(10_000);
  assert.equal(api.condition("a"), "True SetupFailed");
  assert.equal(api.annotation("a"), annotation, "what was read last stays");
  assert.deepEqual(api.told(), ["VxlanReady 1", "VxlanSetupFailed 1"]);
  await close();
});

Deno.test("after a restart nothing is written that is there, and what has changed meanwhile is", async () => {
  const first = desk();
  const { api, clock } = first;
  for (const name of ["a", "b", "c"]) api.addPod(name);
  first.make(ready("a"));
  first.make(failing("b", unknown));
  first.make(ready("c"));
  await clock.advance(10_000);
  const before = api.requests.length;
  const second = await first.restart();
  second.writer.report(ready("a"));
  second.writer.report(failing("b", unknown));
  second.writer.report(failing("c", unknown));
  await clock.advance(10_000);
  assert.deepEqual(
    api.requests.slice(before).map((request) => request.replace(/\.[0-9a-f]+$/, "")).sort(),
    ["PATCH pods/status default/c", "POST events default/c"],
  );
  await second.close();
});

Deno.test("after a restart a trouble of another kind than is shown is no matter of words", async () => {
  const first = desk();
  first.api.addPod("a");
  first.writer.report(failing("a", unknown));
  await first.clock.advance(2_000);
  const { clock, api, writer, close } = await first.restart();
  assert.equal(api.condition("a"), "False UnknownNetwork");
  writer.report(failing("a", problem("conflict", { network: "east", message: "Cannot give it: taken" })));
  await clock.advance(2_000);
  assert.equal(api.condition("a"), "False Conflict");
  await close();
});

Deno.test("what somebody took away comes back, but not at once", async () => {
  const { clock, api, make, writer, close } = desk();
  api.addPod("a");
  make(ready("a"));
  await clock.advance(1_000);
  api.addPod("a");
  writer.report(ready("a"));
  await clock.advance(10_000);
  assert.equal(api.condition("a"), "", "the watch may be behind our own write");
  await clock.advance(600_000);
  writer.report(ready("a"));
  await clock.advance(1_000);
  assert.equal(api.condition("a"), "True NetworksReady");
  await close();
});

Deno.test("a former member shows nothing any more, though it is forgotten at once", async () => {
  const { clock, api, make, writer, close } = desk();
  api.addPod("a");
  make(ready("a"));
  await clock.advance(1_000);
  writer.report(former("a"));
  writer.forget?.(podNamed("a").uid);
  await clock.advance(1_000);
  assert.deepEqual([api.condition("a"), api.annotation("a"), writer.size], ["", undefined, 0]);
  await close();
});

Deno.test("a pod that never showed anything is not written when it is no member any more", async () => {
  const { clock, api, writer, close } = desk();
  api.addPod("a");
  writer.report(former("a"));
  await clock.advance(10_000);
  assert.deepEqual(api.requests, []);
  await close();
});

const finals = [
  { it: "the pod is gone", prepare: (api: StatusApi): void => api.removePod("a") },
  ...[
    { status: 409, message: "UID in precondition: a, UID in object meta: b" },
    { status: 422, message: 'Pod "a" is invalid: metadata.uid: Invalid value: "a": field is immutable' },
  ].map(({ status, message }) => ({
    it: `the pod was replaced by another of its name (${status})`,
    prepare: (api: StatusApi): void => {
      api.fault = { resource: "pods/status", status, message };
    },
  })),
];
for (const { it, prepare } of finals) {
  Deno.test(`it is not tried again when ${it}`, async () => {
    const { clock, api, make, close } = desk();
    api.addPod("a");
    prepare(api);
    make(ready("a"));
    await clock.advance(120_000);
    assert.equal(api.count("PATCH pods/status"), 1);
    await close();
  });
}

for (const status of [409, 413, 422]) {
  Deno.test(`a ${status} is said with the pod, once, and tried again until it is taken`, async () => {
    const { clock, api, log, make, close } = desk();
    for (const name of ["a", "b"]) api.addPod(name);
    api.fault = { resource: "pods/status", status, message: "annotations full" };
    make(ready("a"));
    await clock.advance(300_000);
    assert.equal(log.length, 1, log.join("\n"));
    assert.match(log[0] ?? "", /Cannot patch pods\/status default\/a: .*annotations full/);
    assert.ok(api.count("PATCH pods/status") < 40);
    api.fault = undefined;
    await clock.advance(130_000);
    assert.equal(api.condition("a"), "True NetworksReady");
    assert.ok(api.annotation("a"));
    await close();
  });
}

Deno.test("annotations that are full keep the condition from nobody, and the annotation comes when there is room", async () => {
  const { clock, api, log, make, close } = desk();
  api.addPod("a");
  api.annotate("a", { "example.org/other": "x".repeat(262_000) });
  make(ready("a"));
  await clock.advance(10_000);
  assert.equal(api.condition("a"), "True NetworksReady");
  assert.equal(api.annotation("a"), undefined);
  assert.match(log.join("\n"), /^[^\n]*may not be more than 262144 bytes[^\n]*$/);
  const before = api.count("PATCH pods/status");
  make(failing("a", unknown));
  await clock.advance(20_000);
  assert.equal(api.condition("a").split(" ")[0], "False");
  await clock.advance(600_000);
  assert.ok(api.count("PATCH pods/status") - before < 25);
  api.annotate("a", {});
  await clock.advance(130_000);
  assert.ok(api.annotation("a"));
  await close();
});

Deno.test("it is tried again until the API server is back, and said once each way", async () => {
  const { clock, api, log, make, close } = desk();
  for (const name of ["a", "b"]) api.addPod(name);
  api.fault = { resource: "pods/status", status: 0 };
  make(ready("a"));
  make(ready("b"));
  await clock.advance(300_000);
  assert.ok(api.count("PATCH pods/status") < 40);
  api.fault = undefined;
  await clock.advance(70_000);
  assert.deepEqual([api.condition("a"), api.condition("b")], ["True NetworksReady", "True NetworksReady"]);
  assert.equal(log.length, 2, log.join("\n"));
  assert.match(log[1] ?? "", /pods\/status can be written again/);
  await close();
});

for (const status of [429, 503]) {
  Deno.test(`a ${status} that says when is believed: nobody asks before, and it is said once`, async () => {
    const { clock, api, log, make, close } = desk();
    const names = Array.from({ length: 200 }, (_, i) => `p${i}`);
    for (const name of names) api.addPod(name);
    for (const resource of ["pods/status", "events"] as const) {
      const before = api.requests.length;
      api.fault = { resource, status, retryAfter: 20 };
      for (const name of names) make(resource === "events" ? failing(name, unknown) : ready(name));
      await clock.advance(119_000);
      const asked = api.requests.slice(before).filter((one) => one.includes(`${resource} `)).length;
      // Those under way when the first answer comes, every 20 s; Events have four workers, statuses eight.
      assert.ok(asked >= 6 && asked <= 8 * 6, `${asked} requests about ${resource}`);
      assert.equal(log.filter((line) => line.includes(`${status}`)).length, 1, log.join("\n"));
      api.fault = undefined;
      await clock.advance(120_000);
      log.splice(0);
    }
    assert.ok(names.every((name) => api.condition(name).startsWith("False ")));
    assert.ok(api.told().length >= 200);
    await close();
  });
}

Deno.test("a time that no server means is not believed for longer than a minute", async () => {
  const { clock, api, make, close } = desk();
  api.addPod("a");
  api.fault = { resource: "pods/status", status: 429, retryAfter: 900_000 };
  make(ready("a"));
  await clock.advance(10_000);
  api.fault = undefined;
  await clock.advance(120_000);
  assert.equal(api.condition("a"), "True NetworksReady");
  await close();
});

Deno.test("a missing rule is named once, costs a request a minute, and heals", async () => {
  const { clock, api, log, make, close } = desk();
  const names = Array.from({ length: 200 }, (_, i) => `p${i}`);
  for (const name of names) api.addPod(name);
  api.fault = { resource: "pods/status", status: 403 };
  for (const name of names) make(ready(name));
  await clock.advance(600_000);
  assert.equal(log.length, 1, log.join("\n"));
  assert.match(
    log[0] ?? "",
    /the rule needs resource pods\/status with patch, or switch it off with --status/,
  );
  assert.ok(api.count("PATCH pods/status") <= 8 * 11, `${api.count("PATCH pods/status")} requests`);
  assert.deepEqual(api.told().length, 200, "Events do not suffer");
  api.fault = undefined;
  await clock.advance(200_000);
  assert.ok(names.every((name) => api.condition(name) === "True NetworksReady"));
  await close();
});

Deno.test("a standby writes nothing; who has become leader writes what is missing", async () => {
  const one = desk();
  const { clock, api, writer, make } = one;
  api.addPod("a");
  one.isLeader = false;
  make(failing("a", unknown));
  await clock.advance(60_000);
  assert.deepEqual(api.requests, []);
  assert.equal(writer.size, 0);
  one.isLeader = true;
  writer.report(failing("a", unknown));
  await clock.advance(1_000);
  one.isLeader = false;
  await clock.advance(60_000);
  assert.deepEqual(api.requests, [], "leadership was lost before it was due");
  one.isLeader = true;
  writer.report(failing("a", unknown));
  await clock.advance(10_000);
  assert.equal(api.condition("a"), "False UnknownNetwork");
  await one.close();
});

Deno.test("what is as before again while the change is being written is written too", async () => {
  const { clock, api, make, writer, close } = desk();
  api.addPod("a");
  const [usual, changed] = [1450, 1400].map((mtu) => ready("a", [state("west", 101, { mtu })]));
  assert.ok(usual !== undefined && changed !== undefined);
  make(usual);
  await clock.advance(10_000);
  const before = api.annotation("a");
  const { befall } = api;
  api.befall = (request) => {
    api.befall = befall;
    writer.report(usual);
    return befall?.(request);
  };
  writer.report(changed);
  await clock.advance(60_000);
  assert.equal(api.annotation("a"), before);
  await close();
});

Deno.test("with events only the pod itself is not written", async () => {
  const { clock, api, make, close } = desk({ parts: "events" });
  api.addPod("a");
  make(failing("a", unknown));
  await clock.advance(10_000);
  make(ready("a"));
  await clock.advance(10_000);
  assert.deepEqual(api.told(), ["VxlanReady 1", "VxlanUnknownNetwork 1"]);
  assert.equal(api.count("PATCH pods/status"), 0);
  await close();
});

Deno.test("a hundred members that join one network cost a hundred patches and Events, eight at a time", async () => {
  const { clock, api, make, writer, close } = desk();
  const names = Array.from({ length: 100 }, (_, i) => `p${i}`);
  for (const [at, name] of names.entries()) {
    api.addPod(name);
    make(ready(name));
    // Everybody there gets the newcomer's entry, is looked at and reported.
    for (const other of names.slice(0, at)) writer.report(ready(other));
    await clock.advance(100);
  }
  await clock.advance(60_000);
  assert.deepEqual([api.count("PATCH pods/status"), api.count("POST events")], [100, 100]);
  assert.ok(api.most <= 8 + 4, `${api.most} at a time`);
  await close();
});

Deno.test("a hundred members with one address cost a write each, though each may name another in the end", async () => {
  const { clock, api, make, writer, close } = desk();
  const names = Array.from({ length: 100 }, (_, i) => `p${i}`);
  for (const [at, name] of names.entries()) {
    api.addPod(name);
    make(at === 0 ? ready(name) : sharing(name, "default/p0"));
    for (const other of names.slice(0, at)) writer.report(sharing(other, `default/${name}`));
    await clock.advance(100);
  }
  await clock.advance(60_000);
  // The first one is ready before the second comes.
  assert.deepEqual([api.count("PATCH pods/status"), api.count("POST events")], [101, 101]);
  await close();
});

Deno.test("our own write wakes nobody", async () => {
  const { clock, api, make, close } = desk();
  const store = new Store(membershipSettings);
  store.putConfigMap({ west: "id=101" }, { now: 0 });
  for (const name of ["a", "b"]) api.addPod(name);
  const put = (name: string): { readonly keys: readonly string[]; readonly shows: boolean } => {
    const view = api.view(name);
    assert.ok(view !== undefined);
    const { changed } = store.putPod(view, { now: 0 });
    const touched = store.surroundings.takeTouched();
    return { keys: [...changed, ...touched].sort(), shows: view.shown !== undefined };
  };
  put("a");
  store.begin("uid-a");
  assert.deepEqual(put("b"), { keys: ["uid-a", "uid-b"], shows: false });
  for (const report of [ready("b"), failing("b", unknown)]) {
    make(report);
    await clock.advance(10_000);
    assert.deepEqual(put("b"), { keys: [], shows: true });
  }
  await close();
});

Deno.test("24 hours of pods that come and go leave nothing behind", async () => {
  const { clock, api, make, writer, eventWriter, close } = desk();
  for (let minute = 0; minute < 24 * 60; minute++) {
    const name = `p${minute}`;
    api.addPod(name);
    make(minute % 3 === 0 ? failing(name, unknown) : ready(name));
    await clock.advance(60_000);
    api.removePod(name);
    writer.forget?.(podNamed(name).uid);
  }
  await clock.advance(60_000);
  assert.deepEqual([writer.size, eventWriter.size, clock.waiting().length], [0, 0, 0]);
  await close();
});
