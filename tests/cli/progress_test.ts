// Does a long command show what it does: after a second, on one line, on a terminal only, gone at the end?
import assert from "node:assert/strict";
import { type ProgressingHost, withProgress } from "../../lib/cli/progress.ts";
import { findProgram } from "../sandbox/namespaces/programs.ts";
import { startStub } from "../kube/api/stub_server.ts";
import { type FakeClock, fakeClock } from "../time/fake_clock.ts";
import { testHost } from "./test_host.ts";

const erase = "\r\x1b[K";

function onTerminal(
  { isQuiet = false, env = {} }: { isQuiet?: boolean; env?: Readonly<Record<string, string>> } = {},
): ProgressingHost & { readonly clock: FakeClock; readonly seen: string[] } {
  const clock = fakeClock();
  const seen: string[] = [];
  const { host } = testHost({ args: [], env });
  const progress = withProgress({
    ...host,
    clock,
    print: (line) => seen.push(`out: ${line}`),
    complain: (line) => seen.push(`err: ${line}`),
    terminal: (text) => seen.push(text),
  }, { isQuiet });
  return { ...progress, clock, seen };
}

Deno.test("progress: nothing within a second, then one line that is rewritten and erased", async () => {
  const { host, end, clock, seen } = onTerminal();
  host.progress?.("reading pods: 1");
  await clock.advance(999);
  host.progress?.("reading pods: 2");
  assert.deepEqual(seen, []);
  await clock.advance(1);
  assert.deepEqual(seen, [`${erase}reading pods: 2 …`]);
  host.progress?.("reading pods: 3");
  assert.equal(seen.length, 1, "not at every step");
  await clock.advance(100);
  host.progress?.(`a pod called \x1b[2J${"x".repeat(200)}`);
  const rewritten = seen.at(-1) ?? "";
  assert.ok(rewritten.startsWith(`${erase}a pod called \\u{1b}[2Jxxx`), rewritten);
  assert.ok(rewritten.endsWith("x …") && rewritten.length < 80 + erase.length, rewritten);
  end();
  await clock.advance(10_000);
  assert.deepEqual(seen.slice(2), [erase]);
});

Deno.test("progress: what is printed stands on a line of its own, and nothing stale comes after it", async () => {
  const { host, clock, seen } = onTerminal();
  host.progress?.("reading");
  await clock.advance(1_000);
  host.print("NAME");
  await clock.advance(10_000);
  assert.deepEqual(seen, [`${erase}reading …`, erase, "out: NAME"]);
  host.progress?.("reading");
  host.complain("error");
  await clock.advance(10_000);
  assert.deepEqual(seen.slice(3), ["err: error"]);
});

Deno.test("progress: none for programs, and none on a terminal that cannot erase it", async () => {
  for (const on of [{ isQuiet: true }, { env: { TERM: "dumb" } }]) {
    const { host, clock, seen } = onTerminal(on);
    host.progress?.("reading");
    await clock.advance(10_000);
    assert.deepEqual(seen, []);
  }
});

const script = await findProgram("script");

/** Runs `list pods` against an API server that takes its time; with a terminal behind it or without. */
async function listSlowly(isTerminal: boolean, ...more: readonly string[]): Promise<string> {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  await using server = startStub(async () => {
    asked.resolve();
    await answer.promise;
    return Response.json({ metadata: { resourceVersion: "1" }, items: [] });
  });
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const words = [Deno.execPath(), "run", "--quiet", "--no-check", "-A", main, "list", "pods", ...more];
  const line = [...words, "--server", server.url].join(" ");
  const child = new Deno.Command(isTerminal ? "script" : "sh", {
    args: isTerminal ? ["-qec", line, "/dev/null"] : ["-c", line],
    env: { TERM: "xterm" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await asked.promise;
  const decoder = new TextDecoder();
  let seen = "";
  const read = async (from: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const chunk of from) {
      seen += decoder.decode(chunk);
      if (seen.includes(" …")) answer.resolve();
    }
  };
  const reading = Promise.all([read(child.stdout), read(child.stderr)]);
  // What shows none is answered at some time too: later than it would have been shown.
  const late = setTimeout(() => answer.resolve(), isTerminal && more.length === 0 ? 60_000 : 2_000);
  await reading;
  clearTimeout(late);
  assert.equal((await child.status).code, 0, seen);
  return seen;
}

Deno.test("a reader that goes away is no error", async () => {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const line = `${Deno.execPath()} run --quiet --no-check -A ${main} options | true`;
  const { code, stderr } = await new Deno.Command("sh", { args: ["-c", line] }).output();
  assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
});

Deno.test({
  name: `progress on a real terminal${script === undefined ? " (needs script, of bsdutils)" : ""}`,
  ignore: script === undefined,
  fn: async () => {
    const shown = await listSlowly(true);
    assert.ok(shown.includes(`${erase}asking the API server …`), shown);
    assert.ok(shown.includes(`…${erase}No pods with label`), shown);
    for (const silent of [await listSlowly(true, "-o", "json"), await listSlowly(false)]) {
      assert.ok(!silent.includes("…") && !silent.includes("\x1b"), silent);
    }
  },
});
