// A replica that does not lead: warm, silent towards the pods, and at work as soon as it leads.
import assert from "node:assert/strict";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { setStage, type Stage } from "./stage.ts";

const one = { network: "one", vni: 1 };

/** A controller that does not lead, and two pods that wait in their init agents; it leads once `lead` is called. */
async function standbyOn(stage: Stage): Promise<{
  readonly standby: Awaited<ReturnType<Stage["startController"]>>;
  readonly lead: () => Promise<void>;
}> {
  stage.networks({ one: "id=1" });
  let leads = false;
  const standby = await stage.startController({ isLeader: () => leads });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  await waitFor(() => standby.log.filter((line) => line.includes("does not lead")).length >= 2, {
    what: "the standby has seen both pods wait in their init agents",
    state: () => standby.log.join("\n"),
  });
  const lead = async (): Promise<void> => {
    leads = true;
    await standby.controller.reconcileAll();
  };
  return { standby, lead };
}

Deno.test("a standby looks into no pod, and serves all of them once it leads", async () => {
  await using stage = await setStage();
  const { lead } = await standbyOn(stage);
  assert.deepEqual(stage.sandbox.counters.execs(), []);
  await lead();
  for (const name of ["a", "b"]) await stage.sandbox.waitForPhase({ name }, "Running");
  await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, ...one })) });
});

Deno.test("a fault of ours while leadership is taken over is told, and the pods are served all the same", async () => {
  await using stage = await setStage();
  const { standby, lead } = await standbyOn(stage);
  Object.assign(standby.controller.store, {
    forgettingHolders: function* (): Generator<void, never> {
      yield;
      throw new TypeError("bug");
    },
  });
  await lead();
  assert.match(standby.log.join("\n"), /a fault of this program: bug/);
  for (const name of ["a", "b"]) await stage.sandbox.waitForPhase({ name }, "Running");
});
