// Does a program that floods, in whatever pieces, end its own session soon and nobody else's?
import assert from "node:assert/strict";
import { idleAllowance, leastCost } from "../../../lib/kube/exec/allowance.ts";
import { createExecutor } from "../../../lib/kube/exec/executor.ts";
import { type ExecSession, openSession } from "../../../lib/kube/exec/session.ts";
import { systemClock } from "../../../lib/time/clock.ts";
import { fakeClock, turn } from "../../time/fake_clock.ts";
import { connectionTo } from "../api/stub_server.ts";
import { type ExecPeer, startExecStub } from "./exec_stub.ts";
import { endOf, type Program, programAndExecutor } from "./fake_program.ts";

const target = { namespace: "ns", pod: "p", container: "agent" };

async function open(
  onLateStderr = (): void => {},
): Promise<{ readonly program: Program; readonly session: ExecSession }> {
  const { program, executor } = programAndExecutor();
  const session = await openSession(executor, {
    ...{ target, command: ["ip"], clock: fakeClock(), deadline: 5000 },
    onLateStderr,
  });
  return { program, session };
}

/** Says it again and again; gives how often until the session hung up. */
function flood(program: Program, say: (program: Program) => void): number {
  for (let times = 1; times <= 1_000_000; times++) {
    say(program);
    if (program.hungUp !== undefined) return times;
  }
  throw new Error("it may flood for ever");
}

/** An exchange costs at most so many messages: at 20 µs each, some tens of milliseconds. */
const most = ((1 << 20) + 200_000) / leastCost;

const floods: readonly { readonly it: string; readonly say: (program: Program) => void }[] = [
  { it: "stderr", say: (program) => program.complain("x") },
  { it: "stdout without a line's end", say: (program) => program.say("x") },
  { it: "empty messages", say: (program) => program.complain("") },
  { it: "stderr in long pieces", say: (program) => program.complain("x".repeat(32 * 1024)) },
];

for (const { it, say } of floods) {
  Deno.test(`a flood during an exchange ends it: ${it}`, async () => {
    const { program, session } = await open();
    const exchange = endOf(session.exchange(["show"], { answers: 1, deadline: 1000 }));
    await turn();
    assert.ok(flood(program, say) <= most);
    await exchange;
  });
}

Deno.test("a flood on stderr of a session that nobody has asked anything ends it, and is told once", async () => {
  let told = 0;
  const { program } = await open(() => told++);
  assert.ok(flood(program, (each) => each.complain("x")) <= idleAllowance / leastCost + 1);
  assert.equal(told, 1);
});

Deno.test("a flood on stderr between two exchanges ends the session", async () => {
  const { program, session } = await open();
  const first = session.exchange(["show"], { answers: 1, deadline: 1000 });
  await turn();
  program.say("[]\n");
  await first;
  assert.ok(flood(program, (each) => each.complain("x")) <= most);
  assert.equal(session.open, false);
});

Deno.test("thousands of lines that are refused, each in messages of its own, are no flood", async () => {
  const { program, session } = await open();
  const lines = Array.from({ length: 5_000 }, () => "link add");
  const exchange = session.exchange(lines, { answers: 1, deadline: 1000 });
  await turn();
  for (const [at] of lines.entries()) {
    program.complain("RTNETLINK answers: File exists");
    program.complain("\n");
    program.complain(`Command failed -:${at + 1}\n`);
  }
  program.say("[]\n");
  assert.deepEqual((await exchange).answers, ["[]"]);
});

Deno.test("an answer of a megabyte in pieces of one buffer each is no flood", async () => {
  const { program, session } = await open();
  const exchange = session.exchange(["show"], { answers: 1, deadline: 1000, outputCap: 1 << 20 });
  await turn();
  for (let piece = 0; piece < 1023; piece++) program.say("x".repeat(1024));
  program.say("\n");
  assert.equal((await exchange).answers[0]?.length, 1023 * 1024);
});

/** A peer that floods as fast as it is read, until the connection ends. */
async function floodFor({ ws }: ExecPeer, message: Uint8Array): Promise<void> {
  while (ws.readyState === ws.OPEN) {
    for (let n = 0; n < 1000; n++) ws.send(message);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

Deno.test("beside six floods on the wire a hundred exchanges are answered, and each flood is cut off", async () => {
  await using stub = await startExecStub((peer) => {
    const [channel, size] = peer.command.map(Number);
    if (channel === 1 || channel === 2) {
      const message = new Uint8Array(1 + (size ?? 1)).fill(120);
      message[0] = channel;
      return void floodFor(peer, message);
    }
    peer.onStdin((text) => {
      if (text !== undefined) peer.send(1, "[]\n".repeat(text.split("\n").length - 1));
    });
  });
  const executor = createExecutor(connectionTo(stub.url), { clock: systemClock });
  const start = (...command: readonly string[]): Promise<ExecSession> =>
    openSession(executor, { target, command, clock: systemClock, deadline: 20_000 });
  const healthy = await start("healthy");
  const ends = ["1", "2"].flatMap((channel) => ["1", "100", "30000"].map((size) => [channel, size]))
    .map(async ([channel = "", size = ""]) => {
      const session = await start(channel, size);
      return await endOf(session.exchange(["show"], { answers: 1, deadline: 60_000 }));
    });
  for (let round = 0; round < 100; round++) {
    const { answers } = await healthy.exchange(["show"], { answers: 1, deadline: 60_000 });
    assert.deepEqual(answers, ["[]"]);
  }
  for (const end of await Promise.all(ends)) assert.doesNotMatch(end.message, /no answer to/);
  await healthy.close();
  executor.close();
});
