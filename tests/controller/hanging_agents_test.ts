// Agents that answer nothing, each in a namespace of its own: others get their networks in time, and so do they once they answer.
import assert from "node:assert/strict";
import { SessionEnded } from "../../lib/kube/exec/session.ts";
import { memberPod } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { conditionOf, eventsOf, type Program, programWith, warnings } from "./whole_program.ts";

/** As many as there are places for looks, and more. */
const crowd = 400;

/** A newcomer that waits for a network of its own. */
function come({ api }: Program, name: string, at: number): void {
  api.put(
    pods,
    memberPod({
      ...{ name, uid: `uid-${name}`, form: "native", networks: `n${at} id=${1_000 + at}` },
      namespace: name.startsWith("hangs") ? name : "default",
      ip: `10.1.${at >> 8}.${at & 255}`,
    }),
  );
}

/** From now on these agents say nothing until an exec is given up for it. */
function hang({ toys, clock }: Program, isHanging: (uid: string) => boolean): void {
  const silent = { kind: "unknown", reason: "no greeting within 15000 ms" } as const;
  toys.opening = (uid) =>
    isHanging(uid)
      ? new Promise((_, reject) => {
        clock.after(15_000, () => reject(new SessionEnded(silent, "", silent.reason)));
      })
      : Promise.resolve();
}

Deno.test(`${crowd} pods whose agents hang hold up no other newcomer, and are served once they answer`, async () => {
  const program = await programWith(3);
  const { clock, toys } = program;
  hang(program, (uid) => uid.startsWith("uid-hangs"));
  const since = new Map<string, number>();
  const waited: number[] = [];
  const glance = async (): Promise<void> => {
    await clock.advance(100);
    for (const [name, at] of since) {
      if (!conditionOf(program, name).startsWith("True")) continue;
      waited.push(clock.now() - at);
      since.delete(name);
    }
  };
  for (let i = 0; i < crowd; i += 4) {
    for (let at = i; at < i + 4; at++) come(program, `hangs${at}`, at);
    if (i % 20 === 0) {
      come(program, `good${i}`, crowd + i);
      since.set(`good${i}`, clock.now());
    }
    await glance();
  }
  for (let i = 0; i < 50; i++) await glance();
  assert.equal(waited.length, crowd / 20);
  assert.ok(Math.max(...waited) <= 1_000, `waited ${waited} ms`);
  // What was broken off for others has failed at nothing.
  assert.deepEqual(warnings(program), []);
  assert.deepEqual(eventsOf(program, { uid: "uid-hangs0", type: "Warning" }), []);

  toys.opening = undefined;
  for (let second = 0; second < 90; second++) await clock.advance(1_000);
  const without = Array.from({ length: crowd }, (_, i) => `hangs${i}`).filter((name) => {
    const { stdout } = toys.kernel(`uid-${name}`).run([
      "ip",
      "-j",
      "link",
      "show",
      "dev",
      `n${name.slice(5)}`,
    ]);
    return !stdout.includes("UP");
  });
  assert.deepEqual(without, []);
  await program.end();
});

Deno.test("a thousand at once, each in a namespace of its own: who comes where others have answered has its network in 3 s", async () => {
  const program = await programWith(3);
  const { clock } = program;
  hang(program, (uid) => uid.startsWith("uid-hangs"));
  for (let at = 0; at < 1_000; at++) come(program, `hangs${at}`, at);
  for (let at = 0; at < 10; at++) {
    come(program, `good${at}`, 1_000 + at);
    const since = clock.now();
    while (!conditionOf(program, `good${at}`).startsWith("True")) {
      assert.ok(clock.now() - since < 3_000, `good${at} waits`);
      await clock.advance(100);
    }
  }
  program.toys.opening = undefined;
  for (let second = 0; second < 90; second++) await clock.advance(1_000);
  await program.end();
});
