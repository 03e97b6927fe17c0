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
