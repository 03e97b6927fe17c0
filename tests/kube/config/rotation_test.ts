// Are credentials read again in time: files by monotonic time and after a 401, plugins by expiry?
import assert from "node:assert/strict";
import {
  ConfigError,
  type HostCommand,
  type HostCommandResult,
} from "../../../lib/kube/config/connection.ts";
import type { CredentialPlan } from "../../../lib/kube/config/credential_plan.ts";
import { rotatingCredentials } from "../../../lib/kube/config/credentials.ts";
import { runCommand } from "../../../lib/kube/config/run_plugin.ts";
import { fakeClock } from "../../time/fake_clock.ts";

const tokenPlan: CredentialPlan = { token: { kind: "file", path: "/t" } };

Deno.test("a token file is read again after a minute, whatever the wall clock does", async () => {
  const clock = fakeClock();
  let token = "one";
  let reads = 0;
  const readTextFile = (): Promise<string> => {
    reads += 1;
    return Promise.resolve(token);
  };
  const credentials = rotatingCredentials(tokenPlan, { env: () => undefined, readTextFile, clock });
  assert.equal((await credentials()).authorization, "Bearer one");
  token = "two";
  clock.shiftWall(7_200_000);
  await clock.advance(59_000);
  assert.equal((await credentials()).authorization, "Bearer one");
  assert.equal(reads, 1);
  clock.shiftWall(-14_400_000);
  await clock.advance(1_000);
  assert.equal((await credentials()).authorization, "Bearer two");
  token = "three";
  assert.equal((await credentials({ force: true })).authorization, "Bearer three");
});

Deno.test("a file that is missing for a moment leaves the last good token in use", async () => {
  const clock = fakeClock();
  let broken = false;
  const readTextFile = (): Promise<string> =>
    broken ? Promise.reject(new Error("gone")) : Promise.resolve("good");
  const credentials = rotatingCredentials(tokenPlan, { env: () => undefined, readTextFile, clock });
  await credentials();
  broken = true;
  await clock.advance(61_000);
  assert.equal((await credentials()).authorization, "Bearer good");
});

Deno.test("many requests at once read a file once", async () => {
  let reads = 0;
  const readTextFile = (): Promise<string> => {
    reads += 1;
    return Promise.resolve("t");
  };
  const credentials = rotatingCredentials(tokenPlan, {
    env: () => undefined,
    readTextFile,
    clock: fakeClock(),
  });
  await Promise.all([credentials(), credentials(), credentials()]);
  assert.equal(reads, 1);
});

const pluginPlan: CredentialPlan = {
  plugin: {
    command: "/bin/login",
    args: ["token"],
    env: { A: "1" },
    apiVersion: "client.authentication.k8s.io/v1",
    installHint: "install it with apt",
  },
};

function answer(status: unknown): HostCommandResult {
  return { kind: "ended", code: 0, stdout: JSON.stringify({ status }), stderr: "" };
}

Deno.test("a plugin is run again shortly before its credential expires, and after a 401", async () => {
  const clock = fakeClock();
  const runs: HostCommand[] = [];
  const run = (command: HostCommand): Promise<HostCommandResult> => {
    runs.push(command);
    const expirationTimestamp = new Date(clock.wall().getTime() + 300_000).toISOString();
    return Promise.resolve(answer({ token: `t${runs.length}`, expirationTimestamp }));
  };
  const host = { env: () => undefined, readTextFile: () => Promise.reject(), clock, runCommand: run };
  const credentials = rotatingCredentials(pluginPlan, host);
  assert.equal((await credentials()).authorization, "Bearer t1");
  clock.shiftWall(3_600_000);
  await clock.advance(280_000);
  assert.equal((await credentials()).authorization, "Bearer t1");
  await clock.advance(11_000);
  assert.equal((await credentials()).authorization, "Bearer t2");
  await clock.advance(1_000);
  assert.equal((await credentials({ force: true })).authorization, "Bearer t2", "it has just run");
  await clock.advance(10_000);
  assert.equal((await credentials({ force: true })).authorization, "Bearer t3");
  const info: unknown = JSON.parse(runs[0]?.env.KUBERNETES_EXEC_INFO ?? "");
  assert.deepEqual(info, {
    kind: "ExecCredential",
    apiVersion: "client.authentication.k8s.io/v1",
    spec: { interactive: false },
  });
});

const failures: readonly {
  readonly it: string;
  readonly result: HostCommandResult;
  readonly found: string;
}[] = [
  { it: "that cannot be run", result: { kind: "failed", reason: "no such file" }, found: "no such file" },
  {
    it: "that fails",
    result: { kind: "ended", code: 2, stdout: "", stderr: "please log in\n" },
    found: `it ended with status 2: "please log in"`,
  },
  {
    it: "that prints something else",
    result: { kind: "ended", code: 0, stdout: "secret", stderr: "" },
    found: "its output is not an ExecCredential with a status",
  },
  {
    it: "that gives nothing",
    result: answer({}),
    found: "it gave neither a token nor a certificate with key",
  },
];

for (const { it, result, found } of failures) {
  Deno.test(`a plugin ${it} says so, with the hint of the kubeconfig's author`, async () => {
    const host = {
      env: () => undefined,
      readTextFile: () => Promise.reject(),
      clock: fakeClock(),
      runCommand: () => Promise.resolve(result),
    };
    const message = `Cannot get credentials from plugin "/bin/login": ${found}; install it with apt`;
    await assert.rejects(rotatingCredentials(pluginPlan, host)(), new ConfigError(message));
  });
}

const program = Deno.execPath();
const plain = { command: program, env: {}, timeout: 60_000 };

Deno.test("a program runs with its environment and gives its output", async () => {
  const code = "console.log(Deno.env.get('GIVEN')); console.error('err'); Deno.exit(3)";
  const result = await runCommand({ ...plain, args: ["eval", code], env: { GIVEN: "value", NO_COLOR: "1" } });
  assert.deepEqual(result, { kind: "ended", code: 3, stdout: "value\n", stderr: "err\n" });
});

Deno.test("a program that hangs is killed", async () => {
  const result = await runCommand({ ...plain, args: ["eval", "setInterval(() => {}, 1000)"], timeout: 300 });
  assert.deepEqual(result, { kind: "failed", reason: "not finished within 300 ms" });
});

Deno.test("a program that floods is killed", async () => {
  const result = await runCommand({ ...plain, args: ["eval", "while (true) console.log('x'.repeat(9999))"] });
  assert.deepEqual(result, { kind: "failed", reason: "more than 1048576 bytes of output" });
});

Deno.test("a program that does not exist is a failure, not an exception", async () => {
  const result = await runCommand({ ...plain, command: "/nowhere/at-all", args: [] });
  assert.equal(result.kind, "failed");
});

Deno.test("a plugin that fails is not run for every request, and everybody is told its reason, also after it has worked", async () => {
  const clock = fakeClock({ chance: 0 });
  const runs: HostCommand[] = [];
  let result: HostCommandResult = answer({ token: "t1" });
  const host = {
    env: () => undefined,
    readTextFile: () => Promise.reject(),
    clock,
    runCommand: (command: HostCommand) => {
      runs.push(command);
      return Promise.resolve(result);
    },
  };
  const credentials = rotatingCredentials(pluginPlan, host);
  assert.equal((await credentials()).authorization, "Bearer t1");
  result = { kind: "ended", code: 1, stdout: "", stderr: "log in" };
  await clock.advance(11_000);
  for (let count = 0; count < 50; count++) await assert.rejects(credentials({ force: true }), /"log in"/);
  assert.equal(runs.length, 2);
  await clock.advance(10_000);
  await assert.rejects(credentials({ force: true }), /"log in"/);
  assert.equal(runs.length, 3);
  await clock.advance(60_000);
  result = answer({ token: "t2" });
  assert.equal((await credentials({ force: true })).authorization, "Bearer t2");
});

Deno.test("a program whose child keeps its stdout open ends when it ends", async () => {
  const result = await runCommand({
    ...plain,
    command: "/bin/sh",
    args: ["-c", "sleep 30 & echo $! >&2; echo token"],
    timeout: 20_000,
  });
  assert.ok(result.kind === "ended", JSON.stringify(result));
  assert.equal(result.stdout, "token\n");
  Deno.kill(Number(result.stderr));
});

Deno.test("what a program says to people is heard while it waits, and an abort ends it", async () => {
  const stop = new AbortController();
  const heard: string[] = [];
  const result = await runCommand({
    ...plain,
    command: "/bin/sh",
    args: ["-c", "printf 'enter code AB-12: ' >&2; exec sleep 30"],
    signal: stop.signal,
    onStderr: (bytes) => {
      heard.push(new TextDecoder().decode(bytes));
      stop.abort();
    },
  });
  assert.deepEqual([result, heard.join("")], [
    { kind: "failed", reason: "the program is to end" },
    "enter code AB-12: ",
  ]);
});
