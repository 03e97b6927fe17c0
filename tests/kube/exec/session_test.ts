// Do lines and answers stay together, and does a session end whenever they might not?
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ExecOutcome, Executor } from "../../../lib/kube/exec/exec.ts";
import { type ExecSession, openSession, SessionEnded } from "../../../lib/kube/exec/session.ts";
import { type FakeClock, fakeClock, turn } from "../../time/fake_clock.ts";
import { endOf, type Program, programAndExecutor } from "./fake_program.ts";
import { tries } from "../../tools/by_chance.ts";

const target = { namespace: "ns", pod: "p", container: "agent" };
const command = ["ip", "-batch", "-"];
const where = `Cannot talk to "ip -batch -" in container "agent" of pod ns/p: `;

async function open(): Promise<
  { readonly program: Program; readonly session: ExecSession; readonly clock: FakeClock }
> {
  const { program, executor } = programAndExecutor();
  const clock = fakeClock();
  const session = await openSession(executor, { target, command, clock, deadline: 5000 });
  return { program, session, clock };
}

const asked = { answers: 1, deadline: 1000 };

Deno.test("session: answers in any portions, and line numbers over the whole session", async () => {
  const { program, session, clock } = await open();
  const first = session.exchange(["a", "b", "c"], { ...asked, answers: 2 });
  await turn();
  program.say("[1");
  program.say("]\n[2]");
  program.say("\n");
  assert.deepEqual(await first, { answers: ["[1]", "[2]"], stderr: "", firstLine: 1 });
  const second = session.exchange(["d"], asked);
  await turn();
  program.say("[3]\n");
  assert.deepEqual(await second, { answers: ["[3]"], stderr: "", firstLine: 4 });
  assert.deepEqual(program.written, ["a\nb\nc\n", "d\n"]);
  assert.deepEqual(clock.waiting(), []);
  await session.close();
});

Deno.test("session: stderr that comes late is part of the next exchange, whose number tells whose it is", async () => {
  const { program, session } = await open();
  const first = session.exchange(["a", "b"], asked);
  await turn();
  program.complain("Command failed -:1\n");
  program.say("[]\n");
  assert.equal((await first).stderr, "Command failed -:1\n");
  program.complain("Command failed -:2\n");
  const second = session.exchange(["c"], asked);
  await turn();
  program.say("[]\n");
  assert.deepEqual(await second, { answers: ["[]"], stderr: "Command failed -:2\n", firstLine: 3 });
});

Deno.test("session: stderr while nothing is under way is told, and what belongs to an exchange is not", async () => {
  const { program, executor } = programAndExecutor();
  let told = 0;
  const session = await openSession(executor, {
    ...{ target, command, clock: fakeClock(), deadline: 5000 },
    onLateStderr: () => told++,
  });
  const exchange = session.exchange(["a"], asked);
  await turn();
  program.complain("Command failed -:1\n");
  program.say("[]\n");
  await exchange;
  assert.equal(told, 0);
  program.complain("Command failed -:1\n");
  assert.equal(told, 1);
  await session.close();
});

Deno.test("session: a second exchange waits for the first, also for one that fails", async () => {
  const { program, session } = await open();
  const both = [session.exchange(["a"], asked), session.exchange(["b"], asked)];
  await turn();
  assert.deepEqual(program.written, ["a\n"]);
  program.say("[1]\n");
  await turn();
  assert.deepEqual(program.written, ["a\n", "b\n"]);
  program.say("[2]\n");
  const answers = (await Promise.all(both)).map((each) => each.answers[0]);
  assert.deepEqual(answers, ["[1]", "[2]"]);
});

Deno.test("session: a program that ends midway tells how, and what it said", async () => {
  const { program, session, clock } = await open();
  const exchange = endOf(session.exchange(["a", "bad mtu"], { ...asked, answers: 2 }));
  await turn();
  program.say("[1]\n");
  program.complain(`Error: argument "abc" is wrong\n`);
  program.end({ kind: "exit", code: 255 });
  const ended = await exchange;
  assert.deepEqual(ended.outcome, { kind: "exit", code: 255 });
  assert.equal(
    ended.message,
    `${where}it ended with status 255; it said "Error: argument \\"abc\\" is wrong"`,
  );
  assert.equal(session.open, false);
  assert.deepEqual((await endOf(session.exchange(["c"], asked))).outcome, { kind: "exit", code: 255 });
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("session: an exchange that hangs is given up, and the connection with it", async () => {
  const { program, session, clock } = await open();
  const exchange = endOf(session.exchange(["a"], asked));
  await turn();
  await clock.advance(1000);
  const reason = "no answer to 1 lines within 1000 ms";
  assert.deepEqual((await exchange).outcome, { kind: "unknown", reason });
  assert.equal(program.hungUp, reason);
  assert.equal(session.open, false);
});

const misfits: readonly {
  readonly it: string;
  readonly tell: (program: Program) => void;
  readonly reason: string;
}[] = [
  {
    it: "a line too many after the last answer",
    tell: (program) => program.say("[1]\n[2]\n"),
    reason: `an answer that nobody asked for: "[2]"`,
  },
  {
    it: "half a line after the last answer",
    tell: (program) => program.say("[1]\n["),
    reason: "output that nobody asked for",
  },
  {
    it: "output when nothing was asked",
    tell: (program) => {
      program.say("[1]\n");
      program.say("surprise");
    },
    reason: "output that nobody asked for",
  },
];

for (const { it, tell, reason } of misfits) {
  Deno.test(`session: ${it} ends it: answers would be taken for others`, async () => {
    const { program, session } = await open();
    const exchange = session.exchange(["a"], asked);
    await turn();
    tell(program);
    assert.deepEqual((await exchange).answers, ["[1]"]);
    assert.equal(program.hungUp, reason);
    assert.deepEqual((await endOf(session.exchange(["b"], asked))).outcome, { kind: "unknown", reason });
  });
}

Deno.test("session: answers are capped for each exchange, with or without line breaks", async () => {
  for (const text of ["x".repeat(101), "x\n".repeat(51)]) {
    const { program, session } = await open();
    const exchange = endOf(session.exchange(["a"], { ...asked, answers: 99, outputCap: 100 }));
    await turn();
    program.say(text);
    assert.deepEqual((await exchange).outcome, {
      ...{ kind: "unknown", reason: "more than 100 bytes of answers" },
      overflow: true,
    });
  }
});

Deno.test("session: what fits under the cap of its own exchange is fine every time", async () => {
  const { program, session } = await open();
  for (let count = 0; count < 5; count++) {
    const exchange = session.exchange(["a"], { ...asked, outputCap: 100 });
    await turn();
    program.say(`${"x".repeat(99)}\n`);
    await exchange;
  }
});

Deno.test("session: a program that cannot be started is a SessionEnded with the outcome", async () => {
  const { executor } = programAndExecutor();
  const failed: ExecOutcome = { kind: "rejected", status: 403, reason: "no right" };
  const refusing: Executor = { ...executor, start: () => Promise.resolve({ failed }) };
  const clock = fakeClock();
  const ended = await endOf(openSession(refusing, { target, command, clock, deadline: 5000 }));
  assert.deepEqual(ended.outcome, failed);
  assert.equal(ended.message, `${where}it was refused (403): no right`);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("session: closed while an exchange runs: that one ends, and closing again is fine", async () => {
  const { session } = await open();
  const exchange = endOf(session.exchange(["a"], asked));
  await turn();
  await session.close();
  assert.deepEqual((await exchange).outcome, { kind: "unknown", reason: "the session was closed" });
  await session.close();
});

const mistakes = [
  { it: "two lines in one", lines: ["link show\nnetns exec x"], answers: 1 },
  { it: "a carriage return", lines: ["a\r"], answers: 1 },
  { it: "a line that continues", lines: ["a \\", "b"], answers: 1 },
  { it: "no answer to wait for", lines: ["a"], answers: 0 },
  { it: "half an answer", lines: ["a"], answers: 0.5 },
];

for (const { it, lines, answers } of mistakes) {
  Deno.test(`session: ${it} is refused before anything is sent`, async () => {
    const { program, session } = await open();
    await assert.rejects(session.exchange(lines, { ...asked, answers }), TypeError);
    await turn();
    assert.deepEqual(program.written, []);
    assert.equal(session.open, true);
  });
}

Deno.test("session: any output leads to answers or to a SessionEnded, never to anything else", async () => {
  const portions = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constant("[]\n")), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(portions, fc.integer({ min: 1, max: 3 }), async (texts, answers) => {
      const { program, session, clock } = await open();
      const exchange = session.exchange(["a"], { answers, deadline: 1000, outputCap: 50 });
      const result = exchange.then((got) => got.answers.length, (error: unknown) => error);
      await turn();
      texts.forEach(program.say);
      await clock.advance(1000);
      const got = await result;
      assert.ok(got === answers || got instanceof SessionEnded, String(got));
      assert.deepEqual(clock.waiting(), []);
    }),
    tries(50),
  );
});
