// Does every exec end with the right outcome, in time and in bounds, whatever the other side does?
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ExecOptions, ExecOutcome, ExecResult, Executor } from "../../../lib/kube/exec/exec.ts";
import { createExecutor } from "../../../lib/kube/exec/executor.ts";
import { fakeClock, until } from "../../time/fake_clock.ts";
import { makeAuthority } from "../api/certificates.ts";
import { type ExecPeer, type ExecStubOptions, exited, startExecStub, success } from "./exec_stub.ts";
import { connectionTo } from "../api/stub_server.ts";
import { tries } from "../../tools/by_chance.ts";

const target = { namespace: "ns", pod: "p", container: "agent" };
const asked: ExecOptions = { target, command: ["ip", "-json", "link"], deadline: 30_000 };

const stories: readonly {
  readonly it: string;
  readonly serve: (peer: ExecPeer) => void;
  readonly options?: ExecStubOptions;
  readonly result: Partial<ExecResult> & { readonly outcome: ExecOutcome };
}[] = [
  {
    it: "output and success, an empty frame first",
    serve: (peer) => {
      peer.send(1, "");
      peer.send(1, "ab");
      peer.send(2, "err");
      peer.send(1, "c\n");
      peer.finish(success);
    },
    result: { outcome: { kind: "ok" }, stdout: "abc\n", stderr: "err" },
  },
  {
    it: "an exit code",
    serve: (peer) => peer.finish(exited(2)),
    result: { outcome: { kind: "exit", code: 2 } },
  },
  {
    it: "v4 alone",
    options: { protocols: ["v4.channel.k8s.io"] },
    serve: (peer) => peer.finish(peer.protocol === "v4.channel.k8s.io" ? success : exited(1)),
    result: { outcome: { kind: "ok" } },
  },
  {
    it: "unknown channels and empty messages say nothing",
    serve: (peer) => {
      peer.send(9, "what");
      peer.send(0, "stdin back");
      peer.ws.send(new Uint8Array());
      peer.send(1, "fine");
      peer.finish(success);
    },
    result: { outcome: { kind: "ok" }, stdout: "fine" },
  },
  {
    it: "closed without a status",
    serve: (peer) => {
      peer.send(1, "half");
      peer.ws.close(1000);
    },
    result: {
      outcome: {
        kind: "unknown",
        reason: "the connection ended without a status: closed by the other side (code 1000)",
      },
      stdout: "half",
    },
  },
  {
    it: "dropped",
    serve: (peer) => peer.socket.destroy(),
    result: {
      outcome: {
        kind: "unknown",
        reason: "the connection ended without a status: closed by the other side (code 1006)",
      },
    },
  },
  {
    it: "no such pod",
    serve: () => {},
    options: { refuse: () => ({ status: 404, body: `{"message":"pods \\"p\\" not found"}` }) },
    result: { outcome: { kind: "gone", reason: `pods "p" not found` } },
  },
  {
    it: "container not running",
    serve: () => {},
    options: { refuse: () => ({ status: 500, body: `container not found ("agent")` }) },
    result: { outcome: { kind: "not-ready", reason: `"container not found (\\"agent\\")"` } },
  },
  {
    it: "forbidden by an admission policy",
    serve: () => {},
    options: { refuse: () => ({ status: 422, body: `{"message":"denied"}` }) },
    result: { outcome: { kind: "rejected", status: 422, reason: "denied" } },
  },
];

for (const { it, serve, options, result } of stories) {
  Deno.test(`exec: ${it}`, async () => {
    await using server = await startExecStub(serve, options);
    const clock = fakeClock();
    const executor = createExecutor(connectionTo(server.url), { clock });
    const got = await executor.run(asked);
    assert.deepEqual({ ...got, ...result }, got);
    await until(() => server.open === 0, { what: "the connection to close" });
    assert.deepEqual(clock.waiting(), []);
    executor.close();
  });
}

Deno.test("exec: a server that never closes after its status is left", async () => {
  let heard = false;
  await using server = await startExecStub((peer) => {
    peer.socket.pause();
    peer.send(3, JSON.stringify(success));
    heard = true;
  });
  const clock = fakeClock();
  const running = createExecutor(connectionTo(server.url), { clock }).run(asked);
  await until(() => heard && clock.waiting().some((ms) => ms <= 500), { what: "the status to arrive" });
  await clock.advance(500);
  assert.deepEqual((await running).outcome, { kind: "ok" });
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("exec: the request names container, streams and each word of the command", async () => {
  await using server = await startExecStub((peer) => peer.finish(success));
  const executor = createExecutor(connectionTo(server.url), { clock: fakeClock() });
  await executor.run({ ...asked, command: ["kill", "-TERM", "1 & x"] });
  assert.deepEqual(server.requests, [
    "/api/v1/namespaces/ns/pods/p/exec?container=agent&stdout=true&stderr=true" +
    "&command=kill&command=-TERM&command=1+%26+x",
  ]);
});

Deno.test("exec: a server that is not there: nothing can have run", async () => {
  const server = await startExecStub(() => {});
  await server[Symbol.asyncDispose]();
  const executor = createExecutor(connectionTo(server.url), { clock: fakeClock() });
  const { outcome } = await executor.run(asked);
  assert.ok(outcome.kind === "rejected" && outcome.status === 0, JSON.stringify(outcome));
  assert.match(outcome.reason, /ECONNREFUSED/);
});

const silent: readonly {
  readonly it: string;
  readonly options: ExecStubOptions;
  readonly reason: RegExp;
  /** Due time (ms) of the timer that tells how far the client has come. */
  readonly timer: number;
}[] = [
  {
    it: "a handshake that hangs",
    options: { refuse: () => "hang" },
    reason: /^no WebSocket within 10 s$/,
    timer: 10_000,
  },
  { it: "a command that never ends", options: {}, reason: /not finished within 30000 ms$/, timer: 20_000 },
];

for (const { it, options, reason, timer } of silent) {
  Deno.test(`exec: ${it} is unknown after its time`, async () => {
    await using server = await startExecStub(() => {}, options);
    const clock = fakeClock();
    const executor = createExecutor(connectionTo(server.url), { clock });
    const running = executor.run(asked);
    await until(() => server.requests.length === 1, { what: "the request" });
    // The handshake's timer, or the ping's once the client has seen that it is open.
    await until(() => clock.waiting().includes(timer), { what: "the client waits" });
    await clock.advance(30_000);
    const { outcome } = await running;
    assert.ok(outcome.kind === "unknown" && reason.test(outcome.reason), JSON.stringify(outcome));
    assert.deepEqual(clock.waiting(), []);
  });
}

Deno.test("exec: output over the cap ends it, and what was kept is the cap", async () => {
  await using server = await startExecStub((peer) => {
    for (let count = 0; count < 50; count++) peer.send(count % 2 === 0 ? 1 : 2, "x".repeat(100));
  });
  const executor = createExecutor(connectionTo(server.url), { clock: fakeClock() });
  const { outcome, stdout, stderr } = await executor.run({ ...asked, outputCap: 1050 });
  assert.equal(stdout.length + stderr.length, 1050);
  assert.ok(outcome.kind === "unknown" && outcome.reason.includes("more than 1050 bytes of output"));
});

Deno.test("exec: an abort ends it at once", async () => {
  await using server = await startExecStub(() => {});
  const clock = fakeClock();
  const executor = createExecutor(connectionTo(server.url), { clock });
  const abort = new AbortController();
  const running = executor.run({ ...asked, signal: abort.signal });
  await until(() => server.requests.length === 1, { what: "the request" });
  abort.abort();
  assert.equal((await running).outcome.kind, "unknown");
  const late = await executor.run({ ...asked, signal: abort.signal });
  assert.deepEqual(late.outcome, { kind: "rejected", status: 0, reason: "aborted before it started" });
  assert.equal(server.requests.length, 1);
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("exec: over TLS the server is trusted by its CA only, and nothing is sent to another", async () => {
  const [authority, other] = await Promise.all([makeAuthority("one"), makeAuthority("other")]);
  const [tls, user] = await Promise.all([authority.issue("server"), authority.issue("user")]);
  await using server = await startExecStub((peer) => peer.finish(success), { tls });
  const outcomes: ExecOutcome[] = [];
  for (const ca of [authority.ca, other.ca]) {
    const connection = connectionTo(server.url, () => ({ ca, ...user }));
    outcomes.push((await createExecutor(connection, { clock: fakeClock() }).run(asked)).outcome);
  }
  assert.deepEqual(outcomes[0], { kind: "ok" });
  assert.ok(outcomes[1]?.kind === "rejected" && outcomes[1].status === 0, JSON.stringify(outcomes[1]));
  assert.equal(server.requests.length, 1);
});

Deno.test("exec: a 401 reads the credentials again and tries once more", async () => {
  await using server = await startExecStub((peer) => peer.finish(success), {
    refuse: ({ headers }) =>
      headers.authorization === "Bearer new"
        ? undefined
        : { status: 401, body: `{"message":"Unauthorized"}` },
  });
  const connection = connectionTo(
    server.url,
    (options) => ({ authorization: options?.force ? "Bearer new" : "Bearer old" }),
  );
  const executor = createExecutor(connection, { clock: fakeClock() });
  assert.deepEqual((await executor.run(asked)).outcome, { kind: "ok" });
  assert.equal(server.requests.length, 2);
});

Deno.test("exec: credentials that cannot be had are an outcome, not an exception", async () => {
  const connection = connectionTo("http://127.0.0.1:9", () => {
    throw new Error("token file gone");
  });
  const { outcome } = await createExecutor(connection, { clock: fakeClock() }).run(asked);
  assert.deepEqual(outcome, { kind: "rejected", status: 0, reason: "token file gone" });
});

Deno.test("exec: credentials that no connection can be made with are an outcome, not an exception", async () => {
  const clock = fakeClock();
  const connection = connectionTo("http://127.0.0.1:9", () => ({ authorization: "Bearer a\nb" }));
  const { outcome } = await createExecutor(connection, { clock }).run(asked);
  assert.ok(outcome.kind === "rejected" && outcome.status === 0, JSON.stringify(outcome));
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("exec: random messages lead to an outcome, never to an exception", async () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(messages, async (noise) => {
      await using server = await startExecStub((peer) => {
        noise.forEach((bytes, index) => peer.ws.send(bytes, { binary: index % 2 === 0 }));
        peer.ws.close(1000);
      });
      const { outcome } = await createExecutor(connectionTo(server.url), { clock: fakeClock() }).run(asked);
      assert.equal(outcome.kind, "unknown");
    }),
    tries(40),
  );
});

Deno.test("process: lines in, output out, stdin half-closed at the end", async () => {
  await using server = await startExecStub((peer) =>
    peer.onStdin((text) => text === undefined ? peer.finish(success) : peer.send(1, text.toUpperCase()))
  );
  const executor = createExecutor(connectionTo(server.url), { clock: fakeClock() });
  const { process, output } = await startProcess(executor);
  assert.equal(process.write("one\n"), true);
  await until(() => output.join("") === "ONE\n", { what: "the answer" });
  await process.close();
  assert.deepEqual(await process.ended, { kind: "ok" });
  assert.equal(process.write("late\n"), false);
  await process.close();
});

Deno.test("process: with v4 closing the connection is what ends it", async () => {
  await using server = await startExecStub(() => {}, { protocols: ["v4.channel.k8s.io"] });
  const clock = fakeClock();
  const { process } = await startProcess(createExecutor(connectionTo(server.url), { clock }));
  await process.close();
  assert.equal((await process.ended).kind, "unknown");
  await until(() => server.open === 0, { what: "the connection to close" });
  assert.deepEqual(clock.waiting(), []);
});

Deno.test("process: a program that ignores the end of its stdin is left", async () => {
  await using server = await startExecStub(() => {});
  const clock = fakeClock();
  const { process } = await startProcess(createExecutor(connectionTo(server.url), { clock }));
  const closing = process.close();
  await clock.advance(500);
  await closing;
  assert.equal((await process.ended).kind, "unknown");
});

Deno.test("process: two pings without a sign of life end it; an answered ping does not", async () => {
  for (const autoPong of [true, false]) {
    let pings = 0;
    await using server = await startExecStub((peer) => peer.ws.on("ping", () => pings++), { autoPong });
    const clock = fakeClock();
    const executor = createExecutor(connectionTo(server.url), { clock });
    const { process } = await startProcess(executor);
    let ended: ExecOutcome | undefined;
    process.ended.then((outcome) => ended = outcome);
    for (let count = 1; count <= 2; count++) {
      await clock.advance(20_000);
      await until(() => pings === count, { what: `ping ${count}` });
      // The pong needs a moment to arrive; nothing tells when it has.
      if (autoPong) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await clock.advance(20_000);
    assert.equal(ended?.kind, autoPong ? undefined : "unknown");
    executor.close();
    assert.equal((await process.ended).kind, "unknown");
  }
});

Deno.test("process: a peer that does not read ends it instead of filling the memory", async () => {
  await using server = await startExecStub((peer) => peer.socket.pause());
  const { process } = await startProcess(createExecutor(connectionTo(server.url), { clock: fakeClock() }));
  const line = "x".repeat(1024 * 1024);
  let written = 0;
  while (written < 200 && process.write(line)) written += 1;
  assert.ok(written < 200, "everything was taken");
  const outcome = await process.ended;
  assert.ok(outcome.kind === "unknown" && outcome.reason.includes("does not read"), JSON.stringify(outcome));
});

Deno.test("process: a message of any size is bounded", async () => {
  await using server = await startExecStub((peer) => peer.send(1, "x".repeat(5 * 1024 * 1024)));
  const { process, output } = await startProcess(
    createExecutor(connectionTo(server.url), { clock: fakeClock() }),
  );
  assert.equal((await process.ended).kind, "unknown");
  assert.deepEqual(output, []);
});

Deno.test("executor: close() ends all that runs", async () => {
  await using server = await startExecStub(() => {});
  const clock = fakeClock();
  const executor = createExecutor(connectionTo(server.url), { clock });
  const { process } = await startProcess(executor);
  const running = executor.run(asked);
  await until(() => server.requests.length === 2, { what: "both" });
  executor.close();
  assert.equal((await process.ended).kind, "unknown");
  assert.equal((await running).outcome.kind, "unknown");
  assert.deepEqual(clock.waiting(), []);
});

async function startProcess(
  executor: Executor,
): Promise<{
  readonly process: Exclude<Awaited<ReturnType<Executor["start"]>>, { readonly failed: ExecOutcome }>;
  readonly output: string[];
}> {
  const output: string[] = [];
  const process = await executor.start({
    target,
    command: ["cat"],
    onStdout: (chunk) => output.push(new TextDecoder().decode(chunk)),
    onStderr: () => {},
  });
  if ("failed" in process) throw new Error(JSON.stringify(process.failed));
  return { process, output };
}
