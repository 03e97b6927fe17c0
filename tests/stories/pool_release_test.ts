// Stories of addresses that come back: into the pool only after the interface has gone, whatever the pod shows of itself.
import assert from "node:assert/strict";
import { pods } from "../sandbox/api/resources.ts";
import { waitFor } from "../sandbox/tools/waiting.ts";
import { addressesOf, held, makePools } from "./pool_objects.ts";
import { running } from "./scenes.ts";
import { impatient, setStage, type Stage } from "./stage.ts";

const storage = "id=7 subnet=10.7.0.0/24";

const ways: readonly { readonly it: string; readonly take: (stage: Stage) => void }[] = [
  { it: "namespaces= closes the network", take: (stage) => closed(stage, "namespaces=lab") },
  { it: "the annotation names it no more", take: (stage) => stage.annotate("a", "plain") },
  { it: "it wants no address any more", take: (stage) => stage.annotate("a", "storage ip=none, plain") },
  { it: "it wants an address of its own", take: (stage) => stage.annotate("a", "storage ip=10.7.0.99/24") },
];

function closed(stage: Stage, how: string): void {
  stage.networks({ storage: `${storage} ${how}`, plain: "id=8" });
}

for (const { it, take } of ways) {
  Deno.test(`an address is given to nobody else while an interface has it: ${it}`, async () => {
    await using stage = await setStage();
    makePools(stage);
    stage.networks({ storage, plain: "id=8" });
    await stage.startController({ limits: impatient });
    stage.pod({ name: "a", networks: "storage, plain" });
    await running(stage, ["a"]);
    const { uid } = stage.sandbox.find(pods, { name: "a" })?.metadata ?? { uid: "" };
    assert.deepEqual(held(stage, "storage").get(uid), ["10.7.0.1"]);
    const dead = stage.sandbox.faults.onExec({ pod: "a" }, { kind: "refuse", code: 500 }, {
      times: "until-lifted",
    });
    await stage.sandbox.kubelet.killContainer({ name: "a" }, "vxlan-controller-agent");
    take(stage);
    await waitFor(() => dead.hits > 2, { what: "it cannot be reached" });
    stage.pod({ name: "b", namespace: "lab", networks: "storage" });
    await stage.sandbox.waitForPhase({ namespace: "lab", name: "b" }, "Running");
    assert.deepEqual(await addressesOf(stage, { name: "a", interfaceName: "storage" }), ["10.7.0.1"]);
    assert.deepEqual(held(stage, "storage").get(uid), ["10.7.0.1"], "its kernel still has it");
    dead.lift();
    await waitFor(() => !held(stage, "storage").has(uid), { what: "it is free" });
    const left = await addressesOf(stage, { name: "a", interfaceName: "storage" });
    assert.ok(!left.includes("10.7.0.1"), left.join());
  });
}
