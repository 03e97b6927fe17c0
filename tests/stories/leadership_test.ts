// A replica that does not lead: warm, silent towards the pods, and at work as soon as it leads.
import assert from "node:assert/strict";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { setStage } from "./stage.ts";

const one = { network: "one", vni: 1 };

Deno.test("a standby looks into no pod, and serves all of them once it leads", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  let leads = false;
  const standby = await stage.startController({ isLeader: () => leads });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  await waitFor(() => standby.log.filter((line) => line.includes("does not lead")).length >= 2, {
    what: "the standby has seen both pods wait in their init agents",
    state: () => standby.log.join("\n"),
  });
  assert.deepEqual(stage.sandbox.counters.execs(), []);
  leads = true;
  await standby.controller.reconcileAll();
  for (const name of ["a", "b"]) await stage.sandbox.waitForPhase({ name }, "Running");
  await stage.holds({ members: ["a", "b"].map((pod) => ({ pod, ...one })) });
});

Deno.test("a fault of ours while leadership is taken over is told, and the pods are served all the same", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  let leads = false;
  const standby = await stage.startController({ isLeader: () => leads });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one" });
  await waitFor(() => standby.log.filter((line) => line.includes("does not lead")).length >= 2, {
    what: "the standby has seen both pods wait in their init agents",
    state: () => standby.log.join("\n"),
  });
  Object.assign(standby.controller.store, {
    forgettingHolders: function* (): Generator<void, never> {
      yield;
      throw new TypeError("bug");
    },
  });
  leads = true;
  await standby.controller.reconcileAll();
  assert.match(standby.log.join("\n"), /a fault of this program: bug/);
  for (const name of ["a", "b"]) await stage.sandbox.waitForPhase({ name }, "Running");
});
