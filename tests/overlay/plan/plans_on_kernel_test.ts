// Does the real kernel take every line of a plan, and is nothing left to do then? For some worlds made by
// chance.
import { ipQuestions } from "../../../lib/overlay/iproute2/questions.ts";
import fc from "fast-check";
import assert from "node:assert/strict";
import { render } from "../../../lib/overlay/iproute2/render.ts";
import type { KnownAddresses } from "../../../lib/overlay/plan/parts.ts";
import { plan } from "../../../lib/overlay/plan/plan.ts";
import type { Step } from "../../../lib/overlay/step.ts";
import type { WantedState } from "../../../lib/overlay/wanted.ts";
import { createToyNamespace, type ToyNamespace } from "../../sandbox/toy/kernel.ts";
import { applyToToy, observeToy } from "../../sandbox/toy/observation.ts";
import { type Batch, namespaceCommand, runInNamespace, runScript } from "../iproute2/real_namespace.ts";
import { type World, worlds } from "./worlds_by_chance.ts";
import { knownOf } from "./worlds.ts";

const devices = {
  eth0: { mac: "02:42:0a:f4:01:05", mtu: 1500, addresses: ["10.244.1.5/24", "fd00::5/64"] },
  eth1: { mac: "02:42:0a:f4:02:05", mtu: 1400, addresses: ["10.245.1.5/24"] },
};

/** With the indexes that the toy gives, for the lines name links by them. */
const setUp = [
  "ip link set lo up",
  "ip link add br0 index 4 type bridge",
  ...Object.entries(devices).flatMap(([name, { mac, mtu, addresses }], at) => [
    `ip link add ${name} index ${2 + at} address ${mac} mtu ${mtu} type veth peer name ${name}p index ${
      1002 + at
    }`,
    `ip link set ${name} up && ip link set ${name}p up`,
    ...addresses.map((cidr) => `ip address add ${cidr} dev ${name} ${cidr.includes(":") ? "nodad" : ""}`),
  ]),
].join(" && ");

/** In how many goes a plan is carried out: what is made is filled once it has been read, and then what stands on it. */
const goes = 4;

const command = await namespaceCommand();

for (const [number, world] of fc.sample(worlds(), { numRuns: 25, seed: 2611 }).entries()) {
  Deno.test({
    name: `the real kernel takes a plan from world ${number + 1} to what is wanted`,
    ignore: command === undefined,
    fn: async () => {
      const { batches, ours } = rehearse(world);
      const questions = ipQuestions(world.wanted);
      const { results, observed } = await runInNamespace(command ?? [], { setUp, batches, questions });
      assert.deepEqual(
        results.slice(-3 * goes).flatMap(({ refused }) => refused),
        [],
        "refused lines of the plan",
      );
      assert.deepEqual(plan({ wanted: world.wanted, observed, ourAddresses: ours }).steps, []);
    },
  });
}

/** As with `hostUsers: false`: root of a user namespace, which owns the network namespace. */
const ownUsers = ["unshare", "-Urnm"];
const mayHaveOwnUsers =
  (await runScript(ownUsers, "ip link add name vx type vxlan id 5 dstport 8472")).success;

Deno.test({
  name: "a pod with users of its own (hostUsers: false) is brought to what is wanted as any other",
  ignore: !mayHaveOwnUsers,
  fn: async () => {
    for (const world of fc.sample(worlds(), { numRuns: 5, seed: 86 })) {
      const { batches, ours } = rehearse(world);
      const questions = ipQuestions(world.wanted);
      const { results, observed } = await runInNamespace(ownUsers, { setUp, batches, questions });
      assert.deepEqual(results.slice(-3 * goes).flatMap(({ refused }) => refused), []);
      assert.deepEqual(plan({ wanted: world.wanted, observed, ourAddresses: ours }).steps, []);
    }
  },
});

/**
 * Plans on the toy kernel; gives all the lines that were carried out there, the plan's own as the last batches, one for
 * each tool in each go.
 */
function rehearse(world: World): { readonly batches: readonly Batch[]; readonly ours: KnownAddresses } {
  const toy = createToyNamespace(devices);
  toy.run(["ip", "link", "add", "br0", "type", "bridge"]);
  const ours = (wanted: WantedState): KnownAddresses =>
    new Map(["vx0", "vx1", "vx2", "vx3"].map((name) => [
      name,
      new Set([world.before, wanted].flatMap((state) => [...knownOf(state).get(name) ?? []])),
    ]));
  const stepsTo = (wanted: WantedState): readonly Step[] =>
    plan({ wanted, observed: observeToy(toy, wanted), ourAddresses: ours(wanted) }).steps;
  const before = stepsBefore(toy, { world, stepsTo });
  for (const event of world.events) toy.run(event.split(" "));
  const plans = Array.from({ length: goes }, () => {
    const steps = stepsTo(world.wanted);
    applyToToy(toy, steps);
    return steps;
  });
  return {
    batches: [
      ...before.flatMap(batchesOf),
      ...world.events.map(batchOf),
      ...plans.flatMap(batchesOf),
    ],
    ours: ours(world.wanted),
  };
}

/** The first `done` steps of the earlier wish, in its two goes. */
function stepsBefore(
  toy: ToyNamespace,
  { world, stepsTo }: { readonly world: World; readonly stepsTo: (wanted: WantedState) => readonly Step[] },
): readonly (readonly Step[])[] {
  const making = stepsTo(world.before).slice(0, world.done);
  applyToToy(toy, making);
  const filling = stepsTo(world.before).slice(0, Math.max(0, world.done - making.length));
  applyToToy(toy, filling);
  return [making, filling];
}

function batchesOf(steps: readonly Step[]): readonly Batch[] {
  const lines = steps.map((step) => render(step, { chance: 0 }));
  // As the controller sends them: rules of IPv6 that go before, those that come after what `ip` does.
  return (["ip", "ip6", "bridge"] as const).map((tool) => ({
    tool,
    lines: lines.filter((line) => line.tool === tool).map(({ text }) => text),
  }));
}

/** `ip link set vx0 down` as a batch of its own. */
function batchOf(event: string): Batch {
  const [tool, ...words] = event.split(" ");
  return { tool: tool === "bridge" ? "bridge" : "ip", lines: [words.join(" ")] };
}
