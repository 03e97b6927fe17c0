// Are as few slices written as can be, and do they list exactly what is wanted, whatever was there before?
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Endpoint } from "../../lib/names/endpoints.ts";
import { endpointsPerSlice, type SliceChange, sliceChanges, type SliceView } from "../../lib/names/slices.ts";
import { tries } from "../tools/by_chance.ts";

const frame = (): string => "as it should be";

function endpoint(number: number, more: Partial<Endpoint> = {}): Endpoint {
  return {
    address: `10.0.${Math.floor(number / 250)}.${number % 250 + 1}`,
    family: 4,
    uid: `uid-${number}`,
    pod: `pod-${String(number).padStart(4, "0")}`,
    ready: true,
    serving: true,
    terminating: false,
    ...more,
  };
}

function endpoints(from: number, to: number): readonly Endpoint[] {
  return Array.from({ length: to - from }, (_, at) => endpoint(from + at));
}

function slice(name: string, listed: readonly Endpoint[], more: Partial<SliceView> = {}): SliceView {
  const identity = { uid: `uid-${name}`, resourceVersion: "1", namespace: "default", service: "db" };
  return { ...identity, name, family: 4, endpoints: listed, frame: frame(), ...more };
}

interface Row {
  readonly it: string;
  readonly existing: readonly SliceView[];
  readonly wanted: readonly Endpoint[];
  /** `create 4 2`, `update a 3`, `delete b`. */
  readonly changes: readonly string[];
}

const six = endpoint(7, { family: 6, address: "fd00::7" });

const rows: readonly Row[] = [
  { it: "nothing is wanted and nothing is there", existing: [], wanted: [], changes: [] },
  { it: "the first member", existing: [], wanted: [endpoint(1)], changes: ["create 4 1"] },
  {
    it: "nothing has changed",
    existing: [slice("a", endpoints(0, 3))],
    wanted: endpoints(0, 3),
    changes: [],
  },
  {
    it: "250 at once: three slices",
    existing: [],
    wanted: endpoints(0, 250),
    changes: ["create 4 100", "create 4 100", "create 4 50"],
  },
  {
    it: "one becomes unready: its slice only",
    existing: [slice("a", endpoints(0, 100)), slice("b", endpoints(100, 150))],
    wanted: [...endpoints(0, 120), endpoint(120, { ready: false }), ...endpoints(121, 150)],
    changes: ["update b 50"],
  },
  {
    it: "one comes: into the fullest that has room",
    existing: [
      slice("a", endpoints(0, 100)),
      slice("b", endpoints(100, 150)),
      slice("c", endpoints(150, 160)),
    ],
    wanted: endpoints(0, 161),
    changes: ["update b 51"],
  },
  {
    it: "one goes and one comes: one write",
    existing: [slice("a", endpoints(0, 100)), slice("b", endpoints(100, 150))],
    wanted: endpoints(1, 151),
    changes: ["update a 100"],
  },
  {
    it: "many come: no other slice is touched when none takes all of them",
    existing: [slice("a", endpoints(0, 90)), slice("b", endpoints(90, 150))],
    wanted: endpoints(0, 200),
    changes: ["create 4 50"],
  },
  { it: "the last one goes", existing: [slice("a", endpoints(0, 1))], wanted: [], changes: ["delete a"] },
  {
    it: "another port: every slice",
    existing: [
      slice("a", endpoints(0, 100), { frame: "old" }),
      slice("b", endpoints(100, 101), { frame: "old" }),
    ],
    wanted: endpoints(0, 101),
    changes: ["update a 100", "update b 1"],
  },
  {
    it: "one set for each family",
    existing: [slice("a", [endpoint(7)])],
    wanted: [endpoint(7), six],
    changes: ["create 6 1"],
  },
  {
    it: "listed twice, as after two writers: once",
    existing: [slice("a", endpoints(0, 3)), slice("b", endpoints(0, 3))],
    wanted: endpoints(0, 3),
    changes: ["delete b"],
  },
  {
    it: "another address of the same pod",
    existing: [slice("a", [endpoint(1)])],
    wanted: [endpoint(1, { address: "10.9.9.9" })],
    changes: ["update a 1"],
  },
  {
    it: "too many in one, by another hand",
    existing: [slice("a", endpoints(0, 150))],
    wanted: endpoints(0, 150),
    changes: ["create 4 50", "update a 100"],
  },
  {
    it: "a kind of addresses that is not ours",
    existing: [slice("a", [], { family: undefined })],
    wanted: [],
    changes: ["delete a"],
  },
];

Deno.test("the changes that bring slices to what is wanted", async (t) => {
  for (const { it, existing, wanted, changes } of rows) {
    await t.step(it, () => {
      assert.deepEqual(sliceChanges(wanted, { existing, frame }).map(textOf), changes);
    });
  }
});

Deno.test("property: after the changes all is listed once, in slices of 100 at most, and nothing is left to do", () => {
  const numbers = fc.uniqueArray(fc.nat({ max: 400 }), { maxLength: 300 });
  const old = fc.array(fc.array(fc.nat({ max: 400 }), { maxLength: 130 }), { maxLength: 5 });
  fc.assert(
    fc.property(numbers, old, (wantedNumbers, before) => {
      const wanted = wantedNumbers.map((number) => endpoint(number));
      const existing = before.map((listed, at) => slice(`s${at}`, listed.map((number) => endpoint(number))));
      const after = applied(existing, sliceChanges(wanted, { existing, frame }));
      const listed = after.flatMap(({ endpoints }) => endpoints.map(({ uid }) => uid)).sort();
      assert.deepEqual(listed, wanted.map(({ uid }) => uid).sort());
      for (const { endpoints } of after) {
        assert.ok(endpoints.length > 0 && endpoints.length <= endpointsPerSlice);
      }
      assert.deepEqual(sliceChanges(wanted, { existing: after, frame }), []);
    }),
    tries(),
  );
});

function applied(existing: readonly SliceView[], changes: readonly SliceChange[]): readonly SliceView[] {
  const after = new Map(existing.map((one) => [one.name, one]));
  for (const [at, change] of changes.entries()) {
    if (change.kind === "create") after.set(`new${at}`, slice(`new${at}`, change.endpoints));
    else if (change.kind === "delete") after.delete(change.slice.name);
    else after.set(change.slice.name, { ...change.slice, endpoints: change.endpoints, frame: frame() });
  }
  return [...after.values()];
}

function textOf(change: SliceChange): string {
  switch (change.kind) {
    case "create":
      return `create ${change.family} ${change.endpoints.length}`;
    case "update":
      return `update ${change.slice.name} ${change.endpoints.length}`;
    case "delete":
      return `delete ${change.slice.name}`;
    default:
      return change satisfies never;
  }
}
