// Stories of a network whose pool was taken away, and whose entry cannot be read when the controller starts: in each order.
import assert from "node:assert/strict";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { addressesOf, held, makePools } from "./pool_objects.ts";
import { inPod, ipOf, running } from "./scenes.ts";
import { setStage, type Stage } from "./stage.ts";

const pooled = "id=7 subnet=10.7.0.0/24";
const bare = "id=7";
const unreadable = "id=7 mtu=x";

/** What happens to the entry; "restart", "stop" and "start" of the controller; and which addresses the old pod has in the end. */
const orders: readonly { readonly steps: readonly string[]; readonly left: readonly string[] }[] = [
  { steps: [bare, "restart", unreadable], left: [] },
  { steps: [bare, unreadable, "restart"], left: [] },
  { steps: [bare, "stop", unreadable, "start"], left: [] },
  // Of the edit nobody has heard: what a pod has it keeps.
  { steps: ["stop", bare, unreadable, "start"], left: ["10.7.0.1"] },
  { steps: [unreadable, "restart"], left: ["10.7.0.1"] },
  { steps: [unreadable, "restart", bare], left: [] },
  // Without a status on the pod nobody knows whose the address is.
  { steps: [unreadable, "stop", bare, "start", unreadable, "restart"], left: ["10.7.0.1"] },
];
for (const { steps, left } of orders) {
  Deno.test(`an address of a pool that its network has no more is given to nobody: ${steps.join(", ")}`, async () => {
    await using stage = await setStage();
    makePools(stage);
    stage.networks({ storage: pooled });
    let controller = await stage.startController();
    stage.pod({ name: "a", networks: "storage" });
    await running(stage, ["a"]);
    assert.deepEqual(await addressesOf(stage, { name: "a", interfaceName: "storage" }), ["10.7.0.1"]);
    let [runs, entry, hasPool] = [true, pooled, true];
    for (const step of steps) {
      if (step === "stop" || step === "restart") await controller.stop();
      if (step === "start" || step === "restart") controller = await stage.startController();
      if (["stop", "start", "restart"].includes(step)) runs = step !== "stop";
      else stage.networks({ storage: entry = step });
      // What cannot be read is as it was, as far as the one that runs knows.
      if (runs && (step !== unreadable)) hasPool = entry === pooled;
      if (runs && step === bare) await givenBack(stage);
      if (runs) await settled(stage, { hasPool });
    }
    assert.deepEqual(await addressesOf(stage, { name: "a", interfaceName: "storage" }), left);
  });
}

/** The interface of a has no address, and the pool knows. */
async function givenBack(stage: Stage): Promise<void> {
  const { uid } = stage.sandbox.find(pods, { name: "a" })?.metadata ?? { uid: "" };
  await waitFor(
    async () => (await addressesOf(stage, { name: "a", interfaceName: "storage" })).length === 0,
    {
      what: "the address is gone",
    },
  );
  await waitFor(() => !held(stage, "storage").has(uid), { what: "it is free" });
}

let newcomers = 0;

/** Somebody new comes by an id of its own, and gets an address of a pool that there is; then a was looked at after all of it. */
async function settled(stage: Stage, { hasPool }: { readonly hasPool: boolean }): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const name = `n${newcomers++}`;
    stage.pod({ name, networks: "storage id=7" });
    await running(stage, [name]);
    await waitFor(
      async () => (await inPod(stage, "a", ["bridge", "fdb", "show"])).includes(` dst ${ipOf(stage, name)} `),
      {
        what: `a floods to ${name}`,
      },
    );
    const given = await addressesOf(stage, { name, interfaceName: "storage" });
    assert.equal(given.length, hasPool ? 1 : 0, given.join());
    stage.sandbox.delete(pods, { name, graceSeconds: 0 });
  }
}
