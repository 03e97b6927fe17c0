// What a change costs, counted: members that come all at once, one that joins, one that leaves, whatever their number.
import assert from "node:assert/strict";
import { configMaps, pods } from "../sandbox/api/resources.ts";
import { memberPod } from "../member/member_pod.ts";
import { type Program, startProgram } from "./whole_program.ts";

interface Cost {
  readonly queueAdds: number;
  readonly opened: number;
  readonly infoLines: number;
  /** Lines sent to all pods that change something, and that read a whole fdb. */
  readonly writes: number;
  readonly fdbReads: number;
}

function put({ api }: Program, at: number): void {
  const ip = `10.0.${1 + (at >> 8)}.${at & 255}`;
  api.put(pods, memberPod({ name: `p${at}`, uid: `uid-p${at}`, networks: "west", ip, form: "native" }));
}

/** Time for everything to come to rest, and for sessions that are idle to be closed by nobody. */
async function rest({ clock }: Program): Promise<void> {
  for (let i = 0; i < 20; i++) await clock.advance(1_000);
}

async function costOf(program: Program, change: () => void): Promise<Cost> {
  const { toys, lines, queueAdds } = program;
  for (const said of toys.lines.values()) said.splice(0);
  const before = [queueAdds(), toys.opened, lines.length] as const;
  change();
  await rest(program);
  const sent = [...toys.lines.values()].flat();
  return {
    queueAdds: queueAdds() - before[0],
    opened: toys.opened - before[1],
    infoLines: lines.length - before[2],
    writes: sent.filter((line) => !/ show\b/.test(line)).length,
    fdbReads: sent.filter((line) => /^fdb show(?! dev lo)/.test(line)).length,
  };
}

for (const members of [40, 80]) {
  Deno.test(`${members} members: all join, one joins, one leaves`, async () => {
    const program = startProgram();
    program.api.put(configMaps, {
      metadata: { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" },
      data: { west: "id=101" },
    });
    await rest(program);
    const all = await costOf(program, () => {
      for (let at = 0; at < members; at++) put(program, at);
    });
    assert.ok(all.queueAdds <= 3 * members, `all join: ${all.queueAdds} queue adds`);
    assert.equal(all.opened, 2 * members, "all join: execs");
    // A first look and a read-back of each pod.
    assert.ok(all.fdbReads <= 3 * members, `all join: ${all.fdbReads} fdb reads`);
    const joins = await costOf(program, () => put(program, members));
    assert.ok(joins.opened <= 3, `one joins: ${joins.opened} execs`);
    assert.ok(joins.infoLines <= 3, `one joins: ${joins.infoLines} INFO lines`);
    assert.ok(joins.queueAdds <= members + 3, `one joins: ${joins.queueAdds} queue adds`);
    // One line in each peer; in the newcomer a link, its properties, and an entry for each.
    assert.ok(joins.writes <= 2 * members + 8, `one joins: ${joins.writes} lines`);
    assert.ok(joins.fdbReads <= 3, `one joins: ${joins.fdbReads} fdb reads`);
    const leaves = await costOf(program, () => program.api.remove(pods, `p${members}`));
    assert.ok(leaves.opened <= 3, `one leaves: ${leaves.opened} execs`);
    assert.ok(leaves.infoLines <= 3, `one leaves: ${leaves.infoLines} INFO lines`);
    assert.equal(leaves.writes, members, "one leaves: lines");
    await program.end();
  });
}

Deno.test("something on stderr after its exchange was over: that pod alone is read, and put right", async () => {
  const program = startProgram();
  const { api, toys } = program;
  api.put(configMaps, {
    metadata: { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" },
    data: { west: "id=101" },
  });
  for (let at = 0; at < 5; at++) put(program, at);
  await rest(program);
  const kernel = toys.kernel("uid-p1");
  kernel.run("bridge fdb del 00:00:00:00:00:00 dst 10.0.1.2 dev west".split(" "));
  const cost = await costOf(program, () => toys.late.get("uid-p1")?.());
  assert.deepEqual([cost.writes, cost.fdbReads], [1, 2]);
  assert.match(kernel.run(["bridge", "fdb", "show"]).stdout, /"dst":"10.0.1.2"/);
  await program.end();
});

Deno.test("a tool that says something on stderr after every answer: its pod is read now and then, not for ever", async () => {
  const program = startProgram();
  const { api, toys, clock } = program;
  api.put(configMaps, {
    metadata: { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" },
    data: { west: "id=101" },
  });
  for (let at = 0; at < 5; at++) put(program, at);
  await rest(program);
  toys.awaiting = (uid) => {
    if (uid === "uid-p1") clock.after(50, () => toys.late.get(uid)?.());
    return Promise.resolve();
  };
  const cost = await costOf(program, () => toys.late.get("uid-p1")?.());
  assert.ok(cost.fdbReads >= 2 && cost.fdbReads <= 8, `${cost.fdbReads} fdb reads in 20 s`);
  for (let minute = 0; minute < 9; minute++) for (let i = 0; i < 3; i++) await rest(program);
  const reads = toys.takeLines("uid-p1").filter((line) => /^fdb show(?! dev lo)/.test(line)).length;
  assert.ok(reads <= 40, `${reads} fdb reads in nine minutes`);
  toys.awaiting = undefined;
  await program.end();
});

Deno.test("80 of 82 members are deleted, each with its grace: the two that stay forget them, the others send nothing", async () => {
  const program = startProgram();
  const { api, clock } = program;
  api.put(configMaps, {
    metadata: { namespace: "kube-system", name: "kube-vxlan-controller", uid: "uid-cm" },
    data: { west: "id=101" },
  });
  for (let at = 0; at < 82; at++) put(program, at);
  for (let i = 0; i < 3; i++) await rest(program);
  const going = Array.from({ length: 80 }, (_, at) => `p${at}`);
  for (const said of program.toys.lines.values()) said.splice(0);
  for (const [at, name] of going.entries()) {
    const ip = `10.0.1.${at}`;
    const pod = memberPod({
      name,
      uid: `uid-${name}`,
      networks: "west",
      ip,
      form: "native",
      deletedWithGrace: 30,
    });
    api.put(pods, { ...pod, metadata: { ...pod.metadata, resourceVersion: "2" } });
  }
  await clock.advance(500);
  // They end in the course of five seconds.
  for (const [at, name] of going.entries()) {
    api.remove(pods, name);
    if (at % 16 === 15) await clock.advance(1_000);
  }
  await rest(program);
  const deletes = [...program.toys.lines.values()].flat().filter((line) => line.startsWith("fdb delete"));
  assert.equal(deletes.length, 2 * 80);
  await program.end();
});
