// A fault of ours in what sets looks going: it is told, it is tried again, and nobody is forgotten for it.
import assert from "node:assert/strict";
import { memberPod } from "../member/member_pod.ts";
import { pods } from "../sandbox/api/resources.ts";
import { type Program, programWith, warnings } from "./whole_program.ts";

/** Puts a function in the place of a method, which throws twice before it does what the method does. */
function breakTwice<Owner extends object>(owner: Owner, name: keyof Owner & string): void {
  const method = owner[name];
  assert.ok(typeof method === "function");
  let left = 2;
  Object.assign(owner, {
    [name]: (...args: readonly unknown[]): unknown => {
      if (left-- > 0) throw new TypeError("bug");
      return method.apply(owner, args);
    },
  });
}

async function pass(program: Program, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) await program.clock.advance(1_000);
}

/** Of whom the pod has an entry by what was written into its kernel. */
function hasEntryFor({ toys }: Program, uid: string, ip: string): boolean {
  return (toys.lines.get(uid) ?? []).some((line) =>
    line.startsWith("fdb append") && line.includes(` ${ip} `)
  );
}

const told = /a fault of this program: bug/;

Deno.test("a fault at the start: told, and all are looked at a moment later", async () => {
  const program = await programWith(3, ({ controller }) => breakTwice(controller.store, "unclaimed"));
  assert.equal(warnings(program).filter((line) => told.test(line)).length, 2);
  assert.ok(hasEntryFor(program, "uid-p0", "10.0.1.3") && hasEntryFor(program, "uid-p2", "10.0.1.1"));
  await program.end();
  assert.deepEqual(program.clock.waiting(), []);
});

Deno.test("a fault as leadership is taken over: told, and all are looked at a moment later", async () => {
  const program = await programWith(2);
  for (const uid of ["uid-p0", "uid-p1"]) program.toys.lines.delete(uid);
  breakTwice(program.controller.store, "unclaimed");
  void program.controller.reconcileAll();
  await pass(program, 10);
  assert.equal(warnings(program).filter((line) => told.test(line)).length, 2);
  assert.deepEqual(["uid-p0", "uid-p1"].filter((uid) => !program.toys.lines.has(uid)), []);
  await program.end();
});

Deno.test("a fault as peers of a newcomer are to be looked at: told, and they are a moment later", async () => {
  const program = await programWith(2);
  breakTwice(program.controller.store.surroundings, "takeTouched");
  program.api.put(
    pods,
    memberPod({ name: "p2", uid: "uid-p2", networks: "west", ip: "10.0.1.3", form: "native" }),
  );
  await pass(program, 10);
  assert.equal(warnings(program).filter((line) => told.test(line)).length, 2);
  assert.ok(hasEntryFor(program, "uid-p0", "10.0.1.3") && hasEntryFor(program, "uid-p1", "10.0.1.3"));
  await program.end();
});

Deno.test("a fault that stays keeps nobody who stops", async () => {
  const program = await programWith(1, ({ controller }) =>
    Object.assign(controller.store, {
      unclaimed: () => {
        throw new TypeError("bug");
      },
    }));
  assert.match(warnings(program).join("\n"), told);
  await program.end();
  assert.deepEqual(program.clock.waiting(), []);
});
