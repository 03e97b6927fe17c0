// Does a session of the agent's program keep answers apart, and does it end whenever they might not be?
import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameReader, payloadText } from "../../lib/agents/frames.ts";
import { openProgramSession, type ProgramSession } from "../../lib/agents/program_session.ts";
import type { ExecOutcome } from "../../lib/kube/exec/exec.ts";
import type { Exchange } from "../../lib/kube/exec/session.ts";
import { endOf, type Program, programAndExecutor } from "../kube/exec/fake_program.ts";
import { type FakeClock, fakeClock, turn } from "../time/fake_clock.ts";
import { tries } from "../tools/by_chance.ts";

const target = { namespace: "ns", pod: "p", container: "agent" };
const where = `Cannot talk to "vxlan-agent" in container "agent" of pod ns/p: `;

/** A frame as the program writes it. */
function frame(kind: string, number: number, payload = ""): string {
  return `${kind} ${number} ${new TextEncoder().encode(payload).length}\n${payload}\n`;
}

interface Scene {
  readonly program: Program;
  readonly session: ProgramSession;
  readonly clock: FakeClock;
}

async function open(greeting = frame("hello", 1)): Promise<Scene> {
  const { program, executor } = programAndExecutor();
  const clock = fakeClock();
  const opening = openProgramSession({
    executor,
    target,
    clock,
    deadline: 5_000,
    signal: new AbortController().signal,
  });
  await turn();
  program.say(greeting);
  return { program, session: await opening, clock };
}

const asked = { answers: 1, deadline: 1_000, outputCap: 1_000 };

function ask(session: ProgramSession, lines: readonly string[], answers = 1): Promise<Exchange> {
  return session.exchange({ tool: "ip", restart: false, lines }, { ...asked, answers });
}

Deno.test("lines go with their tool, and answers and refusals come back with their lines", async () => {
  const { program, session } = await open();
  const exchange = ask(session, ["link set a up", "link set b up", "address show"]);
  await turn();
  assert.deepEqual(program.written, ["ip link set a up\nip link set b up\nip address show\nend 1\n"]);
  program.say(frame("err", 2, "RTNETLINK answers: File exists"));
  program.say(frame("out", 3, "[1,") + frame("out", 3, "2]\n") + frame("end", 4, "1"));
  assert.deepEqual(await exchange, {
    answers: ["[1,2]"],
    stderr: "RTNETLINK answers: File exists\nCommand failed -:2\n",
    firstLine: 1,
  });
  await session.close();
});

Deno.test("a fresh process is a line of its own that nobody counts", async () => {
  const { program, session } = await open();
  const exchange = session.exchange(
    { tool: "bridge", restart: true, lines: ["fdb append x", "fdb show"] },
    asked,
  );
  await turn();
  assert.deepEqual(program.written, ["restart bridge\nbridge fdb append x\nbridge fdb show\nend 1\n"]);
  program.say(frame("err", 2, "no") + frame("out", 3, "[]\n") + frame("end", 4, "1"));
  assert.equal((await exchange).stderr, "no\nCommand failed -:1\n");
  await session.close();
});

Deno.test("a second exchange waits for the first", async () => {
  const { program, session } = await open();
  const first = ask(session, ["address show"]);
  const second = ask(session, ["link show"]);
  await turn();
  assert.equal(program.written.length, 1);
  program.say(frame("out", 1, "one\n") + frame("end", 2, "1"));
  assert.deepEqual((await first).answers, ["one"]);
  await turn();
  program.say(frame("out", 1, "two\n") + frame("end", 2, "2"));
  assert.deepEqual((await second).answers, ["two"]);
  await session.close();
});

Deno.test("a tool that ended is told as its own exec would have told it, and the session goes on", async () => {
  const { program, session } = await open();
  const broken = ask(session, ["address add 10.0.0.300 dev x", "address show"]);
  await turn();
  program.say(
    frame("died", 1, "ip: it ended: exit status 255: Error: any valid prefix is expected") +
      frame("end", 3, "1"),
  );
  const end = await endOf(broken);
  assert.deepEqual(end.outcome, { kind: "exit", code: 255 });
  assert.match(end.stderr, /any valid prefix is expected/);
  assert.ok(session.open);
  const next = ask(session, ["address show"]);
  await turn();
  program.say(frame("out", 1, "[]\n") + frame("end", 2, "2"));
  assert.deepEqual((await next).answers, ["[]"]);
  await session.close();
});

const broken: readonly { readonly it: string; readonly says: string; readonly reason: RegExp }[] = [
  {
    it: "a question without an answer",
    says: frame("err", 1, "Device does not exist.") + frame("end", 2, "1"),
    reason: /0 of 1 questions were answered; it said "Device does not exist\./,
  },
  {
    it: "more answers than questions",
    says: frame("out", 1, "[]\n") + frame("out", 2, "[]\n") + frame("end", 3, "1"),
    reason: /out of turn: out of line 2 of 1/,
  },
  {
    it: "a line that is not let through",
    says: frame("refused", 1, '"x" is no object') + frame("end", 2, "1"),
    reason: /does not let through line 1: "x" is no object/,
  },
  { it: "a line that was not asked", says: frame("out", 7, "[]"), reason: /out of turn: out of line 7 of 1/ },
  { it: "line 0", says: frame("out", 0, "[]"), reason: /out of turn/ },
  { it: "the end of another request", says: frame("end", 2, "2"), reason: /the end of another request/ },
  { it: "an end that comes too late", says: frame("end", 3, "1"), reason: /out of turn/ },
  { it: "another greeting", says: frame("hello", 1), reason: /it has begun anew/ },
  { it: "an unknown kind", says: "shell 1 0\n\n", reason: /no frame of the protocol: "shell 1 0/ },
  { it: "no frame at all", says: '[{"ifindex":1}]\n', reason: /no frame of the protocol/ },
  {
    it: "a head without an end",
    says: "out 1 ".padEnd(100, "1"),
    reason: /no frame of the protocol/,
  },
  { it: "a length that is too great", says: "out 1 40000\n", reason: /no frame of the protocol/ },
  { it: "a length that is too small", says: "out 1 1\n[]\n", reason: /no frame of the protocol/ },
  {
    it: "a flood of answers",
    says: frame("out", 1, "x".repeat(30_000)).repeat(10),
    reason: /more than 263144 bytes of answers/,
  },
  {
    it: "a flood of complaints",
    says: frame("err", 1, "x".repeat(1000)).repeat(300),
    reason: /more than 263144 bytes of answers/,
  },
];

for (const { it, says, reason } of broken) {
  Deno.test(`what cannot be attributed ends the exchange: ${it}`, async () => {
    const { program, session } = await open();
    const exchange = ask(session, ["address show"]);
    await turn();
    program.say(says);
    const end = await endOf(exchange);
    assert.ok(end.message.startsWith(where), end.message);
    assert.match(end.message, reason);
    await session.close();
  });
}

Deno.test("what nobody asked for ends the session", async () => {
  const { program, session } = await open();
  program.say(frame("out", 1, "[]"));
  assert.ok(!session.open);
  assert.match(program.hungUp ?? "", /an answer that nobody asked for: out/);
  assert.match((await endOf(ask(session, ["address show"]))).message, /nobody asked for/);
  await session.close();
});

Deno.test("an answer that does not come in time ends the session", async () => {
  const { session, clock, program } = await open();
  const end = endOf(ask(session, ["address show"]));
  await turn();
  program.say(frame("out", 1, "["));
  await clock.advance(1_000);
  assert.match((await end).message, /no answer to 1 lines within 1000 ms/);
  assert.match(program.hungUp ?? "", /no answer/);
  await session.close();
});

const greetings: readonly {
  readonly it: string;
  readonly does: (program: Program, clock: FakeClock) => void | Promise<void>;
  readonly reason: RegExp;
}[] = [
  {
    it: "says something else",
    does: (program) => program.say("ash: not found\n".repeat(5)),
    reason: /no frame/,
  },
  {
    it: "speaks another version",
    does: (program) => program.say(frame("hello", 2)),
    reason: /speaks version 2 of the protocol, expected 1/,
  },
  {
    it: "answers before it greets",
    does: (program) => program.say(frame("out", 1)),
    reason: /did not greet/,
  },
  { it: "says nothing", does: (_, clock) => clock.advance(5_000), reason: /no greeting within 5000 ms/ },
  {
    it: "ends",
    does: (program) => program.end({ kind: "exit", code: 2 }),
    reason: /it ended with status 2/,
  },
];

for (const { it, does, reason } of greetings) {
  Deno.test(`a program is not used that ${it}`, async () => {
    const { program, executor } = programAndExecutor();
    const clock = fakeClock();
    const signal = new AbortController().signal;
    const end = endOf(openProgramSession({ executor, target, clock, deadline: 5_000, signal }));
    await turn();
    await does(program, clock);
    assert.match((await end).message, reason);
    assert.deepEqual(clock.waiting(), []);
  });
}

const releases: readonly {
  readonly it: string;
  readonly does: (program: Program) => void;
  readonly outcome: ExecOutcome["kind"];
}[] = [
  {
    it: "answered",
    does: (program) => program.say(frame("released", 1) + frame("end", 2, "1")),
    outcome: "ok",
  },
  {
    it: "not possible",
    does: (program) =>
      program.say(frame("released", 1) + frame("died", 1, "release: not permitted") + frame("end", 2, "1")),
    outcome: "rejected",
  },
  { it: "not answered", does: (program) => program.say(frame("end", 2, "1")), outcome: "unknown" },
  {
    it: "overtaken by the end of the container",
    does: (program) => program.end({ kind: "exit", code: 137 }),
    outcome: "exit",
  },
];

for (const { it, does, outcome } of releases) {
  Deno.test(`an order to end that is ${it}`, async () => {
    const { program, session } = await open();
    const released = session.release();
    await turn();
    assert.deepEqual(program.written, ["release\nend 1\n"]);
    does(program);
    assert.equal((await released).kind, outcome);
    await session.close();
  });
}

Deno.test("frames come whole out of any portions", () => {
  const payloads = fc.array(fc.tuple(fc.constantFrom("out", "err", "end"), fc.nat(99), fc.string()));
  fc.assert(
    fc.property(payloads, fc.integer({ min: 1, max: 50 }), (wanted, portion) => {
      const bytes = new TextEncoder().encode(wanted.map(([k, n, text]) => frame(k, n, text)).join(""));
      const reader = new FrameReader();
      const found = [];
      for (let at = 0; at < bytes.length; at += portion) {
        found.push(...reader.push(bytes.subarray(at, at + portion)));
      }
      assert.deepEqual(
        found.map(({ kind, number, payload }) => [kind, number, payloadText([payload])]),
        wanted.map(([kind, number, text]) => [kind, number, payloadText([new TextEncoder().encode(text)])]),
      );
    }),
    tries(),
  );
});

Deno.test("no bytes make the reader do anything but read or throw its error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        new FrameReader().push(bytes);
      } catch (error) {
        assert.match(String(error), /^Error: no frame of the protocol: /);
      }
    }),
    tries(),
  );
});
