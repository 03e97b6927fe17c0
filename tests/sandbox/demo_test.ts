// Does `deno task demo` end well by itself, and does Ctrl-C in the middle leave nothing behind?
import assert from "node:assert/strict";
import { runProgram } from "./tools/program_run.ts";

const folder = new URL("../../", import.meta.url).pathname;
const demo = ["tests/sandbox/demo.ts"];

Deno.test("demo: says what it runs on, shows members and pings, and ends with 0", async () => {
  await using run = runProgram(demo, { folder });
  await run.hears("Pods run on: ");
  await run.hears("a → gw → b: ok");
  await run.hears("b → gw → a: ok");
  assert.equal(await run.ended, 0);
  assert.deepEqual(await run.remains(), []);
});

for (const moment of ["Pods run on: ", "watching: ", "released: "]) {
  Deno.test(`demo: Ctrl-C after "${moment.trim()}" leaves nothing`, async () => {
    await using run = runProgram(demo, { folder });
    await run.hears(moment);
    assert.equal(await run.interrupt(), 130);
    assert.deepEqual(await run.remains(), []);
  });
}

Deno.test("demo --stay: stays, serves the live page, and ends with Ctrl-C", async () => {
  await using run = runProgram([...demo, "--stay"], { folder });
  const serving = await run.hears("serving the live page on ");
  await run.hears("Stays until Ctrl-C");
  const url = /http:\S+/.exec(serving)?.[0] ?? "";
  const page = await fetch(`${url}/api/summary`);
  assert.deepEqual((await page.json()).standings, { ready: 3, waiting: 0, failing: 0 });
  assert.equal(await run.interrupt(), 130);
  assert.deepEqual(await run.remains(), []);
});
