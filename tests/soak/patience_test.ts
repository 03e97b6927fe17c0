// What takes a minute or more on the sandbox: an API server away for a minute, a watch that falls silent.
import { setStage, type Stage } from "../stories/stage.ts";

const one = { network: "one", vni: 1 };

async function survives(fault: (stage: Stage) => Promise<void>): Promise<void> {
  await using stage = await setStage({ bookmarkEvery: 3_600_000 });
  stage.networks({ one: "id=1" });
  await stage.startController();
  stage.pod({ name: "a", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "a" }, "Running");
  await fault(stage);
  stage.pod({ name: "b", networks: "one" });
  await stage.sandbox.waitForPhase({ name: "b" }, "Running");
  await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, ...one })) });
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

Deno.test("an API server that is away for a minute", () =>
  survives(async (stage) => {
    stage.sandbox.server.wire.away();
    await pause(60);
    stage.sandbox.server.wire.back();
  }));

Deno.test("a watch that falls silent is given up after a minute and a half", () =>
  survives(async (stage) => {
    stage.sandbox.server.watches.stall();
    await pause(95);
  }));
