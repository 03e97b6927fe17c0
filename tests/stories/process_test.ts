// The product as a process: ended politely in the middle of work, killed without a word, and started again.
import assert from "node:assert/strict";
import { startProduct } from "../sandbox/tools/product.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { setStage, type Stage } from "./stage.ts";

const one = { network: "one", vni: 1 };
const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
const all = { members: names.map((pod) => ({ pod, ...one })) };

/** Starts `main.ts run` and waits until it has said that it watches. */
async function start(stage: Stage): Promise<{
  readonly stop: (signal: "SIGTERM" | "SIGINT" | "SIGKILL") => Promise<number>;
  readonly log: readonly string[];
}> {
  const log: string[] = [];
  const product = await startProduct(["run", "--server", stage.sandbox.server.url, "--http-address", "off"], {
    onLine: (line) => log.push(line),
  });
  await waitFor(() => log.some((line) => line.includes("watching:")), {
    what: "the controller watches",
    state: () => log.join("\n"),
  });
  return { stop: (signal) => product.stop(signal), log };
}

async function allJoin(stage: Stage): Promise<void> {
  for (const name of names) await stage.sandbox.waitForPhase({ name }, "Running");
  await stage.holds(all);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} in the middle of work: what runs is finished, status 0, and the next one goes on`, async () => {
    await using stage = await setStage();
    stage.networks({ one: "id=1" });
    const first = await start(stage);
    for (const name of names) stage.pod({ name, networks: "one" });
    await waitFor(() => first.log.some((line) => line.includes("created")), { what: "work has begun" });
    assert.equal(await first.stop(signal), 0, first.log.slice(-5).join("\n"));
    assert.match(first.log.at(-1) ?? "", /stopped/);
    const second = await start(stage);
    await allJoin(stage);
    assert.equal(await second.stop("SIGTERM"), 0);
  });
}

Deno.test("SIGKILL again and again while pods join: the last one finishes it", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  for (let i = 0; i < 4; i++) {
    const controller = await start(stage);
    for (const name of names.slice(i * 3, i * 3 + 3)) stage.pod({ name, networks: "one" });
    const written = stage.sandbox.counters.writingLines().length;
    // A different number of lines each time: the plan is cut off at another place.
    await waitFor(() => stage.sandbox.counters.writingLines().length > written + i * 2, {
      what: "lines are written",
    });
    await controller.stop("SIGKILL");
  }
  const last = await start(stage);
  await allJoin(stage);
  assert.equal(await last.stop("SIGTERM"), 0);
});
