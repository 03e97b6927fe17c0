// Pods that have lost their label: are they cleaned, told of once, and followed until they are clean or gone?
import assert from "node:assert/strict";
import { SessionEnded } from "../../../lib/kube/exec/session.ts";
import { memberPod } from "../../member/member_pod.ts";
import { pods } from "../../sandbox/api/resources.ts";
import { eventsOf, type Program, programWith } from "../whole_program.ts";

const minute = 60_000;
const refused = { kind: "rejected", status: 500, reason: "the kubelet is away" } as const;

/** As it was put by `programWith`, but without its label; `uid` is that of one that has taken its place. */
function unlabel({ api }: Program, at: number, uid = `uid-p${at}`): void {
  const pod = memberPod({
    ...{ name: `p${at}`, uid, networks: "west", ip: `10.0.1.${at + 1}`, form: "native" },
  });
  api.put(pods, { ...pod, metadata: { ...pod.metadata, labels: {} } });
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
        unlabel(on, 1, "another");
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
