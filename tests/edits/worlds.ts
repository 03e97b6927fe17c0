// What may have come of edits that were made at once: pods and ConfigMap are watched apart, so either may be heard of first.
import type { Edit, LabelEdit } from "../controller/store/random_edits.ts";
import { awayWith, inEveryOrder, type Outcome } from "./away.ts";
import type { Pair } from "../stories/steady_stream.ts";
import type { Form } from "./form.ts";
import { obstructed, type Seen, wrongIn } from "./kernels.ts";
import { Remembered } from "./remembered.ts";
import type { Ledger } from "./ledger.ts";
import { steadyPairs } from "./pairs.ts";

/** What every pod should have, if edits were heard of in one of these orders. */
export interface World {
  readonly ledger: Ledger;
  readonly remembered: Remembered;
}

/** What is seen of a pod, whatever it should have. */
export type Sight = Omit<Seen, "forms">;

/** Those that are possible, of which at least one must be found. */
export class Worlds {
  #all: readonly World[];
  /** As all was when they were found. */
  #sights: readonly Sight[] = [];

  constructor(ledger: Ledger) {
    this.#all = [{ ledger, remembered: new Remembered() }];
  }

  /** Of any: what pods there are, and which labels and texts they have, is the same in all. */
  get ledger(): Ledger {
    const [first] = this.#all;
    if (first === undefined) throw new Error("There is always one");
    return first.ledger;
  }

  /** What a pod has is what its text says, and is all in its kernel. */
  get arePlain(): boolean {
    return this.#all.every((world) =>
      world.ledger.isPlain && seenIn(this.#sights, world).every((seen) => obstructed(seen).size === 0)
    );
  }

  /** Gives the pairs that must not lose a frame: steady in every world, and in all that it may go through. */
  apply(edits: readonly (Edit | LabelEdit)[]): readonly Pair[] {
    const orders = inEveryOrder(edits);
    return this.#become((world) =>
      orders.flatMap((order) =>
        order.reduce<readonly Outcome[]>(
          (ways, edit) => ways.flatMap((way) => after(way, edit)),
          [{ ledger: world.ledger, states: [] }],
        )
      )
    );
  }

  /** The same with such that are made while controllers change; undefined, and nothing is done: that cannot be told. */
  applyAway(edits: readonly Edit[], change: Parameters<typeof awayWith>[2]): readonly Pair[] | undefined {
    const futures = new Map(this.#all.map((world) => [world, awayWith(world.ledger, edits, change)]));
    if ([...futures.values()].some((outcomes) => outcomes.length === 0)) return undefined;
    return this.#become((world) => futures.get(world) ?? []);
  }

  #become(futures: (world: World) => readonly Outcome[]): readonly Pair[] {
    const worlds = new Map<string, World>();
    let steady: readonly Pair[] | undefined;
    for (const world of this.#all) {
      const before = seenIn(this.#sights, world);
      for (const { ledger, states } of futures(world)) {
        for (const remembered of world.remembered.through(world.ledger.forms, states)) {
          worlds.set(`${ledger.text} ${remembered.text}`, { ledger, remembered });
        }
        for (const pairs of states.map((forms) => steadyPairs(before, forms))) {
          steady = steady?.filter((one) => pairs.some((other) => isEqual(one, other))) ?? pairs;
        }
      }
    }
    this.#all = [...worlds.values()];
    return steady ?? [];
  }

  /** What is wrong, in the world of which least is; nothing when one is as it should be. */
  wrong(sights: readonly Sight[]): readonly string[] {
    const all = this.#all.map((world) => wrongIn(seenIn(sights, world), world.remembered));
    return all.toSorted((a, b) => a.length - b.length)[0] ?? [];
  }

  /** After that came to nothing. `isSettled`: the others are none any more. */
  note(sights: readonly Sight[], { isSettled }: { readonly isSettled: boolean }): void {
    this.#sights = sights;
    const found = this.#all.filter((world) => wrongIn(seenIn(sights, world), world.remembered).length === 0);
    for (const world of found) world.remembered.note(seenIn(sights, world));
    if (isSettled) this.#all = found;
  }
}

function seenIn(sights: readonly Sight[], { ledger: { forms } }: World): readonly Seen[] {
  return sights.map((sight) => ({ ...sight, forms: forms.get(sight.pod) ?? new Map<string, Form>() }));
}

function isEqual(a: Pair, b: Pair): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** One edit more. What the text before it has left may stand still, or not any more. */
function after({ ledger, states }: Outcome, edit: Edit | LabelEdit): readonly Outcome[] {
  const ways = states.length > 0 && ledger.mayReturn ? [true, false] : [true];
  return ways.map((isDone) => {
    const next = ledger.copy();
    next.apply(edit, { isDone });
    return { ledger: next, states: [...states, next.forms] };
  });
}
