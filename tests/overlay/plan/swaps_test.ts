// Whatever interfaces exchange in one edit, names, VNIs and devices: is all as it is wanted after some goes, though each was
// in the way of another?
import assert from "node:assert/strict";
import { plan } from "../../../lib/overlay/plan/plan.ts";
import type { Step } from "../../../lib/overlay/step.ts";
import type { WantedInterface, WantedState } from "../../../lib/overlay/wanted.ts";
import { createToyNamespace, type ToyNamespace } from "../../sandbox/toy/kernel.ts";
import { applyToToy, observeToy } from "../../sandbox/toy/observation.ts";
import { anInterface, aWantedState } from "./worlds.ts";

const eth0 = { mac: "02:42:0a:f4:01:05", mtu: 1500, addresses: ["10.244.1.5/24"] };

/** Each is made, filled, and then what stands on it; two more for what must go first. */
const goes = 8;

/** What networks have, one after the other: names, VNIs and whose device each has (-1: that of the pod). */
interface Form {
  readonly names: readonly string[];
  readonly vnis: readonly number[];
  readonly on: readonly number[];
}

function wantedOf({ names, vnis, on }: Form): WantedState {
  return aWantedState(
    names.map((interfaceName, at): WantedInterface =>
      anInterface({
        name: `net${at}`,
        interfaceName,
        vni: vnis[at] ?? 0,
        underlay: names[on[at] ?? -1] ?? "eth0",
        mac: `02:00:00:00:00:0${at}`,
      })
    ).sort((a, b) => a.interfaceName < b.interfaceName ? -1 : 1),
  );
}

/** Until nothing is to be done any more; gives what is in the way then, or what is to be done for ever. */
function carryOut(toy: ToyNamespace, wanted: WantedState): readonly string[] {
  const applied: Step[] = [];
  for (let go = 0; go < goes; go++) {
    const observed = observeToy(toy, wanted);
    const { steps, obstacles } = plan({ wanted, observed, applied, ourAddresses: new Map() });
    if (steps.length === 0) return obstacles.map(({ reason }) => reason);
    const refused = applyToToy(toy, steps);
    applied.push(...steps);
    if (refused.length > 0) return refused.map(({ message }) => message);
  }
  return ["it does not come to an end"];
}

function permutations<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length < 2) return [all];
  return all.flatMap((first, at) =>
    permutations(all.filter((_, other) => other !== at)).map((rest) => [first, ...rest])
  );
}

/** All in which nothing stands on itself. */
function grounds(count: number): readonly (readonly number[])[] {
  const all = Array.from({ length: count }).reduce<readonly (readonly number[])[]>(
    (found) => found.flatMap((one) => Array.from({ length: count + 1 }, (_, at) => [...one, at - 1])),
    [[]],
  );
  const ends = (on: readonly number[], at: number, left: number): boolean =>
    at === -1 || (left > 0 && ends(on, on[at] ?? -1, left - 1));
  return all.filter((on) => on.every((_, at) => ends(on, at, count)));
}

const [names, vnis] = [["x", "y", "z"], [1, 2, 3]];

for (const count of [2, 3]) {
  Deno.test(`${count} interfaces exchange names, VNIs and devices in one edit: all is as it is wanted`, () => {
    const befores = grounds(count).map((on) => ({
      names: names.slice(0, count),
      vnis: vnis.slice(0, count),
      on,
    }));
    const afters = permutations(names.slice(0, count)).flatMap((names) =>
      permutations(vnis.slice(0, count)).flatMap((vnis) => grounds(count).map((on) => ({ names, vnis, on })))
    );
    let tried = 0;
    const wrong: string[] = [];
    for (const [at, before] of befores.entries()) {
      for (const after of afters.filter((_, other) => count < 3 || other % 7 === at % 7)) {
        const toy = createToyNamespace({ eth0 });
        assert.deepEqual(carryOut(toy, wantedOf(before)), []);
        const found = carryOut(toy, wantedOf(after));
        tried++;
        if (found.length > 0) {
          wrong.push(`${JSON.stringify(before)} -> ${JSON.stringify(after)}: ${found.join("; ")}`);
        }
      }
    }
    assert.ok(tried > 30);
    assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} of ${tried}`);
  });
}

Deno.test("a port of a bridge that stands on one that is made anew is made a port again", () => {
  const [names, vnis, on] = [["x", "y", "z"], [1, 2, 3], [-1, 0, 1]];
  const edits: readonly (readonly [Form, readonly string[]])[] = [
    // The lowest gets another VNI; it exchanges it with the highest; all exchange names.
    [{ names, vnis: [4, 2, 3], on }, ["z"]],
    [{ names, vnis: [3, 2, 1], on }, ["z"]],
    [{ names: ["z", "x", "y"], vnis, on }, ["y"]],
  ];
  for (const [after, ports] of edits) {
    const toy = createToyNamespace({ eth0 });
    toy.run(["ip", "link", "add", "br0", "type", "bridge"]);
    assert.deepEqual(carryOut(toy, wantedOf({ names, vnis, on })), []);
    toy.run(["ip", "link", "set", "z", "master", "br0"]);
    assert.deepEqual(carryOut(toy, wantedOf(after)), []);
    const { links } = observeToy(toy, wantedOf(after));
    assert.deepEqual(links.filter(({ master }) => master === "br0").map(({ name }) => name), ports);
  }
});
