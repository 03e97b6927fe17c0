// Does the checker of addresses see what it is there for?
import assert from "node:assert/strict";
import { type AddressWorld, brokenAtRest, brokenNow } from "./address_law.ts";

const good: AddressWorld = {
  kernels: [
    { pod: "a/one", uid: "u1", network: "storage", address: "10.0.0.1" },
    { pod: "a/db-0", uid: "u2", network: "storage", address: "10.0.0.2" },
    { pod: "a/one", uid: "u1", network: "other", address: "10.0.0.2" },
  ],
  tables: new Map([
    ["storage", "held u1 u1 10.0.0.1/24 5\nheld a/db-0 u2 10.0.0.2/24 5\nfreed u9 10.0.0.9/24 5\n"],
    ["other", "held u1 u1 10.0.0.2/24 5\n"],
  ]),
  living: new Set(["u1", "u2", "a/one", "a/db-0"]),
};
const [first] = good.kernels;
assert.ok(first);

const rows: readonly {
  readonly name: string;
  readonly world: AddressWorld;
  readonly now: number;
  readonly rest: number;
}[] = [
  { name: "as it should be, the same address in two networks too", world: good, now: 0, rest: 0 },
  {
    name: "twice in kernels",
    world: { ...good, kernels: [...good.kernels, { ...first, pod: "a/two", uid: "u3" }] },
    now: 1,
    rest: 2,
  },
  { name: "a table that cannot be read", world: withTable("storage", "rubbish"), now: 1, rest: 3 },
  { name: "in a kernel and in no object", world: withTable("other", ""), now: 0, rest: 1 },
  {
    name: "in a kernel, and another's in the object",
    world: withTable("other", "held u2 u2 10.0.0.2/24 5\n"),
    now: 0,
    rest: 1,
  },
  {
    name: "kept by nobody",
    world: { ...good, kernels: [], living: new Set(["u1", "a/one"]) },
    now: 0,
    rest: 1,
  },
];

for (const { name, world, now, rest } of rows) {
  Deno.test(`the law of addresses: ${name}`, () => {
    assert.equal(brokenNow(world).length, now, brokenNow(world).join("\n"));
    assert.equal(brokenAtRest(world).length, rest, brokenAtRest(world).join("\n"));
  });
}

function withTable(network: string, text: string): AddressWorld {
  return { ...good, tables: new Map([...good.tables, [network, text]]) };
}
