// Laws of the pool over any history of pods that come, go, come back, and of pools that are edited, lost and restarted.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { PoolAnswer } from "../../lib/network/pool.ts";
import { quarantine } from "../../lib/pools/allocation.ts";
import { doubled, emptyTable } from "../../lib/pools/table.ts";
import { readTable, tableText } from "../../lib/pools/table_text.ts";
import { type Asking, PoolInTime, poolOf, requestsOf } from "./requests.ts";
import { tries } from "../tools/by_chance.ts";

const pools = [
  "id=5 subnet=10.0.0.0/29",
  "id=5 subnet=10.0.0.0/24 range=10.0.0.2-10.0.0.6 exclude=10.0.0.4",
  "id=5 subnet=10.0.0.0/28 subnet=fd00::/125",
  "id=5 subnet=10.1.0.0/30",
] as const;

type Act =
  | { readonly kind: "come"; readonly pod: number; readonly own: number | undefined }
  | { readonly kind: "go"; readonly pod: number }
  /** It asks for nothing any more, and its kernel still has what it had. */
  | { readonly kind: "linger"; readonly pod: number }
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
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("linger" as const), pod }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.nat(90) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("edit" as const), pool: fc.nat(pools.length - 1) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "lose" as const }) },
);

/** Bytes of the table: enough for all, or for a few of them. */
const plenty = 1_000_000;
const room = fc.oneof(fc.constant(plenty), fc.integer({ min: 200, max: 1_200 }));

/** Pods 0 to 5 are a StatefulSet's. */
const isNamed = (at: number): boolean => at < 6;

Deno.test("whereabouts#110: whatever happens, no address is given twice, nor within 60 s, nor outside of the pool", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60, size: "max" }), room, (acts, bytes) => {
      const world = new World(bytes);
      for (const each of acts) world.go(each);
    }),
    tries(1000),
  );
});

class World {
  readonly #pool = new PoolInTime();
  readonly #room: number;
  #text: string = pools[0];
  readonly #living = new Map<
    number,
    {
      readonly uid: string;
      readonly own: readonly string[];
      has: readonly string[];
      isLost: boolean;
      isGiven: boolean;
      lingers: boolean;
    }
  >();
  /** Address → who had it last, and when that one went. */
  readonly #past = new Map<string, { readonly holder: string; readonly at: number }>();
  #uids = 0;

  constructor(room: number) {
    this.#room = room;
  }

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
            lingers: false,
          });
        }
        break;
      case "go":
        this.#leave(each.pod);
        break;
      case "linger": {
        const one = this.#living.get(each.pod);
        if (one?.isGiven) one.lingers = true;
        break;
      }
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
        for (const [at, one] of this.#living) {
          one.isLost = true;
          // Of whom nothing is known but what the table said, nothing is known now.
          if (one.lingers) this.#living.delete(at);
        }
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
    const all = [...this.#living].map(([at, { uid, own, has, isLost }]): Asking => ({
      pod: `p${at}`,
      uid,
      own,
      ...(isNamed(at) && { named: true }),
      ...(isLost && has.length > 0 && { claim: { kind: "borne out", addresses: has } }),
    }));
    const requests = requestsOf(all, this.#text).map((request) =>
      this.#lingers(request.uid) ? { ...request, subnets: [] } : request
    );
    const more = { requests, room: this.#room };
    const { answers, table } = this.#pool.pass([], this.#text, more);
    assert.equal(doubled(table), undefined);
    assert.ok(tableText(table).length <= this.#room, `${tableText(table).length} of ${this.#room} bytes`);
    for (const [at, one] of this.#living) this.#judge(at, { one, answer: answers.get(one.uid) });
    const had = [...this.#living.values()].flatMap(({ has, own }) => own.length > 0 ? [] : has);
    assert.equal(new Set(had).size, had.length, had.join());
    // Where room is scarce what is only remembered may go now, and then nothing any more.
    const again = this.#pool.pass([], this.#text, more);
    const given = (all: typeof answers): unknown =>
      [...all].map(([uid, answer]) => answer.kind === "given" ? [uid, answer.addresses] : [uid]);
    assert.deepEqual(given(again.answers), given(answers));
    if (this.#room === plenty) assert.equal(again.isChanged, false, "a second pass changes nothing");
    assert.equal(this.#pool.pass([], this.#text, more).isChanged, false, "a third pass changes nothing");
  }

  #lingers(uid: string): boolean {
    return [...this.#living.values()].some((one) => one.uid === uid && one.lingers);
  }

  #judge(
    at: number,
    { one, answer }: {
      readonly one: {
        readonly uid: string;
        has: readonly string[];
        isGiven: boolean;
        readonly lingers: boolean;
      };
      readonly answer: PoolAnswer | undefined;
    },
  ): void {
    if (one.lingers) {
      const has = answer?.kind === "given" ? answer.addresses.map(({ address }) => address) : [];
      return assert.deepEqual(has, one.has, "who lingers has what it had");
    }
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
