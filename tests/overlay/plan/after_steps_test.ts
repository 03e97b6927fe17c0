// Does the forecast of an fdb agree with what a kernel holds after the same steps?
import assert from "node:assert/strict";
import fc from "fast-check";
import { afterFdbSteps } from "../../../lib/overlay/plan/fdb.ts";
import type { Observation } from "../../../lib/overlay/observation.ts";
import { plan } from "../../../lib/overlay/plan/plan.ts";
import { createToyNamespace } from "../../sandbox/toy/kernel.ts";
import { applyToToy, observeToy } from "../../sandbox/toy/observation.ts";
import { anInterface, aWantedState } from "./worlds.ts";

const peers = Array.from({ length: 8 }, (_, i) => `10.0.0.${i + 2}`);

Deno.test("a forecast of planned fdb steps is what the kernel holds then, over several changes", () => {
  const changes = fc.array(fc.subarray(peers), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(changes, fc.subarray(peers), (wishes, learned) => {
      const toy = createToyNamespace({ eth0: { mac: "02:42:0a:f4:01:05", mtu: 1500, addresses: [] } });
      const stepsTo = (peers: readonly string[], observed: Observation): ReturnType<typeof plan>["steps"] =>
        plan({ wanted: aWantedState([anInterface({ peers })]), observed, ourAddresses: new Map() }).steps;
      applyToToy(toy, stepsTo([], observeToy(toy)));
      for (const [number, dst] of learned.entries()) {
        toy.learn({ dev: "vxeth0", mac: `02:00:00:00:01:0${number}`, dst });
      }
      let forecast = observeToy(toy);
      for (const wish of wishes) {
        const steps = stepsTo(wish, forecast);
        assert.deepEqual(applyToToy(toy, steps), []);
        forecast = afterFdbSteps(forecast, steps);
        assert.deepEqual(sorted(forecast), sorted(observeToy(toy)));
      }
    }),
  );
});

Deno.test("a forecast leaves everything but the entries as it was", () => {
  const toy = createToyNamespace({ eth0: { mac: "02:42:0a:f4:01:05", mtu: 1500, addresses: [] } });
  const observed = observeToy(toy);
  const { links, routes } = afterFdbSteps(observed, [
    { kind: "delete-link", interfaceName: "eth0", why: "" },
    { kind: "append-fdb", interfaceName: "vxeth0", dst: "10.0.0.2" },
  ]);
  assert.deepEqual({ links, routes }, { links: observed.links, routes: observed.routes });
});

function sorted({ fdb }: Observation): readonly string[] {
  return fdb.map(({ dev, mac, dst }) => `${dev} ${mac} ${dst}`).sort();
}
