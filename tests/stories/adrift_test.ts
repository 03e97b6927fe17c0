// Stories of restarts by which what a pod has is not what its text and the ConfigMap say: who stays whose peer, and to whom it sends.
import { pods } from "../sandbox/api/resources.ts";
import { conditionSays, startRun } from "./said_everywhere.ts";
import { membersOf, one, running } from "./scenes.ts";
import { setStage } from "./stage.ts";

Deno.test("after a restart those to whom a network is full are peers where they were", async () => {
  await using stage = await setStage();
  stage.networks({ one: "id=1" });
  const limited = ["--max-members-per-network", "3"];
  const first = await startRun(stage, ...limited);
  for (const name of ["c", "d", "e"]) stage.pod({ name, networks: "one" });
  for (const name of ["a", "b"]) stage.pod({ name, networks: "one id=7" });
  await running(stage, ["a", "b", "c", "d", "e"]);
  const full = /it is full with 3 members; .*until then the pod keeps it as it was/;
  for (const name of ["a", "b"]) {
    stage.annotate(name, "one");
    await conditionSays({ stage, name }, full);
  }
  await first[Symbol.asyncDispose]();
  await using _second = await startRun(stage, ...limited);
  stage.pod({ name: "f", networks: "one id=7" });
  await running(stage, ["f"]);
  const seven = { network: "one", vni: 7 };
  await stage.holds({ members: [...membersOf(seven, ["a", "b", "f"]), ...membersOf(one, ["c", "d", "e"])] });
  for (const name of ["c", "d"]) stage.sandbox.delete(pods, { name, graceSeconds: 0 });
  await stage.holds({ members: [...membersOf(seven, ["f"]), ...membersOf(one, ["a", "b", "e"])] });
});
