// Stories of pods that come and go: each ends in the right state, judged by the invariant checker.
import { pods } from "../sandbox/resources.ts";
import { setStage } from "./stage.ts";

Deno.test("members join one after the other, classic and native, and each knows all", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1", two: "id=2" });
  await stage.startController();
  stage.pod({ name: "a", networks: "one" });
  stage.pod({ name: "b", networks: "one, two", form: "native" });
  await stage.sandbox.waitForPhase({ name: "a" }, "Running");
  stage.pod({ name: "c", networks: "two" });
  for (const name of ["b", "c"]) await stage.sandbox.waitForPhase({ name }, "Running");
  await stage.holds({
    members: [
      { pod: "a", network: "one", vni: 1 },
      { pod: "b", network: "one", vni: 1 },
      { pod: "b", network: "two", vni: 2 },
      { pod: "c", network: "two", vni: 2 },
    ],
  });
});

Deno.test("a member that is deleted with grace is forgotten by its peers", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  await stage.startController();
  for (const name of ["a", "b", "c"]) stage.pod({ name, networks: "one" });
  for (const name of ["a", "b", "c"]) await stage.sandbox.waitForPhase({ name }, "Running");
  stage.sandbox.delete(pods, { name: "b", graceSeconds: 2 });
  await stage.holds({
    members: [{ pod: "a", network: "one", vni: 1 }, { pod: "c", network: "one", vni: 1 }],
  });
});
