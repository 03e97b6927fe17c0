// Which pairs are probed, what do neighbour tables say, and which cause is named for which failures?
import assert from "node:assert/strict";
import { type NeighbourState, neighbourState, startProbe } from "../../lib/reach/neighbour_probe.ts";
import { choosePairs, likelyCause, type ProbedPair, type Station } from "../../lib/reach/reach_report.ts";
import { askable, targetAddress } from "../../lib/reach/target_address.ts";

const target = { address: "10.0.0.2", device: "west" };
const use = "neigh replace 10.0.0.2 dev west use";
const states: readonly {
  readonly answer: string;
  readonly state: NeighbourState;
  readonly starts: readonly string[];
}[] = [
  { answer: "[]", state: "absent", starts: [use] },
  { answer: "[{}]", state: "idle", starts: ["neigh flush to 10.0.0.2 dev west", use] },
  {
    answer: '[{"dst":"10.0.0.2","dev":"west","lladdr":"02:00:00:00:00:01","state":["REACHABLE"]}]',
    state: "reachable",
    starts: ["neigh flush to 10.0.0.2 dev west", use],
  },
  {
    answer: '[{"dst":"10.0.0.2","state":["STALE"]}]',
    state: "idle",
    starts: ["neigh flush to 10.0.0.2 dev west", use],
  },
  {
    answer: '[{"dst":"10.0.0.2","state":["FAILED"]}]',
    state: "failed",
    starts: [use],
  },
  {
    answer: '[{"dst":"10.0.0.2","state":["DELAY"]}]',
    state: "idle",
    starts: ["neigh flush to 10.0.0.2 dev west", use],
  },
  { answer: '[{"dst":"10.0.0.2","state":["INCOMPLETE"]}]', state: "pending", starts: [] },
  { answer: '[{"dst":"10.0.0.2","state":["PERMANENT"]}]', state: "permanent", starts: [] },
];

for (const { answer, state, starts } of states) {
  Deno.test(`a neighbour that shows ${answer} is ${state}`, () => {
    assert.equal(neighbourState(answer), state);
    assert.deepEqual(startProbe(target, state), starts);
  });
}

Deno.test("an answer that is no list is an error", () => {
  assert.throws(() => neighbourState("{}"), /no list/);
});

Deno.test("pairs: all up to thirty members, then a ring and some by chance, or all", () => {
  let seed = 1;
  const random = (): number => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647;
  const counted = (count: number, all: boolean): number =>
    choosePairs(count, { all, sample: 60, random }).length;
  assert.deepEqual([counted(0, false), counted(1, false), counted(2, false), counted(30, false)], [
    0,
    0,
    2,
    870,
  ]);
  assert.deepEqual([counted(31, false), counted(31, true), counted(1_000, false)], [91, 930, 1_060]);
  const ring = choosePairs(40, { all: false, sample: 0, random });
  assert.equal(new Set(ring.map(([from]) => from)).size, 40, "each is in it");
});

const [a, b, c, d] = ["a", "b", "c", "d"].map((pod, at): Station => ({ pod, node: at < 2 ? "n1" : "n2" }));
const stations = [a, b, c, d].filter((one) => one !== undefined);

const causes: readonly {
  readonly it: string;
  readonly fails: (from: Station, to: Station) => boolean;
  readonly says: RegExp | undefined;
}[] = [
  { it: "nothing fails", fails: () => false, says: undefined },
  {
    it: "all across nodes",
    fails: (from, to) => from.node !== to.node,
    says: /across nodes .* UDP port 8472/,
  },
  {
    it: "all of one pod",
    fails: (from, to) => from.pod === "b" || to.pod === "b",
    says: /every pair with b /,
  },
  { it: "one pair", fails: (from, to) => from.pod === "a" && to.pod === "c", says: undefined },
  { it: "everything", fails: () => true, says: undefined },
];

for (const { it, fails, says } of causes) {
  Deno.test(`the likely cause: ${it}`, () => {
    const pairs = stations.flatMap((from) =>
      stations.filter((to) => to !== from).map((to): ProbedPair => ({
        from,
        to,
        outcome: { kind: fails(from, to) ? "unreachable" : "reachable" },
      }))
    );
    const said = likelyCause(pairs, 8472);
    if (says === undefined) assert.equal(said, undefined);
    else assert.match(said ?? "", says);
  });
}

Deno.test("an address of a subnet that both have, IPv6 of the link else, or none", () => {
  const of = (...addresses: readonly string[]): { readonly addresses: readonly string[] } => ({ addresses });
  const cases = [
    [of("10.0.0.1/24", "fe80::1/64"), of("10.0.0.2/24", "fe80::2/64"), "10.0.0.2"],
    [of("10.0.0.1/24", "fe80::1/64"), of("10.1.0.2/24", "fe80::2/64"), "fe80::2"],
    [of("fd00::1/64"), of("fd00::2/64"), "fd00::2"],
    [of("10.0.0.1/24"), of("10.1.0.2/24"), undefined],
    [of(), of("10.0.0.2/24"), undefined],
  ] as const;
  for (const [from, to, address] of cases) {
    const found = targetAddress(from, to);
    assert.equal("address" in found ? found.address : undefined, address);
  }
  const set = askable(of("10.0.0.2/24", "fe80::2/64"), { neigh: "static" });
  assert.deepEqual(targetAddress(of("10.0.0.1/24", "fe80::1/64"), set), { address: "fe80::2" });
});
