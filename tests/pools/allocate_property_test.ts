// Laws of the pool over any history of pods that come, go, come back, and of pools that are edited, lost and restarted.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { PoolAnswer } from "../../lib/network/pool.ts";
import { quarantine } from "../../lib/pools/allocation.ts";
import { doubled, emptyTable } from "../../lib/pools/table.ts";
import { readTable, tableText } from "../../lib/pools/table_text.ts";
import { type Asking, PoolInTime, poolOf } from "./requests.ts";

const pools = [
  "id=5 subnet=10.0.0.0/29",
  "id=5 subnet=10.0.0.0/24 range=10.0.0.2-10.0.0.6 exclude=10.0.0.4",
  "id=5 subnet=10.0.0.0/28 subnet=fd00::/125",
  "id=5 subnet=10.1.0.0/30",
] as const;

type Act =
  | { readonly kind: "come"; readonly pod: number; readonly own: number | undefined }
  | { readonly kind: "go"; readonly pod: number }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "edit"; readonly pool: number }
  | { readonly kind: "restart" }
  | { readonly kind: "lose" };

const pod = fc.nat(11);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("come" as const),
      pod,
      own: fc.option(fc.nat(6), { nil: undefined, freq: 8 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("go" as const), pod }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.nat(90) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("edit" as const), pool: fc.nat(pools.length - 1) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "lose" as const }) },
);

/** Pods 0 to 5 are a StatefulSet's. */
const isNamed = (at: number): boolean => at < 6;

Deno.test("whereabouts#110: whatever happens, no address is given twice, nor within 60 s, nor outside of the pool", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60, size: "max" }), (acts) => {
      const world = new World();
      for (const each of acts) world.go(each);
    }),
    { numRuns: 1000 },
  );
});

class World {
  readonly #pool = new PoolInTime();
  #text: string = pools[0];
  readonly #living = new Map<
    number,
    {
      readonly uid: string;
      readonly own: readonly string[];
      has: readonly string[];
      isLost: boolean;
      isGiven: boolean;
    }
  >();
  /** Address → who had it last, and when that one went. */
  readonly #past = new Map<string, { readonly holder: string; readonly at: number }>();
  #uids = 0;

  go(each: Act): void {
    switch (each.kind) {
      case "come":
        if (!this.#living.has(each.pod)) {
          const own = each.own === undefined ? [] : [`10.0.0.${each.own + 1}`];
          this.#living.set(each.pod, {
            uid: `u${this.#uids++}`,
            own,
            has: [],
            isLost: false,
            isGiven: false,
          });
        }
        break;
      case "go":
        this.#leave(each.pod);
        break;
      case "wait":
        this.#pool.now += each.seconds;
        break;
      case "edit":
        this.#text = pools[each.pool] ?? pools[0];
        break;
      case "restart": {
        const read = readTable(tableText(this.#pool.table));
        assert.ok(read.kind === "table");
        this.#pool.table = read.table;
        break;
      }
      case "lose":
        this.#pool.table = emptyTable;
        this.#past.clear();
        for (const one of this.#living.values()) one.isLost = true;
        break;
    }
    this.#pass();
  }

  #leave(at: number): void {
    const one = this.#living.get(at);
    if (one === undefined) return;
    // What is in conflict is nobody's to give back, and does not rest.
    for (const address of one.isGiven ? one.has : []) {
      this.#past.set(address, { holder: this.#holder(at, one.uid), at: this.#pool.now });
    }
    this.#living.delete(at);
  }

  #holder(at: number, uid: string): string {
    return isNamed(at) ? `default/p${at}` : uid;
  }

  #pass(): void {
    const asking = [...this.#living].map(([at, { uid, own, has, isLost }]): Asking => ({
      pod: `p${at}`,
      uid,
      own,
      ...(isNamed(at) && { named: true }),
      ...(isLost && has.length > 0 && { claim: { kind: "borne out", addresses: has } }),
    }));
    const { answers, table } = this.#pool.pass(asking, this.#text);
    assert.equal(doubled(table), undefined);
    for (const [at, one] of this.#living) this.#judge(at, { one, answer: answers.get(one.uid) });
    const given = [...this.#living.values()].flatMap(({ has, own }) => own.length > 0 ? [] : has);
    assert.equal(new Set(given).size, given.length, given.join());
    const again = this.#pool.pass(asking, this.#text);
    assert.equal(again.isChanged, false, "a second pass changes nothing");
  }

  #judge(
    at: number,
    { one, answer }: {
      readonly one: { readonly uid: string; has: readonly string[]; isGiven: boolean };
      readonly answer: PoolAnswer | undefined;
    },
  ): void {
    one.isGiven = answer?.kind === "given";
    if (answer?.kind !== "given") return;
    const now = answer.addresses.map(({ address }) => address);
    if (one.has.length > 0) {
      assert.deepEqual(now.slice(0, one.has.length), one.has, "a pod keeps what it has");
    }
    for (const address of now.filter((each) => !one.has.includes(each))) {
      const past = this.#past.get(address);
      const isOwn = past?.holder === this.#holder(at, one.uid);
      assert.ok(past === undefined || isOwn || this.#pool.now - past.at >= quarantine, `${address} too soon`);
    }
    if (one.has.length === 0) {
      assert.equal(now.length, poolOf(this.#text).length, "of each subnet one, or none at all");
    }
    one.has = now;
  }
}
