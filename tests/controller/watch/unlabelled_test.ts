// Pods that have lost their label: are they cleaned, told of once, and followed until they are clean or gone?
import assert from "node:assert/strict";
import { SessionEnded } from "../../../lib/kube/exec/session.ts";
import { memberPod } from "../../member/member_pod.ts";
import { pods } from "../../sandbox/api/resources.ts";
import { eventsOf, type Program, programWith } from "../whole_program.ts";

const minute = 60_000;
const refused = { kind: "rejected", status: 500, reason: "the kubelet is away" } as const;

/** As it was put by `programWith`, but without its label. */
function unlabel(
  { api }: Program,
  at: number,
  { uid = `uid-p${at}`, agentWaits = false, leaves = false }: {
    /** Of one that has taken its place. */
    readonly uid?: string;
    readonly agentWaits?: boolean;
    readonly leaves?: boolean;
  } = {},
): void {
  const pod = memberPod({
    ...{ name: `p${at}`, uid, networks: "west", ip: `10.0.1.${at + 1}`, form: "native" },
    ...(leaves && { deletedWithGrace: 30 }),
  });
  const statuses = (pod.status?.initContainerStatuses ?? []).map((status) => ({
    ...status,
    ...(agentWaits && { state: { waiting: { reason: "CrashLoopBackOff" } } }),
  }));
  api.put(pods, {
    ...pod,
    metadata: { ...pod.metadata, labels: {} },
    status: { ...pod.status, initContainerStatuses: statuses },
  });
}

/** p1's agent refuses every session. */
async function withDeafAgent(): Promise<Program> {
  const program = await programWith(3);
  program.toys.opening = (uid) =>
    uid === "uid-p1"
      ? Promise.reject(new SessionEnded(refused, "", "the exec was refused"))
      : Promise.resolve();
  await program.clock.advance(5 * minute);
  unlabel(program, 1);
  await program.clock.advance(minute);
  return program;
}

function linesAbout({ lines }: Program, name: string): readonly string[] {
  return lines.filter((line) => line.includes(`member=default/${name}`));
}

function hasLink({ toys }: Program, uid: string): boolean {
  return toys.kernel(uid).run(["ip", "-json", "link", "show"]).stdout.includes('"ifname":"west"');
}

Deno.test("unlabelled: one that cannot be cleaned is told of once, at no list and no new watch again", async () => {
  const program = await withDeafAgent();
  const { clock, controller, api } = program;
  const said = linesAbout(program, "p1");
  const events = eventsOf(program, { uid: "uid-p1" }).length;
  assert.ok(said.some((line) => / WARN /.test(line)), said.join("\n"));
  for (let i = 0; i < 180; i++) {
    await clock.advance(minute);
    assert.equal(controller.store.tracked.get("uid-p1")?.selection, "label removed", `after ${i} minutes`);
  }
  assert.ok(api.count("LIST pods") > 15);
  assert.deepEqual(linesAbout(program, "p1").slice(said.length), []);
  assert.equal(eventsOf(program, { uid: "uid-p1" }).length, events);
  assert.equal(hasLink(program, "uid-p1"), true);
  program.toys.opening = undefined;
  await clock.advance(20 * minute);
  assert.equal(hasLink(program, "uid-p1"), false);
  assert.equal(controller.store.tracked.has("uid-p1"), false);
  const healed = linesAbout(program, "p1").length;
  await clock.advance(60 * minute);
  assert.equal(linesAbout(program, "p1").length, healed);
  await program.end();
});

for (
  const { what, act } of [
    { what: "deleted", act: ({ api }: Program) => api.remove(pods, "p1") },
    {
      what: "replaced under its name",
      act: (on: Program) => {
        on.api.remove(pods, "p1");
        unlabel(on, 1, { uid: "another" });
      },
    },
  ]
) {
  Deno.test(`unlabelled: one that cannot be cleaned and is ${what} is forgotten by the next list but one`, async () => {
    const program = await withDeafAgent();
    const { clock, controller } = program;
    act(program);
    await clock.advance(23 * minute);
    assert.deepEqual([...controller.store.tracked.keys()].sort(), ["uid-p0", "uid-p2"]);
    await program.end();
  });
}

Deno.test("unlabelled: while the API server refuses to say whether it lives nothing is done to it, then it is cleaned", async () => {
  const program = await programWith(3);
  const { clock, controller, api } = program;
  api.befall = ({ resource, name }) =>
    resource === pods && name === "p1" ? { status: 403, message: "no" } : undefined;
  unlabel(program, 1);
  await clock.advance(30 * minute);
  assert.equal(hasLink(program, "uid-p1"), true);
  assert.equal(controller.store.tracked.has("uid-p1"), false);
  const told = program.lines.filter((line) => /which of 1 pods live on without their label/.test(line));
  assert.equal(told.length, 1);
  api.befall = () => undefined;
  await clock.advance(5 * minute);
  assert.equal(hasLink(program, "uid-p1"), false);
  await program.end();
});

Deno.test("unlabelled: one that has its label again before it is known to live keeps its link", async () => {
  const program = await programWith(3);
  const { clock, controller, api, toys } = program;
  let isDown = true;
  api.befall = ({ resource, name }) =>
    resource === pods && name === "p1" && isDown ? { status: 503 } : undefined;
  unlabel(program, 1);
  await clock.advance(minute);
  toys.takeWrites("uid-p1");
  api.put(pods, memberPod({ name: "p1", uid: "uid-p1", networks: "west", ip: "10.0.1.2", form: "native" }));
  isDown = false;
  await clock.advance(30 * minute);
  assert.equal(controller.store.tracked.get("uid-p1")?.selection, "selected");
  assert.deepEqual(toys.takeWrites("uid-p1").filter((line) => line.startsWith("link del")), []);
  assert.equal(hasLink(program, "uid-p1"), true);
  await program.end();
});

Deno.test("unlabelled: one whose agent is between two starts is cleaned soon after it runs again, of which no event tells", async () => {
  const program = await programWith(3);
  const { clock, controller, api } = program;
  await clock.advance(minute);
  unlabel(program, 1, { agentWaits: true });
  await clock.advance(4 * minute);
  assert.equal(hasLink(program, "uid-p1"), true);
  const asked = (): readonly number[] => ["GET pods", "LIST pods"].map((start) => api.count(start));
  const before = asked();
  unlabel(program, 1);
  await clock.advance(minute + 1_000);
  assert.equal(hasLink(program, "uid-p1"), false);
  // It was asked for, and whether it has the label: no list of all has told of it.
  assert.deepEqual(asked(), before.map((count) => count + 1));
  assert.equal(controller.store.tracked.has("uid-p1"), false);
  await program.end();
});

Deno.test("unlabelled: one that is being deleted while its agent does not run is forgotten once it is gone", async () => {
  const program = await programWith(3);
  const { clock, controller, api } = program;
  await clock.advance(minute);
  unlabel(program, 1, { agentWaits: true });
  await clock.advance(minute);
  unlabel(program, 1, { agentWaits: true, leaves: true });
  await clock.advance(12 * minute);
  api.remove(pods, "p1");
  await clock.advance(23 * minute);
  assert.deepEqual([...controller.store.tracked.keys()].sort(), ["uid-p0", "uid-p2"]);
  await program.end();
});

Deno.test("unlabelled: of those whose agents do not come back each is asked for rarely in the end, and all at once", async () => {
  const program = await programWith(63);
  const { clock, controller, api } = program;
  await clock.advance(minute);
  for (let at = 3; at < 63; at++) {
    unlabel(program, at, { agentWaits: true });
    await clock.advance(10_000);
  }
  await clock.advance(16 * minute);
  assert.equal(controller.store.tracked.size, 63);
  const asked = api.count("GET pods");
  const listed = api.count("LIST pods");
  await clock.advance(64 * minute);
  // Three lists in each of eight rounds, besides seven of who is selected and seven of whom we have served.
  assert.deepEqual([api.count("GET pods") - asked, api.count("LIST pods") - listed], [0, 3 * 8 + 14]);
  for (let at = 3; at < 63; at++) unlabel(program, at);
  await clock.advance(9 * minute);
  assert.deepEqual([...controller.store.tracked.keys()].sort(), ["uid-p0", "uid-p1", "uid-p2"]);
  assert.equal(hasLink(program, "uid-p62"), false);
  await program.end();
});
