// Do the steps between two lists of peers lead where a plan from what was read would have led?
import assert from "node:assert/strict";
import fc from "fast-check";
import { floodMac, render } from "../../../lib/overlay/iproute2/render.ts";
import { PeerChanges } from "../../../lib/overlay/plan/peers.ts";
import { plan } from "../../../lib/overlay/plan/plan.ts";
import type { Neighbour } from "../../../lib/overlay/wanted.ts";
import { createToyNamespace } from "../../sandbox/toy/kernel.ts";
import { applyToToy, observeToy } from "../../sandbox/toy/observation.ts";
import { anInterface, aWantedState } from "./worlds.ts";
import { tries } from "../../tools/by_chance.ts";

const own = "10.0.0.1";
const all = [own, ...Array.from({ length: 8 }, (_, i) => `10.0.0.${i + 2}`)];

Deno.test("after each change of peers the kernel floods to them all, to nobody else, and never to the pod itself", () => {
  fc.assert(
    fc.property(fc.array(fc.subarray(all), { minLength: 1, maxLength: 5 }), (wishes) => {
      const toy = createToyNamespace({ eth0: { mac: "02:42:0a:f4:01:05", mtu: 1500, addresses: [] } });
      const wantedOf = (peers: readonly string[]): ReturnType<typeof aWantedState> =>
        aWantedState([anInterface({ peers })], { own: new Set([own]) });
      const make = plan({ wanted: wantedOf([]), observed: observeToy(toy), ourAddresses: new Map() });
      applyToToy(toy, make.steps);
      const changes = new PeerChanges();
      let held: readonly string[] = [];
      for (const peers of wishes) {
        const { appends, deletions } = changes.steps(
          wantedOf(peers),
          { kernel: { links: [] }, peers: new Map([["vxeth0", { peers: held, neighbours: [] }]]) },
        );
        assert.deepEqual(applyToToy(toy, [...appends, ...deletions]), []);
        held = peers;
        const there = observeToy(toy).fdb.filter(({ mac }) => mac === floodMac).map(({ dst }) => dst).sort();
        assert.deepEqual(there, peers.filter((ip) => ip !== own));
      }
    }),
    tries(),
  );
});

Deno.test("an entry towards who may be a peer stays, none is made, and it goes once nobody is to be there", () => {
  const toy = createToyNamespace({ eth0: { mac: "02:42:0a:f4:01:05", mtu: 1500, addresses: [] } });
  const wantedOf = (
    peers: readonly string[],
    presumed?: readonly string[],
  ): ReturnType<typeof aWantedState> => aWantedState([anInterface({ peers, ...(presumed && { presumed }) })]);
  const [x, y, z] = ["10.0.0.2", "10.0.0.3", "10.0.0.4"] as const;
  const planned = (wanted: ReturnType<typeof aWantedState>): readonly string[] => {
    const { steps } = plan({ wanted, observed: observeToy(toy), ourAddresses: new Map() });
    applyToToy(toy, steps);
    return steps.map((step) => render(step, { chance: 0 }).text);
  };
  for (const _ of ["the link", "the rest"]) planned(wantedOf([x, y]));
  toy.run(["bridge", "fdb", "append", "02:00:00:00:00:09", "dst", y, "dev", "vxeth0"]);
  const presumed = [y, z];
  assert.deepEqual(planned(wantedOf([x], presumed)), []);
  const known = new Map([["vxeth0", { peers: [x], presumed, neighbours: [] }]]);
  const said = (wanted: ReturnType<typeof aWantedState>): readonly string[] => {
    const { appends, deletions } = new PeerChanges().steps(wanted, { kernel: { links: [] }, peers: known });
    return [...appends, ...deletions].map((step) => render(step, { chance: 0 }).text);
  };
  assert.deepEqual(said(wantedOf([x], [y, z])), []);
  assert.deepEqual(said(wantedOf([x], [y])), [`fdb delete ${floodMac} dst ${z} dev vxeth0`]);
  assert.deepEqual(said(wantedOf([], [y, z])), [`fdb delete ${floodMac} dst ${x} dev vxeth0`]);
  assert.deepEqual(said(wantedOf([x, y], [z])), [`fdb append ${floodMac} dst ${y} dev vxeth0`]);
  assert.deepEqual(planned(wantedOf([x])), [
    `fdb delete ${floodMac} dst ${y} dev vxeth0`,
    `fdb delete 02:00:00:00:00:09 dst ${y} dev vxeth0`,
  ]);
});

Deno.test("all members ask for the same change: it is worked out once", () => {
  const changes = new PeerChanges();
  const [before, after] = [["10.0.0.2"], ["10.0.0.2", "10.0.0.3"]];
  assert.deepEqual(changes.between(before, after), { added: ["10.0.0.3"], removed: [] });
  assert.ok(changes.between(before, after) === changes.between(before, after));
  assert.deepEqual(changes.between(after, [...after]), { added: [], removed: [] });
});

Deno.test("an interface of which nothing is known gets nothing", () => {
  const wanted = aWantedState([anInterface({ peers: ["10.0.0.2"] })]);
  assert.deepEqual(new PeerChanges().steps(wanted, { kernel: { links: [] }, peers: new Map() }), {
    appends: [],
    deletions: [],
    forgets: [],
  });
});

const addressOf = (address: string, mac: string): Neighbour => ({ address, mac, dst: "10.0.0.9" });
const [before, other] = ["02:00:00:00:00:01", "02:00:00:00:00:02"];
const many = Array.from({ length: 17 }, (_, i) => addressOf(`192.168.0.${i}`, before));

const moves: readonly {
  readonly it: string;
  readonly from: readonly Neighbour[];
  readonly to: readonly Neighbour[];
  readonly lines: readonly string[];
}[] = [
  { it: "one that comes", from: [], to: [addressOf("10.1.0.1", before)], lines: [] },
  {
    it: "one that goes",
    from: [addressOf("10.1.0.1", before), addressOf("fd01::1", before)],
    to: [],
    lines: ["neigh flush to 10.1.0.1 dev vxeth0", "neigh flush to fd01::1 dev vxeth0"],
  },
  {
    it: "one that is another's now",
    from: [addressOf("10.1.0.1", before)],
    to: [addressOf("10.1.0.1", other)],
    lines: ["neigh flush to 10.1.0.1 dev vxeth0"],
  },
  {
    it: "one that two had",
    from: [addressOf("10.1.0.1", before), addressOf("10.1.0.1", other)],
    to: [addressOf("10.1.0.1", other)],
    lines: ["neigh flush to 10.1.0.1 dev vxeth0"],
  },
  {
    it: "one at another pod IP",
    from: many,
    to: many.map((one) => ({ ...one, dst: "10.0.0.8" })),
    lines: [],
  },
  { it: "many that go", from: many, to: [], lines: ["neigh flush dev vxeth0"] },
];

for (const { it, from, to, lines } of moves) {
  Deno.test(`what is forgotten of an address: ${it}`, () => {
    const wanted = aWantedState([anInterface({ neighbours: to })]);
    const { forgets } = new PeerChanges().steps(
      wanted,
      { kernel: { links: [] }, peers: new Map([["vxeth0", { peers: [], neighbours: from }]]) },
    );
    assert.deepEqual(forgets.map((step) => render(step, { chance: 0 }).text), lines);
  });
}
